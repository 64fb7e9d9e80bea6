"""The package's parts import each other in one direction, the one that docs/architecture.md tells."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "writemate_jax"
LAYERS = [
    line.split()
    for line in (ROOT / "docs/architecture.md").read_text().split("```layers\n")[1].split("```")[0].splitlines()
]
PARTS = [part for layer in LAYERS for part in layer]


def imported(file: Path) -> set[str]:
    """The parts of the package that a module imports, wherever in it; not what is for type checkers alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in typing and node.module:
            package, *parts = node.module.split(".")
            if package == PACKAGE.name:
                found |= {parts[0]} if parts else {alias.name for alias in node.names}
    return found & set(PARTS)


def test_every_part_has_its_place():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__"} == set(PARTS) and len(PARTS) == len(set(PARTS))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_what_stands_above_it_alone(part):
    place = next(i for i, layer in enumerate(LAYERS) if part in layer)
    below = {part, *(name for layer in LAYERS[:place] for name in layer)}
    files = [PACKAGE / f"{part}.py"] if (PACKAGE / f"{part}.py").exists() else sorted((PACKAGE / part).rglob("*.py"))
    assert files
    for file in files:
        assert imported(file) <= below, file

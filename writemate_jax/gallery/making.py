"""Makes the gallery: runs the examples' command lines, keeps their pictures, and writes a page that shows them."""

from __future__ import annotations

import contextlib
import io
import shlex
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from writemate_jax.data import corpus as corpora
from writemate_jax.drawing.files import save
from writemate_jax.drawing.inkml import write_inkml
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.gallery.examples import EXAMPLES, FILES, OWN_WRITER, Example
from writemate_jax.replacing import replacing, write_text

OWN_LINES = 12
HEAD = """\
# Gallery

Each picture was made by the command beneath it, with the network that comes with the package. `make gallery` makes them
all again, and what some of them need: a letter (letter.txt) and lines of somebody's ink (my_lines/) such as you have.
"""


class CommandFailed(ValueError):
    """A command of the list did not do what the list says; the message has the command and what it said."""


def make(docs: Path, examples: Sequence[Example] = EXAMPLES) -> list[Path]:
    """Runs the examples and fills docs/gallery/ and docs/gallery.md; returns the files.

    Pictures of an earlier run that no example makes any more are removed. Raises `CommandFailed`; the gallery is then
    as it was.
    """
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        for name, content in FILES.items():
            write_text(name, content)
        bring_own_lines(Path("my_lines"))
        for example in tqdm(examples, unit=" examples", disable=None):
            for line in example.commands:
                run(line)
            absent = [name for name in example.pictures if not Path(name).is_file()]
            if absent:
                raise CommandFailed(f"{'; '.join(example.commands)}: made no {absent[0]}")
        files = [docs / "gallery" / name for example in examples for name in example.pictures]
        for file in files:
            with replacing(file) as path:
                shutil.copyfile(file.name, path)
    for file in (docs / "gallery").iterdir():
        if file not in files and file.suffix in (".svg", ".png"):
            file.unlink()
    write_text(docs / "gallery.md", page(examples))
    return [*files, docs / "gallery.md"]


def run(line: str) -> None:
    """Runs a command line of `sample.py` or `train.py adapt` in the current folder. Raises `CommandFailed`."""
    main, arguments = parse(line)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = exit.code
    if code:
        raise CommandFailed(f"{line}: exit code {code}: {said.getvalue().strip()}")


def parse(line: str) -> tuple[Callable[[Sequence[str]], int], list[str]]:
    """The program of a command line and its arguments. Raises `CommandFailed` for another program."""
    from writemate_jax.hands import command as adapt_command
    from writemate_jax.sampling import command

    words = shlex.split(line)
    if words[:2] == ["python", "sample.py"]:
        return command.main, words[2:]
    if words[:3] == ["python", "train.py", "adapt"]:
        return adapt_command.main, words[3:]
    raise CommandFailed(f"{line}: the gallery runs python sample.py and python train.py adapt")


def bring_own_lines(folder: Path) -> None:
    """Lines of a writer whom no network learned, as InkML files in a folder, and drawn beside it."""
    corpus = corpora.load()
    mine = [
        i for i in corpus.select(["validation"]) if corpus.writer(i) == OWN_WRITER and corpus.text(i).count(" ") > 2
    ]
    lines = [Ink(corpus.strokes(i), corpus.text(i)) for i in mine[:OWN_LINES]]
    for number, line in enumerate(lines):
        write_inkml(folder / f"{number:02d}.inkml", [line])
    save(lines[:3], folder.with_suffix(".svg"))


def page(examples: Sequence[Example]) -> str:
    """The page in Markdown."""
    parts = [HEAD]
    for example in examples:
        pictures = "\n\n".join(f"![{example.caption}](gallery/{name})" for name in example.pictures)
        commands = "\n".join(f"    {line}" for line in example.commands)
        parts.append(f"\n## {example.caption}\n\n{pictures}\n\n{commands}\n")
    return "".join(parts)

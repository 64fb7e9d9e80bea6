"""Every option has an example, and every example can be given: in the helps, and in the gallery."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from writemate_jax.dataset import command as dataset_command
from writemate_jax.gallery import making
from writemate_jax.gallery.examples import EXAMPLES, FILES, Example
from writemate_jax.hands import command as adapt_command
from writemate_jax.pages import Layout
from writemate_jax.pages import options as page_options
from writemate_jax.sampling import command

DOCS = Path(__file__).parent.parent / "docs"
PROGRAMS = {"sample.py": command, "sample.py dataset": dataset_command, "train.py adapt": adapt_command}


def _examples(program: str) -> list[list[str]]:
    """The arguments of the program's examples in all helps."""
    lines = "\n".join(one.EXAMPLES for one in PROGRAMS.values()).splitlines()
    start = f"  python {program} "
    found = [shlex.split(line[len(start) :], comments=True) for line in lines if line.startswith(start)]
    return [arguments for arguments in found if f"{program} {arguments[0]}" not in PROGRAMS]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_is_in_the_help_and_has_an_example(program):
    parser = PROGRAMS[program]._parser()
    given = {word for arguments in _examples(program) for word in arguments if word.startswith("--")}
    options = [action for action in parser._actions if action.dest != "help"]
    for action in options:
        assert action.help, action.dest
        assert not action.option_strings or given & set(action.option_strings), f"no example of {action.option_strings}"
    assert PROGRAMS[program].EXAMPLES.rstrip() in parser.format_help()


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_example_can_be_given(program):
    parser = PROGRAMS[program]._parser()
    assert len(_examples(program)) >= 2
    for arguments in _examples(program):
        _given(parser.parse_args(arguments), program)


def _given(options, program: str) -> None:
    """Raises for what the command would refuse before it writes."""
    if program == "sample.py":
        from writemate_jax.sampling import look_options

        look_options.look(options)
        if options.page:
            Layout(**page_options.given(options))
            page_options.destination(options.out)
        elif not options.list_styles:
            command._destination(options.out or command.OUT, options.format, len(options.text) or 2)


# The gallery


def test_the_gallerys_command_lines_can_be_given():
    for example in EXAMPLES:
        assert example.caption and example.commands and example.pictures
        for line in example.commands:
            main, arguments = making.parse(line)
            program = next(name for name, module in PROGRAMS.items() if module.main is main)
            _given(PROGRAMS[program]._parser().parse_args(arguments), program)
    with pytest.raises(making.CommandFailed, match="the gallery runs python sample.py"):
        making.parse("rm -r docs")


def test_the_gallery_shows_what_its_commands_made_above_them(tmp_path, monkeypatch):
    ran = []

    def main(arguments):
        ran.append([*arguments, sorted(str(path) for path in Path().iterdir())])
        Path(arguments[-1]).write_text("<svg/>")
        return 0

    monkeypatch.setattr(command, "main", main)
    monkeypatch.setattr(making, "bring_own_lines", lambda folder: None)
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery" / "old.svg").write_text("")
    (tmp_path / "gallery" / "note.txt").write_text("")
    examples = [Example(f"Caption {n}", (f'python sample.py "a {n}" --out {n}.svg',), (f"{n}.svg",)) for n in (1, 2)]
    files = making.make(tmp_path, examples)
    assert [arguments[:-1] for arguments in ran] == [[f"a {n}", "--out", f"{n}.svg"] for n in (1, 2)]
    assert set(FILES) <= set(ran[0][-1])
    assert sorted(path.name for path in (tmp_path / "gallery").iterdir()) == ["1.svg", "2.svg", "note.txt"]
    page = (tmp_path / "gallery.md").read_text()
    assert files[-1].name == "gallery.md" and page == making.page(examples)
    shown = r"## Caption 1\n\n!\[Caption 1\]\(gallery/1.svg\)\n\n    python sample.py \"a 1\" --out 1.svg"
    assert re.search(shown, page)

    monkeypatch.setattr(command, "main", lambda arguments: 0)
    with pytest.raises(making.CommandFailed, match=r"a 3.*made no 3\.svg"):
        making.make(tmp_path, [Example("c", ('python sample.py "a 3" --out 3.svg',), ("3.svg",))])
    monkeypatch.setattr(command, "main", lambda arguments: print("no ink") or 2)
    with pytest.raises(making.CommandFailed, match="exit code 2: no ink"):
        making.make(tmp_path, examples)
    assert (tmp_path / "gallery.md").read_text() == page


def test_the_committed_gallery_is_that_of_the_list_and_small():
    assert (DOCS / "gallery.md").read_text() == making.page(EXAMPLES)
    wanted = {name for example in EXAMPLES for name in example.pictures}
    found = {path.name for path in (DOCS / "gallery").iterdir()}
    assert found == wanted
    assert sum((DOCS / "gallery" / name).stat().st_size for name in wanted) < 1_500_000

"""The lines of a person's ink in a folder, a file each."""

from __future__ import annotations

from pathlib import Path

from writemate_jax.data.ink_files import SUFFIXES, read_ink, with_text
from writemate_jax.drawing.formats import FORMATS, format_of
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands.styles import FILE


def read_lines(folder: Path) -> tuple[list[Ink], list[str]]:
    """The lines of ink in a folder's files of `ink_files.SUFFIXES`, in the order of names, and what errors call each.

    Of files that differ in nothing but the suffix, which are the same ink, the first format's alone is read; names with
    a dot in front are not looked at. Raises ValueError for what is no folder or has none of them, `InvalidInkFile` for
    a file that holds none, or a line without a text.
    """
    if not Path(folder).is_dir():
        raise ValueError(f"{folder} is no folder; give one with lines of your ink, each in a file of its own")
    files = _ink_files(Path(folder))
    if not files:
        *others, last = SUFFIXES
        raise ValueError(f"{folder} holds no {', '.join(others)} or {last} files; give a folder of lines of your ink,"
                         " each in a file of one of these formats; a name in several formats is one line")  # fmt: skip
    lines, names = [], []
    for file in files:
        found = with_text(read_ink(file), file)
        lines += found
        names += [str(file)] if len(found) == 1 else [f"{file}: line {number}" for number in range(1, len(found) + 1)]
    return lines, names


def _ink_files(folder: Path) -> list[Path]:
    """One file of each name, in the order of names: of the format that keeps most of the ink, as `SUFFIXES` begins."""
    found = [file for file in sorted(folder.glob("[!.]*")) if file.suffix.lower() in SUFFIXES and file.is_file()]
    found = [file for file in found if file.name != FILE]  # what was made of them lies there, too
    richest: dict[str, Path] = {}
    # A plotter's SVG, whose strokes are in another order, comes last: it cannot be read.
    for file in sorted(found, key=lambda file: (SUFFIXES.index(file.suffix.lower()), format_of(file) == "plotter")):
        suffix = FORMATS[format_of(file)]  # of a.plotter.svg more than .svg: it is the same line as a.json
        richest.setdefault(file.name[: -len(suffix)], file)
    return sorted(richest.values())

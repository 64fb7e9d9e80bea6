"""The page options of `sample.py`, and what they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from writemate_jax.arguments import names_folder
from writemate_jax.drawing.formats import suffixes
from writemate_jax.pages.drawing import FORMATS, page_format
from writemate_jax.pages.layout import ALIGNMENTS, PAPERS, SIZES, Layout

# Each option as argparse keeps it, and the field of `Layout` that it fills; `sampling.look_options` adds those that
# lines have, too.
FIELDS = {
    "page": "page", "margins": "margins", "letter_size": "letter", "line_spacing": "line_spacing", "align": "align",
    "paper": "paper", "ink": "ink", "pen": "pen", "drift": "drift", "language": "language", "reflow": "reflow",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options; all are None unless given."""
    usual = Layout()
    group = parser.add_argument_group(
        "pages", "With --page the text is set on pages: each line of it is a paragraph, '# ' begins a heading, '- ', a"
        f" bullet or '1. ' an item, and empty lines stay. --out is {suffixes(FORMATS)}: one .pdf for all pages, of the"
        " others one for each (NAME-1.svg, ...); a folder, and the default, gets pages.pdf.")
    add = group.add_argument
    add("--page", metavar="SIZE", help=f"{', '.join(name.capitalize() for name in SIZES)}, or width x height in mm, as"
        " in 100x150")
    add("--margins", type=_numbers, metavar="MM", help="one, or top,right,bottom,left (default:"
        f" {usual.margins[0]:g})")
    add("--line-spacing", type=float, metavar="MM", help="between baselines (default: 3.2 letter sizes)")
    add("--align", choices=ALIGNMENTS, help=f"(default: {usual.align})")
    add("--paper", choices=PAPERS, help=f"(default: {usual.paper})")
    add("--drift", type=float, metavar="D", help="how far lines wander off margin and baseline: 0 not at all, 1 as"
        " usual (default: 1)")
    add("--language", metavar="CODE", help=f"whose rules break long words: en_US, de_DE, fr, ..., or none (default:"
        f" {usual.language})")
    add("--reflow", action="store_true", default=None, help="a single line break is but a space; paragraphs are those"
        " between empty lines")


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of `Layout` by the options that were given."""
    return {FIELDS[name]: value for name, value in vars(options).items() if name in FIELDS and value is not None}


def destination(out: str) -> Path:
    """The file to write; in a folder it is pages.pdf. Raises ValueError for a suffix of no page format."""
    path = Path(out)
    if names_folder(out):
        return path / "pages.pdf"
    try:
        page_format(path)
    except ValueError as error:
        raise ValueError(f"--out {error}") from error
    return path


def _numbers(value: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a number of mm, or four with commas") from None

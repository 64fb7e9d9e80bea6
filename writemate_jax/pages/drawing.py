"""Pages as files: a page is a `drawing.sheet.Sheet` on paper, so that what draws sheets draws pages."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from writemate_jax.drawing import animated, gcode, pdf, plotter, svg
from writemate_jax.drawing.curves import bezier
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.figure import MM, figure
from writemate_jax.drawing.formats import FORMATS as SUFFIXES
from writemate_jax.drawing.formats import format_of, suffixes
from writemate_jax.drawing.png import check_size
from writemate_jax.pages.page import Page
from writemate_jax.replacing import replacing, write_text
from writemate_jax.warning import warn

FORMATS = ("pdf", "svg", "png", "plotter", "animated", "gcode")
DPI = 150


def page_format(path: str | os.PathLike) -> str:
    """Which of `FORMATS` a path's suffix names. Raises ValueError for another."""
    try:
        kind = format_of(path)
    except ValueError:
        kind = ""
    if kind not in FORMATS:
        found = SUFFIXES.get(kind) or Path(path).suffix or "without a suffix"
        raise ValueError(f"{path}: pages are written as {suffixes(FORMATS)}, not {found}")
    return kind


def save(
    pages: Sequence[Page], path: str | os.PathLike, *, dpi: float = DPI, transparent: bool = False,
    machine: gcode.Machine | None = None,
) -> list[Path]:  # fmt: skip
    """Writes pages as the path's suffix says; returns the files.

    One .pdf file holds all pages. Of the other formats there is a file for each page: letter.svg for a single one, and
    else letter-1.svg, letter-2.svg, ... (as many digits as the last needs). dpi, transparent (without paper's white):
    of .png. machine: what a .gcode program is for. A plotter is given the ink without the paper's lines.
    Raises ValueError for another suffix, without pages, for a picture beyond 30,000 pixels a side or 150 million in
    all, and `OffTheBed`, before any page is written, where the ink of one does not lie on the machine's bed. Warns of
    files of this name that other pages have left.
    """
    path, kind = Path(path), page_format(path)
    if not pages:
        raise ValueError("no pages to write; expected at least one")
    if kind == "pdf":
        pdf.write_pdf(path, pages)
        return [path]
    name, suffix = _parts(path)
    digits = len(str(len(pages)))
    paths = [path.with_name(f"{name}-{i:0{digits}d}{suffix}") for i in range(1, len(pages) + 1)]
    paths = [path] if len(pages) == 1 else paths
    left_over = sorted(set(of_one_name(path)) - set(paths))
    if left_over:
        warn(f"{', '.join(map(str, left_over))}: of pages that were written before, and not of these")
    if kind == "gcode":
        programs = [gcode.to_gcode(page, machine) for page in pages]
        for program, file in zip(programs, paths, strict=True):
            write_text(file, program)
        return paths
    write = {
        "svg": lambda file, page: write_text(file, to_svg(page)),
        "png": lambda file, page: write_png(file, page, dpi=dpi, transparent=transparent),
        "plotter": lambda file, page: write_text(file, plotter.to_plotter_svg(page, svg.TOLERANCE * page.letter)),
        "animated": lambda file, page: write_text(file, animated.to_animated_svg(page)),
    }
    for page, file in zip(pages, paths, strict=True):
        write[kind](file, page)
    return paths


def of_one_name(path: Path) -> list[Path]:
    """The files there that `save` may have written pages of this name to."""
    name, suffix = _parts(path)
    numbered = re.compile(re.escape(name) + r"(-\d+)?" + re.escape(suffix))
    return [file for file in path.parent.glob("*") if numbered.fullmatch(file.name)]


def to_svg(page: Page) -> str:
    """The page as an SVG document of its real size, in mm: a group for the paper, and one for each line of ink.

    Each stroke is one path without fill, a smooth curve through its points.
    """
    digits = svg.decimals(page)
    root = svg.document(page)
    svg.draw_paper(root, page, digits)
    ink = ElementTree.SubElement(root, "g", {"id": "ink", **svg.stroke_attributes(page.ink, page.pen, digits)})
    for line in page.lines:
        group = ElementTree.SubElement(ink, "g", {"aria-label": svg.in_xml(line.text)})
        for stroke in line.strokes:
            ElementTree.SubElement(group, "path", {"d": svg.path(stroke, bezier(stroke), digits)})
    return svg.text_of(root)


def write_png(path: str | os.PathLike, page: Page, *, dpi: float = DPI, transparent: bool = False) -> None:
    """Writes the page as a picture, on white unless transparent.

    Raises ValueError where a side is below 1 or beyond 30,000 pixels, or all of it beyond 150 million.
    """
    width, height = (round(side * MM * dpi) for side in (page.width, page.height))
    check_size(width, height)
    notes = {"Title": page.text} if page.text.isascii() else {}  # Matplotlib writes Latin-1 alone
    with default_rc(), replacing(path) as temporary:
        figure(page).savefig(temporary, dpi=dpi, format="png", metadata=notes, transparent=transparent)


def _parts(path: Path) -> tuple[str, str]:
    """The name without its suffix, which may be of two words, and that."""
    length = len(SUFFIXES[page_format(path)])
    return path.name[:-length], path.name[-length:]

"""Pages as SVG, PNG and PDF."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing.curves import bezier
from writemate_jax.pages.page import Page, text_of
from writemate_jax.replacing import replacing, write_text
from writemate_jax.strokes import Stroke

FORMATS = ("pdf", "svg", "png")
DPI = 150
LARGEST_SIDE = 30_000  # pixels
RULE_COLOR, RULE_WIDTH, DOT_WIDTH = "#bccbdc", 0.15, 0.4  # of the paper's lines and dots, mm
DOT = 1e-3  # mm that a dot of ink is drawn long: some programs leave out a path without length
MM = 1 / 25.4  # in inches
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def save(pages: Sequence[Page], path: str | os.PathLike, *, dpi: int = DPI) -> list[Path]:
    """Writes pages as the path's suffix says; returns the files.

    One .pdf file holds all pages. Of .svg and .png there is a file for each page: letter.svg for a single one, and
    else letter-1.svg, letter-2.svg, ... (as many digits as the last needs). ``dpi`` is for .png.
    Raises ValueError for another suffix, without pages, or for a picture beyond 30,000 pixels a side.
    """
    path = Path(path)
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise ValueError(f"{path}: pages are written as .pdf, .svg or .png")
    if not pages:
        raise ValueError("no pages to write; expected at least one")
    if suffix == "pdf":
        write_pdf(path, pages)
        return [path]
    digits = len(str(len(pages)))
    paths = [path.with_stem(f"{path.stem}-{i:0{digits}d}") for i in range(1, len(pages) + 1)]
    paths = [path] if len(pages) == 1 else paths
    for page, file in zip(pages, paths, strict=True):
        if suffix == "svg":
            write_text(file, to_svg(page))
        else:
            write_png(file, page, dpi=dpi)
    return paths


# SVG


def to_svg(page: Page) -> str:
    """The page as an SVG document of its real size, in mm: a group for the paper, and one for each line of ink.

    Each stroke is one path without fill, a smooth curve through its points.
    """
    svg = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {_number(page.width)} {_number(page.height)}",
        "width": f"{_number(page.width)}mm",
        "height": f"{_number(page.height)}mm",
    })
    ElementTree.SubElement(svg, "title").text = _NOT_IN_XML.sub("\ufffd", page.text)
    if len(page.rules):
        d = " ".join(f"M{_places(rule[:1])} L{_places(rule[1:])}" for rule in page.rules)
        ElementTree.SubElement(svg, "path", _pen("rules", RULE_COLOR, RULE_WIDTH) | {"d": d})
    if len(page.dots):
        d = " ".join(f"M{_places(dot[None])} h{DOT}" for dot in page.dots)
        ElementTree.SubElement(svg, "path", _pen("dots", RULE_COLOR, DOT_WIDTH) | {"d": d})
    ink = ElementTree.SubElement(svg, "g", _pen("ink", page.ink, page.pen))
    for line in page.lines:
        group = ElementTree.SubElement(ink, "g", {"aria-label": _NOT_IN_XML.sub("\ufffd", line.text)})
        for stroke in line.strokes:
            ElementTree.SubElement(group, "path", {"d": _path(stroke)})
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _pen(name: str, color: str, width: float) -> dict[str, str]:
    return {"id": name, "fill": "none", "stroke": color, "stroke-width": _number(width),
            "stroke-linecap": "round", "stroke-linejoin": "round"}


def _path(stroke: Stroke) -> str:
    segments = bezier(stroke)
    start = f"M{_places(stroke[:1])}"
    return start + ("".join(f" C{_places(segment[1:])}" for segment in segments) if len(segments) else f" h{DOT}")


def _places(points: np.ndarray) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")  # a thousandth of a millimetre


# PNG and PDF


def write_png(path: str | os.PathLike, page: Page, *, dpi: int = DPI) -> None:
    """Writes the page as a picture, on white. Raises ValueError where a side is below 1 or beyond 30,000 pixels."""
    width, height = (round(side * MM * dpi) for side in (page.width, page.height))
    if not (1 <= min(width, height) and max(width, height) <= LARGEST_SIDE):
        raise ValueError(
            f"a picture of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side: choose other dpi"
        )
    notes = {"Title": page.text} if page.text.isascii() else {}  # Matplotlib writes Latin-1 alone
    with replacing(path) as temporary:
        _figure(page).savefig(temporary, dpi=dpi, format="png", metadata=notes)


def write_pdf(path: str | os.PathLike, pages: Sequence[Page]) -> None:
    """Writes pages as one PDF of vector paths; its pages have the sizes of these."""
    from matplotlib.backends.backend_pdf import PdfPages

    title = text_of([line for page in pages for line in page.lines]).split("\n", 1)[0]
    with replacing(path) as temporary, PdfPages(temporary, metadata={"Title": title}) as pdf:
        for page in pages:
            pdf.savefig(_figure(page))


def _figure(page: Page):
    """A Matplotlib figure of the page's size, drawn in mm."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.figure import Figure

    figure = Figure((page.width * MM, page.height * MM))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, page.width), ylim=(page.height, 0))
    points = 72 * MM  # in a millimetre

    def add(curves: Sequence, color: str, width: float) -> None:
        axes.add_collection(PathCollection(curves, facecolors="none", edgecolors=color, linewidths=width * points,
                                           capstyle="round", joinstyle="round", snap=False), autolim=False)

    if len(page.rules):
        lines = LineCollection(page.rules, colors=RULE_COLOR, linewidths=RULE_WIDTH * points)
        axes.add_collection(lines, autolim=False)
    if len(page.dots):
        add([_curve(dot[None]) for dot in page.dots], RULE_COLOR, DOT_WIDTH)
    add([_curve(stroke) for stroke in page.strokes], page.ink, page.pen)
    return figure


def _curve(stroke: Stroke):
    from matplotlib.path import Path as Curve

    segments = bezier(stroke)
    if not len(segments):
        return Curve([stroke[0], stroke[0] + (DOT, 0)], [Curve.MOVETO, Curve.LINETO])
    controls = segments[:, 1:].reshape(-1, 2)
    return Curve([stroke[0], *controls], [Curve.MOVETO] + [Curve.CURVE4] * len(controls))

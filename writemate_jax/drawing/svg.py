"""Ink as SVG."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing.curves import bezier
from writemate_jax.drawing.page import lay_out
from writemate_jax.replacing import write_text
from writemate_jax.strokes import Rows, Stroke

LETTER_PIXELS = 30  # size at which a viewer shows the letters until told otherwise
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(lines: Rows | Sequence[Rows], title: str = "", *, color: str = "black") -> str:
    """An SVG document of lines of ink ``[T, 3]``, one below the other.

    Each stroke is one path without fill, with round caps and joins, a smooth curve through its points; a
    stroke of a single point is a dot. The view box is in the ink's unit. ``title`` titles the document.
    """
    page = lay_out(lines)
    digits = max(0, 3 - math.floor(math.log10(page.letter)))  # a thousandth of a letter
    zoom = LETTER_PIXELS / page.letter
    svg = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {_number(page.width, digits)} {_number(page.height, digits)}",
        "width": _number(page.width * zoom, 1),
        "height": _number(page.height * zoom, 1),
    })
    if title:
        ElementTree.SubElement(svg, "title").text = _NOT_IN_XML.sub("\ufffd", title)
    ink = ElementTree.SubElement(svg, "g", {
        "fill": "none",
        "stroke": color,
        "stroke-width": _number(page.pen, digits + 1),
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    })
    for stroke in page.strokes:
        ElementTree.SubElement(ink, "path", {"d": _path(stroke, digits)})
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def write_svg(path: str | os.PathLike, lines: Rows | Sequence[Rows], title: str = "") -> None:
    """Writes `to_svg` of the lines to a file."""
    write_text(path, to_svg(lines, title))


def _path(stroke: Stroke, digits: int) -> str:
    def place(points: np.ndarray) -> str:
        return " ".join(f"{_number(x, digits)},{_number(y, digits)}" for x, y in points)

    segments = bezier(stroke)
    start = f"M{place(stroke[:1])}"
    if len(segments) == 0:
        # The shortest way on, which the caps make a dot; some renderers leave out a path without length.
        return f"{start} h{_number(10.0**-digits, digits)}"
    return start + "".join(f" C{place(segment[1:])}" for segment in segments)


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text

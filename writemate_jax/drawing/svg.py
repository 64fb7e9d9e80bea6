"""Ink as SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing.curves import bezier, fit
from writemate_jax.drawing.sheet import DOT, DOT_WIDTH, RULE_COLOR, RULE_WIDTH, X_HEIGHT, Sheet
from writemate_jax.strokes import Stroke

TOLERANCE = 0.02  # of an x-height: a third of the pen's width
SWING = 0.35  # the quickest strokes are that much thinner than the pen, the slowest that much thicker
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(ink: Sheet, tolerance: float = X_HEIGHT * TOLERANCE, by_speed: bool = False) -> str:
    """The sheet as an SVG document of its size, its text the title; ``<desc>`` states how far curves leave the ink.

    Each stroke is one path without fill, with round caps and joins: few cubic curves within ``tolerance`` mm of the
    ink (`curves.fit`). A stroke of a single point is a dot. by_speed: the pen is thinner where it was quick; a stroke
    is then a group of paths, since a path of SVG has one width.
    """
    digits = decimals(ink)
    fitted = [[fit(stroke, 0.0 if by_speed else tolerance) for stroke in line.strokes] for line in ink.lines]
    worst = max((off for line in fitted for _, off in line), default=0.0)
    worst = math.ceil(worst * 1000) / 1000  # rounded up, so that it holds
    said = f"Curves within {worst:g} mm of the ink" if worst else "Curves through the ink's points"
    root = document(ink, said)
    group = ElementTree.SubElement(root, "g", stroke_attributes(ink.ink, ink.pen, digits))
    for line, curves in zip(ink.lines, fitted, strict=True):
        widths = _widths(line.strokes) if by_speed else [None] * len(curves)
        for stroke, (segments, _), along in zip(line.strokes, curves, widths, strict=True):
            if along is None or not len(segments):
                ElementTree.SubElement(group, "path", {"d": path(stroke, segments, digits)})
                continue
            of_stroke = ElementTree.SubElement(group, "g")
            for segment, width in zip(segments, along, strict=True):
                ElementTree.SubElement(of_stroke, "path", {
                    "d": path(segment[:1], segment[None], digits),
                    "stroke-width": number(ink.pen * width, digits),
                })
    return text_of(root)


def document(ink: Sheet, description: str = "") -> ElementTree.Element:
    """An SVG element of the sheet's size, its view box in mm, with the text as its title."""
    digits = decimals(ink)
    width, height = number(ink.width, digits), number(ink.height, digits)
    root = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": f"{width}mm",
        "height": f"{height}mm",
    })
    if ink.text.strip():
        ElementTree.SubElement(root, "title").text = in_xml(ink.text)
    if description:
        ElementTree.SubElement(root, "desc").text = description
    return root


def stroke_attributes(color: str, width: float, digits: int) -> dict[str, str]:
    """Of lines without fill."""
    return {
        "fill": "none",
        "stroke": color,
        "stroke-width": number(width, digits + 1),
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


def draw_paper(root: ElementTree.Element, ink: Sheet, digits: int) -> None:
    """Adds the paper's lines and dots, where it has some."""
    if len(ink.rules):
        d = " ".join(f"M{places(rule[:1], digits)} L{places(rule[1:], digits)}" for rule in ink.rules)
        pen = stroke_attributes(RULE_COLOR, RULE_WIDTH, digits)
        ElementTree.SubElement(root, "path", {"id": "rules", **pen, "d": d})
    if len(ink.dots):
        d = " ".join(path(dot[None], np.zeros((0, 4, 2)), digits) for dot in ink.dots)
        pen = stroke_attributes(RULE_COLOR, DOT_WIDTH, digits)
        ElementTree.SubElement(root, "path", {"id": "dots", **pen, "d": d})


def text_of(root: ElementTree.Element) -> str:
    """The document's text."""
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def path(stroke: Stroke, segments: np.ndarray, digits: int) -> str:
    """Path data of cubic segments ``[m, 4, 2]``, or of a dot at the stroke where there are none."""
    start = f"M{places(stroke[:1], digits)}"
    if len(segments) == 0:
        return f"{start} h{number(max(DOT, 10.0**-digits) if digits <= 3 else 10.0**-digits, digits)}"
    return start + "".join(f" C{places(segment[1:], digits)}" for segment in segments)


def places(points: np.ndarray, digits: int) -> str:
    return " ".join(f"{number(x, digits)},{number(y, digits)}" for x, y in points)


def decimals(ink: Sheet) -> int:
    """Of a coordinate: a micrometre, and finer for a pen that is thinner than any."""
    return max(3, 2 - math.floor(math.log10(ink.pen)))


def number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def in_xml(text: str) -> str:
    """The text with a replacement character for what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _widths(strokes: Sequence[Stroke]) -> list[np.ndarray]:
    """For each segment of each stroke's `bezier` (a dot has none) the pen's width there, 1 at the line's usual speed.

    Points follow each other at an even pace, so that the distance between two is the speed.
    """
    speeds = []
    for stroke in strokes:
        segments = bezier(stroke)
        speed = np.hypot(*(segments[:, 3] - segments[:, 0]).T)
        if len(speed):  # a dot has none
            speed = np.convolve(np.pad(speed, 2, mode="edge"), np.array([1, 2, 3, 2, 1]) / 9, mode="valid")
        speeds.append(speed)
    known = np.concatenate(speeds)
    usual = (np.median(known) if len(known) else 0.0) or 1.0
    return [1 - SWING * np.tanh(np.log(np.maximum(speed / usual, 1e-3))) for speed in speeds]

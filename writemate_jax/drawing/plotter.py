"""Ink for pen plotters: single lines in mm, in an order that saves travel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing import svg
from writemate_jax.drawing.curves import fit
from writemate_jax.drawing.sheet import X_HEIGHT, Sheet
from writemate_jax.strokes import Stroke

INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
ElementTree.register_namespace("inkscape", INKSCAPE)


def to_plotter_svg(ink: Sheet, tolerance: float = X_HEIGHT * svg.TOLERANCE) -> str:
    """An SVG document in mm, each stroke a path without fill, each line a group: a layer of its own in Inkscape.

    A layer's name begins with its number, by which vpype and AxiDraw order layers; as a text's own first characters,
    vpype would take digits for it, and AxiDraw a % for a layer that is not drawn and a ! for a pause.
    """
    digits = svg.decimals(ink)
    root = svg.document(ink)
    for i, (line, strokes) in enumerate(zip(ink.lines, in_order(ink), strict=True)):
        group = ElementTree.SubElement(root, "g", {
            "id": f"line-{i + 1}",
            f"{{{INKSCAPE}}}groupmode": "layer",
            f"{{{INKSCAPE}}}label": f"{i + 1}: {svg.in_xml(line.text)}",
            **svg.stroke_attributes(ink.ink, ink.pen, digits),
        })
        for stroke in strokes:
            ElementTree.SubElement(group, "path", {"d": svg.path(stroke, fit(stroke, tolerance)[0], digits)})
    return svg.text_of(root)


def in_order(ink: Sheet) -> list[list[Stroke]]:
    """The strokes of each line, some of them backwards, so that the raised pen travels little.

    Lines stay in their order. In a line, the nearest end of a stroke comes next; the order of writing stays where it is
    the shorter one.
    """
    place, ordered = np.zeros(2), []
    for line in ink.lines:
        strokes = min(_nearest_next(line.strokes, place), list(line.strokes), key=lambda s: travel(s, place))
        ordered.append(strokes)
        place = strokes[-1][-1] if strokes else place
    return ordered


def travel(strokes: Sequence[Stroke], start: np.ndarray) -> float:
    """How far the raised pen moves from ``start`` through the strokes."""
    if not len(strokes):
        return 0.0
    jumps = [strokes[0][0] - start, *(after[0] - before[-1] for before, after in pairwise(strokes))]
    return float(np.hypot(*np.array(jumps).T).sum())


def _nearest_next(strokes: Sequence[Stroke], place: np.ndarray) -> list[Stroke]:
    ends = np.array([[stroke[0], stroke[-1]] for stroke in strokes]).reshape(-1, 2, 2)
    left, ordered = np.ones(len(strokes), bool), []
    while left.any():
        distances = np.where(left[:, None], np.hypot(*(ends - place).transpose(2, 0, 1)), np.inf)
        which, end = np.unravel_index(distances.argmin(), distances.shape)
        ordered.append(strokes[which][::-1] if end else strokes[which])
        place = ordered[-1][-1]
        left[which] = False
    return ordered

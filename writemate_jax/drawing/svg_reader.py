"""Ink from an SVG of single lines, as vector programs, tablets and `writemate_jax.drawing.svg` write it.

svgelements (MIT) reads it: path data, transforms, units, styles and view boxes are its matter.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import LARGEST, Ink, InvalidInkFile
from writemate_jax.strokes import Stroke

PIECES = 24  # chords of a curve or an arc


def loads(data: bytes, name: str = "SVG") -> Ink:
    """All the ink of an SVG document, y up, with the document's title as its text ("" without one).

    A stroke is a subpath of a path, or a polyline, or a line, in the document's order; what begins exactly where the
    one before ended goes on with it. Shapes of area (filled without an outline, or a rect, circle or polygon) are no
    strokes and are left out, as is what is not drawn. The unit is a CSS pixel. Raises `InvalidInkFile`.
    """
    if b"<!ENTITY" in data:
        raise InvalidInkFile(f"{name}: defines XML entities, which are not read; save it as plain SVG")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InvalidInkFile(f"{name}: not XML: {error}") from error
    if str(root.tag).rpartition("}")[2] != "svg":
        raise InvalidInkFile(f"{name}: the root is <{str(root.tag).rpartition('}')[2]}>; expected <svg>")
    drawn, areas = _strokes(_as_drawn(root), name)
    if not drawn:
        found = f"it has {areas} filled shapes, whose outlines are no pen strokes" if areas else "it has none"
        raise InvalidInkFile(f"{name}: expected paths, polylines or lines without fill, one for each stroke; {found}")
    points = np.concatenate(drawn)
    if not (np.isfinite(points).all() and np.abs(points).max() <= LARGEST / 4):
        raise InvalidInkFile(f"{name}: has places that are no finite float32 numbers; expected pixels or millimetres")
    title = next((child.text or "" for child in root if str(child.tag).rpartition("}")[2] == "title"), "")
    return Ink(strokes.join([stroke * [1.0, -1.0] for stroke in drawn]), title)


def read_svg(path: str | os.PathLike) -> Ink:
    """`loads` of a file. Raises `InvalidInkFile`, also where it cannot be read, and for a plotter's file of ours."""
    if Path(path).name.lower().endswith(".plotter.svg"):
        raise InvalidInkFile(f"{path}: its strokes are in a plotter's order, some of them backwards; take the line's"
                             " .json, .inkml or .svg")  # fmt: skip
    try:
        return loads(Path(path).read_bytes(), str(path))
    except OSError as error:
        raise InvalidInkFile(f"{path}: cannot be read: {error.strerror}") from error


def _as_drawn(root: ElementTree.Element) -> bytes:
    """The document with masks, markers and symbols among its definitions, where only what uses them is drawn."""
    for parent in list(root.iter()):
        for i, child in enumerate(parent):
            space, _, name = str(child.tag).rpartition("}")
            if name in ("mask", "marker", "symbol"):
                parent[i] = ElementTree.Element(f"{space}}}defs" if space else "defs")
                parent[i].append(child)
    return ElementTree.tostring(root)


def _strokes(data: bytes, name: str) -> tuple[list[Stroke], int]:
    """The strokes [n, 2], y down, and how many shapes are areas."""
    import svgelements

    try:
        document = svgelements.SVG.parse(io.BytesIO(data), reify=True)
        drawn: list[Stroke] = []
        areas = 0
        for element in document.elements():
            if not isinstance(element, (svgelements.Path, svgelements.Polyline, svgelements.SimpleLine)):
                continue
            if element.stroke.value is None and element.fill.value is not None:
                areas += 1
                continue
            if element.values.get("visibility") in ("hidden", "collapse"):
                continue
            if element.values.get("stroke") == "none":  # and not one that is not understood, as a variable of CSS
                continue
            for subpath in svgelements.Path(element).as_subpaths():
                _add(drawn, _points(list(subpath)))
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        # What svgelements raises for damaged path data, transforms or lengths, depending on where.
        raise InvalidInkFile(f"{name}: not an SVG that can be read ({type(error).__name__}: {error})") from error
    return drawn, areas


def _points(segments: list) -> Stroke:
    """Places along the segments of a subpath; none where it only moves."""
    import svgelements

    parts = []
    for segment in segments:
        if isinstance(segment, svgelements.Move):
            continue
        straight = isinstance(segment, (svgelements.Line, svgelements.Close))
        ends = [segment.start, segment.end]
        parts.append(np.array([[p.x, p.y] for p in ends]) if straight else
                     np.asarray(segment.npoint(np.linspace(0.0, 1.0, PIECES + 1)), float).reshape(-1, 2))  # fmt: skip
    return np.concatenate([part if i == 0 else part[1:] for i, part in enumerate(parts)] or [np.zeros((0, 2))])


def _add(drawn: list[Stroke], stroke: Stroke) -> None:
    if not len(stroke):
        return
    if drawn and (drawn[-1][-1] == stroke[0]).all():
        drawn[-1] = np.concatenate([drawn[-1], stroke[1:]])
    else:
        drawn.append(stroke)

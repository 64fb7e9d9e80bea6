"""Ink from an SVG of single lines, as vector programs, tablets and `writemate_jax.drawing.svg` write it.

svgelements (MIT) reads it: path data, transforms, units, styles and view boxes are its matter.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import LARGEST, Ink, InvalidInkFile
from writemate_jax.strokes import Stroke
from writemate_jax.warning import warn

PIECES = 24  # chords of a curve or an arc
# A shape smaller than this part of the strokes' median height, which is about an x's, is a dot: what a pen leaves is at
# most twice as wide as its lines, and these are under a sixth of an x. Only what has an extent besides is left out.
DOT = 1 / 3
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# What attributes of ink may hold: of what else they do, as a pad's NaN, svgelements leaves out a part. A command may
# lack its numbers. No part is tried in two ways (?>, *+): damaged data would be in more ways than can be waited for.
_SPACE = r"[\s,]*+"
_N = rf"(?>{_NUMBER}){_SPACE}"
_TAKES = {  # of each command
    "Zz": "", "HhVv": f"(?:{_N})*+", "MmLlTt": f"(?:{_N}{_N})*+", "SsQq": f"(?:(?:{_N}){{4}})*+",
    "Cc": f"(?:(?:{_N}){{6}})*+", "Aa": f"(?:{_N}{_N}{_N}[01]{_SPACE}[01]{_SPACE}{_N}{_N})*+",
}  # fmt: skip
_COMMAND = "|".join(f"[{letters}]{_SPACE}{numbers}" for letters, numbers in _TAKES.items())
_WHOLE = {
    "d": re.compile(f"{_SPACE}(?:{_COMMAND})*+"), "points": re.compile(f"{_SPACE}(?:{_N}{_N})*+"),
} | dict.fromkeys(("x1", "y1", "x2", "y2"), re.compile(rf"\s*+(?>{_NUMBER})\s*+[a-z%]*+\s*+"))
_INKED = ("path", "polyline", "polygon", "line")
_UNDRAWN = ("defs", "clipPath", "mask", "marker", "pattern")  # but where they are used
_BLACK = "#010203"  # what a document is filled with that does not say it: no other has this
_SIZE = re.compile(rf"\s*({_NUMBER})\s*(?:px|mm|cm|in|pt|pc|%)?\s*")  # of a document, as svgelements reads it


def loads(data: bytes, name: str = "SVG") -> Ink:
    """All the ink of an SVG document, y up, with the document's title as its text ("" without one).

    A stroke is a subpath of a path, or a polyline, or a line, in the document's order; what begins exactly where the
    one before ended goes on with it. Shapes of area (filled without an outline, or a circle, ellipse or polygon) are
    dots, strokes of one point, where they are small beside the strokes (`DOT`); larger ones are no strokes and are left
    out, with a warning that has their number. A rect, which is paper, is left out, as is what is not drawn. The unit is
    a CSS pixel. Raises `InvalidInkFile`.
    """
    if b"<!ENTITY" in data:
        raise InvalidInkFile(f"{name}: defines XML entities, which are not read; save it as plain SVG")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InvalidInkFile(f"{name}: not XML: {error}") from error
    if str(root.tag).rpartition("}")[2] != "svg":
        raise InvalidInkFile(f"{name}: the root is <{str(root.tag).rpartition('}')[2]}>; expected <svg>")
    _check_whole(root, name)
    drawn, shapes = _strokes(root, name)
    css = "; of its <style>, rules for elements in others, and in @ blocks, are not read" if _has_more_css(root) else ""
    if not drawn:
        found = f"it has {len(shapes)} filled shapes, whose outlines are no pen strokes" if shapes else "it has none"
        raise InvalidInkFile(
            f"{name}: expected paths, polylines or lines without fill, one for each stroke; {found}{css}"
        )
    points = np.concatenate([*drawn, *(outline for shape in shapes for outline in shape.outlines)])
    if not (np.isfinite(points).all() and np.abs(points).max() <= LARGEST / 4):
        raise InvalidInkFile(f"{name}: has places that are no finite float32 numbers; expected pixels or millimetres")
    drawn, larger = _with_dots(drawn, shapes)
    if larger:
        warn(f"{name}: left out {larger} shapes that are filled or round, whose outlines are no pen strokes; if they"
             f" are ink, draw them as paths without fill{css}")  # fmt: skip
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


def _check_whole(root: ElementTree.Element, name: str) -> None:
    """Raises `InvalidInkFile` for data of ink that are not all commands, each with as many numbers as it takes."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        kind = str(element.tag).rpartition("}")[2]
        if kind in _UNDRAWN or element.get("display") == "none":
            continue
        for attribute, whole in _WHOLE.items() if kind in _INKED else ():
            value = element.get(attribute, "")
            if value.strip() not in ("", "none") and not whole.fullmatch(value):
                wanted = {"d": "commands, each with its numbers", "points": "an even number of numbers"}
                raise InvalidInkFile(
                    f"{name}: a {kind} has damaged data, {attribute}={_shortened(value)}: expected"
                    f" {wanted.get(attribute, 'a number')}"
                )
        waiting += element


def _shortened(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:57]}...")


def _has_more_css(root: ElementTree.Element) -> bool:
    """Whether the document has rules that svgelements does not read, by which strokes may be told from areas."""
    styles = "".join(e.text or "" for e in root.iter() if str(e.tag).rpartition("}")[2] == "style")
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL))
    return any(re.search(r"[@>+~\s]", one.strip()) for group in selectors for one in group.split(","))


def _as_drawn(root: ElementTree.Element) -> bytes:
    """The document as svgelements reads what browsers draw: with masks, markers and symbols among its definitions,
    where only what uses them is drawn, with empty data in paths without any, with its styles first, and without a size
    of its own that depends on the page around.
    """
    root.attrib.setdefault("fill", _BLACK)
    for element in reversed((*root.iter("style"), *root.iter("{http://www.w3.org/2000/svg}style"))):
        root.insert(0, element)  # it may stand there twice
    if root.get("viewBox"):
        for side in {"width", "height"} & {*root.attrib}:
            if not _is_size(root.get(side)):
                del root.attrib[side]
        said = r"(?<![\w-])(?:width|height)\s*:([^;]*)"
        root.set("style", re.sub(said, lambda one: one[0] * _is_size(one[1]), root.get("style", "")))
    for parent in list(root.iter()):
        for i, child in enumerate(parent):
            space, _, name = str(child.tag).rpartition("}")
            if name == "path":
                child.set("d", "" if child.get("d", "none").strip() == "none" else child.get("d"))
            if name in ("mask", "marker", "symbol"):
                parent[i] = ElementTree.Element(f"{space}}}defs" if space else "defs")
                parent[i].append(child)
    return ElementTree.tostring(root)


def _is_size(value: str) -> bool:
    found = _SIZE.fullmatch(value.lower())
    return found is not None and float(found[1]) > 0


class _Shape(NamedTuple):
    """An area: how many strokes are drawn before it, the outlines [n, 2] of its parts, one or more, and whether it is
    meant: a path that is open and not said to be filled is rather a stroke whose style is not read.
    """

    place: int
    outlines: list[Stroke]
    meant: bool


def _strokes(root: ElementTree.Element, name: str) -> tuple[list[Stroke], list[_Shape]]:
    """The strokes [n, 2] and the areas that are drawn, y down."""
    import svgelements

    lines = svgelements.Path, svgelements.Polyline, svgelements.SimpleLine
    areas = svgelements.Circle, svgelements.Ellipse, svgelements.Polygon
    try:
        # Not reified: of arcs that it transforms, other ones come out.
        document = svgelements.SVG.parse(io.BytesIO(_as_drawn(root)), reify=False)
        drawn: list[Stroke] = []
        shapes: list[_Shape] = []
        for element in document.elements():
            if not isinstance(element, (*lines, *areas)) or element.values.get("visibility") in ("hidden", "collapse"):
                continue
            path = svgelements.Path(element)
            moved = path.transform
            parts = [_points(list(subpath)) for subpath in path.as_subpaths()]
            parts = [part @ [[moved.a, moved.b], [moved.c, moved.d]] + [moved.e, moved.f] for part in parts]
            parts = [part for part in parts if len(part)]
            filled, outlined = element.fill.value is not None, element.stroke.value is not None
            if isinstance(element, areas) or (filled and not outlined):
                if parts and (filled or outlined):
                    is_open = any(not np.allclose(part[0], part[-1]) for part in parts)
                    meant = isinstance(element, areas) or element.values["fill"] != _BLACK or not is_open
                    shapes.append(_Shape(len(drawn), parts, meant))
            elif element.values.get("stroke") != "none":  # nor one that is not understood, as a variable of CSS
                for part in parts:
                    _add(drawn, part)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        # What svgelements raises for damaged path data, transforms or lengths, depending on where.
        raise InvalidInkFile(f"{name}: not an SVG that can be read ({type(error).__name__}: {error})") from error
    return drawn, shapes


def _with_dots(drawn: list[Stroke], shapes: list[_Shape]) -> tuple[list[Stroke], int]:
    """The strokes with the small shapes among them, each part a point in its middle; how many shapes are larger."""
    limit = DOT * np.median([np.ptp(stroke[:, 1]) for stroke in drawn])
    small = [shape for shape in shapes
             if shape.meant and all(np.ptp(outline, axis=0).max() < limit for outline in shape.outlines)]  # fmt: skip
    dots = [(shape.place, (outline.min(axis=0) + outline.max(axis=0))[None] / 2)
            for shape in small for outline in shape.outlines]  # fmt: skip
    ordered = sorted([*dots, *enumerate(drawn)], key=lambda each: each[0])  # of equal places, dots stay in front
    return [stroke for _, stroke in ordered], len(shapes) - len(small)


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
    if drawn and (drawn[-1][-1] == stroke[0]).all():
        drawn[-1] = np.concatenate([drawn[-1], stroke[1:]])
    else:
        drawn.append(stroke)

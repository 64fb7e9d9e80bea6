"""How large files of the same ink are, and how smooth its SVG is beside plain polylines.

    python -m benchmarks.files
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from writemate_jax import Writer
from writemate_jax.drawing import curves, svg
from writemate_jax.drawing.files import save
from writemate_jax.drawing.formats import FORMATS
from writemate_jax.drawing.sheet import Sheet, sheet
from writemate_jax.strokes import Stroke

TEXTS = [
    "The clock on the landing had stopped", "years ago, at ten past four, and", "nobody in the house could say of",
    "which day. Guests set their watches", "by it once, for luck, and were late", "for everything after: trains,",
]  # fmt: skip
X_HEIGHT = 3.0  # mm
EDGE = 5.0  # degrees that are seen as a corner


def polylines(ink: Sheet, pieces: int) -> str:
    """An SVG of straight pieces: the ink's own points, or so many pieces for each of its curves."""
    digits = svg.decimals(ink)
    root = svg.document(ink)
    group = ElementTree.SubElement(root, "g", svg.stroke_attributes(ink.ink, ink.pen, digits))
    for stroke in _strokes(ink):
        if len(stroke) > 1:
            points = svg.places(_pieces(stroke, pieces), digits)
            ElementTree.SubElement(group, "polyline", {"points": points})
        else:
            ElementTree.SubElement(group, "path", {"d": svg.path(stroke, np.empty((0, 4, 2)), digits)})
    return svg.text_of(root)


def corners(paths: Sequence[np.ndarray]) -> float:
    """Joints that turn by more than `EDGE`, a joint; paths [m, 4, 2], pieces with their controls."""
    turns = []
    for path in paths:
        before, after = path[:-1, 3] - path[:-1, 2], path[1:, 1] - path[1:, 0]
        cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        turns.append(np.degrees(np.abs(np.arctan2(cross, (before * after).sum(axis=1)))))
    return float(np.mean(np.concatenate(turns) > EDGE))


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__).parse_args()
    written = Writer.load().write(TEXTS, seed=range(len(TEXTS)))
    ink = sheet([line.strokes for line in written], [line.text for line in written], x_height=X_HEIGHT)
    strokes = _strokes(ink)
    points = sum(map(len, strokes))
    print(f"{len(TEXTS)} lines, {sum(map(len, TEXTS))} characters, {len(strokes)} strokes, {points} points\n")

    tolerance = X_HEIGHT * svg.TOLERANCE
    fitted = [curves.fit(stroke, tolerance) for stroke in strokes]
    exact = [curves.bezier(stroke) for stroke in strokes]
    chords = [_straight(_pieces(stroke, 1)) for stroke in strokes]
    fine = [_straight(_pieces(stroke, 4)) for stroke in strokes]
    documents = {
        "polylines through the points": (polylines(ink, 1), chords, _away(chords, exact)),
        "polylines, four pieces a curve": (polylines(ink, 4), fine, _away(fine, exact)),
        "curves through the points": (svg.to_svg(ink, 0.0), exact, 0.0),
        "fitted curves (the format svg)": (
            svg.to_svg(ink, tolerance), [path for path, _ in fitted], max(off for _, off in fitted),
        ),
    }  # fmt: skip
    for name, (text, paths, off) in documents.items():
        pieces = sum(map(len, paths))
        print(f"{name:32} {len(text.encode()):7,} bytes, {pieces:5,} pieces, {corners(paths):4.0%} of their joints are"
              f" corners of more than {EDGE:g} degrees, at most {off:.3f} mm off")  # fmt: skip
    print()
    with tempfile.TemporaryDirectory() as folder:
        for kind, suffix in FORMATS.items():
            path = Path(folder) / f"ink{suffix}"
            save(written[:1] if kind == "json" else written, path)
            print(f"{kind:10} {path.stat().st_size:9,} bytes" + (" (of the first line)" if kind == "json" else ""))


def _strokes(ink: Sheet) -> list[Stroke]:
    return [stroke for line in ink.lines for stroke in line.strokes]


def _pieces(stroke: Stroke, pieces: int) -> np.ndarray:
    """Points along the curves through a stroke's points."""
    exact = curves.bezier(stroke)
    return curves.flatten(exact, pieces) if len(exact) else stroke


def _straight(points: np.ndarray) -> np.ndarray:
    """Straight pieces as curves [m, 4, 2]."""
    start, end = points[:-1], points[1:]
    return np.stack([start, start + (end - start) / 3, end - (end - start) / 3, end], axis=1)


def _away(straight: Sequence[np.ndarray], exact: Sequence[np.ndarray]) -> float:
    """The largest distance of the curves through the points from straight pieces, mm."""
    most = 0.0
    for pieces, truth in zip(straight, exact, strict=True):
        if len(truth):
            start, way = pieces[None, :, 0], pieces[None, :, 3] - pieces[None, :, 0]
            points = curves.flatten(truth, 16)[:, None]
            along = ((points - start) * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-12)
            near = start + np.clip(along, 0, 1)[..., None] * way
            most = max(most, float(np.hypot(*(points - near).transpose(2, 0, 1)).min(axis=1).max()))
    return most


if __name__ == "__main__":
    main()

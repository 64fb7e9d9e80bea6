"""Real and written ink under the same conventions, so that nothing but the hand tells them apart.

A corpus keeps its ink in ways that say nothing about handwriting, and that a network's samples do not share:

* Positions lie on a grid. Written positions are rounded to it.
* Row 0 leads from a margin, which in real ink is exactly the text's left edge. It becomes (0, 0): a line begins at its
  first point.
* A dot is two points that the corpus' making set, nearly always the same. Every stroke shorter than `DOT` becomes
  such a pair.
"""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.data.pieces import DOT, TOUCH
from writemate_jax.strokes import Rows, Stroke


def conventional(line: Rows, *, quantum: float, x_height: float = 1.0) -> Rows:
    """The line ``[T, 3]`` under these conventions, its lengths in x-heights.

    ``quantum``: step of the grid, and ``x_height``, both in the line's unit. Where that is the x-height, a line that
    went through comes out the second time as it is. Raises `strokes.InvalidInk` for an array that is no line.
    """
    ink = [_dot_or(stroke, quantum, x_height) for stroke in strokes.split(strokes.check(line))]
    return strokes.join([stroke / x_height for stroke in ink], origin=ink[0][0] / x_height)


def _dot_or(stroke: Stroke, quantum: float, x_height: float) -> Stroke:
    if strokes.arc_length(stroke)[-1] < DOT * x_height:
        middle = np.rint((stroke.min(axis=0) + stroke.max(axis=0)) / 2 / quantum)
        half = np.maximum(np.rint(np.abs(TOUCH) * x_height / quantum), 1) * np.sign(TOUCH)
        return np.stack([middle - half, middle + half]) * quantum
    return np.rint(stroke / quantum) * quantum

"""How high letters are, and what of a drawing goes by that, whatever the unit of the ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.strokes import UNIT, Rows

# Of the letters' height:
PEN = 0.07  # the pen's width
PADDING = 0.6  # free space around the ink
LEADING = 0.4  # free space between the lowest ink of a line and the highest of the next

LOWEST = 1 / 3  # x-heights: a lower line has no letters, but marks alone (a dash, dots)


def letter_height(lines: Sequence[Rows], x_height: float = 0.0) -> float:
    """A robust height of the letters of some lines (median of `strokes.height`), always positive.

    x_height: of the lines, in their unit; 0 where it is not known. It stands in where no line has letters (`LOWEST`).
    Where it is not known and nothing has a height (dots, a dash) the larger side of the ink does, and 1 where that is 0
    too.
    """
    heights = [height for height in map(strokes.height, lines) if height > LOWEST * x_height]
    if heights or x_height:
        return float(np.median(heights or x_height))
    boxes = np.array([strokes.bounds(line) for line in lines])
    return float((boxes[:, 2:] - boxes[:, :2]).max()) or 1.0


def x_height(lines: Sequence[Rows], unit: str) -> float:
    """The x-height of lines in their unit; where that is no x-height, two thirds of their letters' height."""
    return 1.0 if unit == UNIT or not lines else letter_height(lines) / 1.5


def in_x_heights(line: Ink, x_height: float | None = None) -> Rows:
    """The line's rows in x-heights, by its own unless another is given."""
    x_height = line.x_height if x_height is None else x_height
    return line.strokes / np.array([x_height, x_height, 1], np.float32)

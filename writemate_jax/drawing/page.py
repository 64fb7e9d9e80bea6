"""Where lines of ink go on a page, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from writemate_jax import strokes
from writemate_jax.strokes import Rows, Stroke

PEN = 0.07  # of the letter height
PADDING = 0.6  # of the letter height
LEADING = 0.4  # of the letter height: free space between the lowest ink of a line and the highest of the next


@dataclass(frozen=True)
class Page:
    """Strokes in picture coordinates, x right, y **down**, (0, 0) to (width, height), in the ink's unit."""

    strokes: tuple[Stroke, ...]
    width: float
    height: float
    pen: float  # width of the pen
    letter: float  # robust letter height: the scale of all that should look the same for any unit


def letter_height(lines: Sequence[Rows]) -> float:
    """A robust height of the letters of some lines (median of `strokes.height`), always positive.

    Where nothing has a height (dots, a dash) the larger side of the ink stands in, and 1 where that is 0 too.
    """
    heights = [height for height in map(strokes.height, lines) if height > 0]
    if heights:
        return float(np.median(heights))
    boxes = np.array([strokes.bounds(line) for line in lines])
    return float((boxes[:, 2:] - boxes[:, :2]).max()) or 1.0


def lay_out(lines: Rows | Sequence[Rows]) -> Page:
    """Sets lines ``[T, 3]`` (or a single one) one below the other, origins aligned, all at one scale.

    The distance between baselines is even, and large enough that ink of neighbouring lines does not touch.
    Raises `strokes.InvalidInk` for an array that is no line, and ValueError without lines.
    """
    lines = [lines] if isinstance(lines, np.ndarray) and lines.ndim == 2 else list(lines)
    if not lines:
        raise ValueError("no lines to draw; expected at least one")
    lines = [strokes.check(line) for line in lines]
    letter = letter_height(lines)
    left, bottom, right, top = np.array([strokes.bounds(line) for line in lines]).T
    pitch = max(top[1:] - bottom[:-1], default=0.0) + LEADING * letter
    padding = PADDING * letter
    corner = np.array([padding - left.min(), padding + top[0]])
    placed = [
        corner + [0.0, row * pitch] + stroke * [1.0, -1.0]
        for row, line in enumerate(lines)
        for stroke in strokes.split(line)
    ]
    lowest = max(row * pitch - low for row, low in enumerate(bottom))
    return Page(
        strokes=tuple(placed),
        width=float(right.max() - left.min() + 2 * padding),
        height=float(top[0] + lowest + 2 * padding),
        pen=PEN * letter,
        letter=letter,
    )

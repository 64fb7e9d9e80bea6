"""Ink as the picture that the recogniser reads best: black on white, antialiased, all lines equally high."""

from __future__ import annotations

import math

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.letters import letter_height
from writemate_jax.drawing.png import render
from writemate_jax.drawing.sheet import InkLine, InkSheet
from writemate_jax.strokes import Rows

INK_PIXELS = 64.0  # height of the ink, between these quantiles of y over its length
LOW, HIGH = 0.02, 0.98
PEN_PIXELS = 4.0
PADDING_PIXELS = 8.0
LARGEST_SIDE = 6_000  # pixels: ink that is larger (a line that ran away) is drawn smaller


def picture(line: Rows, stretch: float = 1.0) -> np.ndarray:
    """Grey values uint8 ``[height, width]``, 0 for ink and 255 for paper, of a line ``[T, 3]`` in any unit.

    ``stretch`` widens the ink, not the pen. Moving or scaling the line does not change the picture. Ink without a
    height (a dash, a dot) is scaled by its larger side. Raises `strokes.InvalidInk` for an array that is no line.
    """
    line = strokes.check(line)
    height = strokes.height(line, LOW, HIGH) or letter_height([line])
    left, bottom, right, top = strokes.bounds(line)
    zoom = np.array([stretch, -1.0]) * (INK_PIXELS / height)
    extent = np.array([right - left, bottom - top]) * zoom
    zoom *= min(1.0, (LARGEST_SIDE - 2 * PADDING_PIXELS - 1) / max(extent.max(), 1.0))
    width, height = np.array([right - left, bottom - top]) * zoom + 2 * PADDING_PIXELS
    pixels = math.ceil(height)
    placed = tuple((stroke - [left, top]) * zoom + PADDING_PIXELS for stroke in strokes.split(line))
    ink = InkSheet(float(width), float(pixels), (InkLine("", placed),), pen=PEN_PIXELS)
    return np.asarray(render(ink, pixels, zoom=1.0))

"""Lines side by side in arrays of few shapes, so that another hand seldom needs another program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from writemate_jax.strokes import Rows

LINES_GRAIN, POINTS_GRAIN = 4, 64  # arrays come in multiples of these; a single line stays single


def up(size: int, grain: int) -> int:
    """The least multiple of a grain that is no smaller than a size; 1 stays 1."""
    return size if size < 2 else -(-size // grain) * grain


def stacked(inks: Sequence[Rows], count: int, length: int) -> np.ndarray:
    """Inks [T, 3] as float32 [count, length, 3], with zeros behind each and in place of those that there are not."""
    points = np.zeros((count, length, 3), np.float32)
    for lane, ink in enumerate(inks):
        points[lane, : len(ink)] = ink
    return points

"""Stray ticks: the short stroke in front of the first letter that networks of this kind are known for."""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.strokes import Rows

LONGEST = 0.5  # x-heights of pen way: a part of no letter is as short, except dots
MARKS = "'\"`,.:;!?-_~^*=%|/\\<>()[]{}"  # texts that begin so may begin with a small stroke


def starts_with_tick(line: Rows, text: str, x_height: float = 1.0) -> bool:
    """Whether the first stroke of ``[T, 3]`` is shorter than any letter's and lies left of all that follows.

    ``x_height``: in the line's unit. Dots of i and j, written first, lie above their stem and not left of it.
    """
    ink = strokes.split(line)
    if len(ink) < 2 or text[0] in MARKS:
        return False
    first, *rest = ink
    length = float(np.hypot(*np.diff(first, axis=0).T).sum())
    return length < LONGEST * x_height and first[:, 0].max() < min(stroke[:, 0].min() for stroke in rest)

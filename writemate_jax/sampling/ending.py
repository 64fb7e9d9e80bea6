"""The rest behind a line, and dots that look like one.

Networks that learn lines between rests (`strokes.add_rests`) are to move the window past the text when they draw the
last rest, which ends the line. Where the window comes a step late, a dot stands behind the line that the text does not
have; where a dot was still to come, it is taken for the rest.
"""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.strokes import Rows

MARKS = ".,:;!?'\"\u2026"  # may end in a dot of their own
CLEAR = 0.15  # x-heights that a rest is at least to the right of all ink before it
LEVEL = 0.4  # x-heights that a rest is at most off the baseline
DOT = 0.4  # x-heights that a dot is at most wide and high


def ends_with_dot(line: Rows, text: str) -> bool:
    """Whether the last row of a line, the point that made the sampler end it, is ink that the text still needs.

    That point stands alone and looks like a rest, but so does a dot that is made by touching the paper once. It is one
    where it is not to the right of all other ink, as rests are (under an exclamation mark, over an i), and where the
    text ends in a full stop that is not there yet.

    The line is ``[T, 3]`` in x-heights, its origin on the baseline.
    """
    *ink, [[x, y]] = strokes.split(line)
    if not ink:
        return False
    right = max(stroke[:, 0].max() for stroke in ink)
    if x < right + CLEAR:
        return True
    return text.endswith(".") and abs(y) <= LEVEL and not _is_full_stop(ink)


def _is_full_stop(ink: list[strokes.Stroke]) -> bool:
    """Whether the last stroke is small, low and not left of where the ink before it ends."""
    *before, last = ink
    (left, bottom), (right, top) = last.min(axis=0), last.max(axis=0)
    if max(right - left, top - bottom) > DOT or bottom > LEVEL:
        return False
    return not before or right > max(stroke[:, 0].max() for stroke in before)


def ends_with_rest(line: Rows, text: str) -> bool:
    """Whether the last row of a line is a rest: more dots are behind its ink than the text may end in.

    The line is ``[T, 3]`` in x-heights, its origin on the baseline.
    """
    ink = strokes.split(line)
    right = np.maximum.accumulate([stroke[:, 0].max() for stroke in ink])
    dots = 0
    for i in range(len(ink) - 1, 0, -1):  # the first stroke is no rest: there is no ink before it
        x, y = ink[i][0]
        if len(ink[i]) > 1 or x < right[i - 1] + CLEAR or abs(y) > LEVEL:
            break
        dots += 1
    return dots > len(text) - len(text.rstrip(MARKS))

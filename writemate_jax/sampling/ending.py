"""The rest behind a line, where a network wrote it as ink.

Networks that learn lines between rests (`strokes.add_rests`) are to move the window past the text instead of writing
the last rest. Where the window comes a step late, a dot stands behind the line that the text does not have.
"""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.strokes import Rows

MARKS = ".,:;!?'\"\u2026"  # may end in a dot of their own
CLEAR = 0.15  # x-heights that a rest is at least to the right of all ink before it
LEVEL = 0.4  # x-heights that a rest is at most off the baseline


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

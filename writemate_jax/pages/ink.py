"""The ink of one line: levelled, measured, made to fit.

Lengths are in x-heights, y up, the baseline at 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from writemate_jax import strokes
from writemate_jax.data.letter_size import baseline, deskewed
from writemate_jax.strokes import Rows, Stroke

SQUEEZE = 0.94  # a line is made this narrow without its height: that is not seen
STRETCH = 1.06  # and this wide
WIDEST_GAP = 1.5  # x-heights that justifying adds to a gap between words at most

Ink = list[Stroke]


def level(line: Rows, text: str) -> Ink:
    """The line's strokes without their slope, the baseline at 0 and the left edge at 0."""
    ink = deskewed(strokes.split(line))
    return shift(ink, -min(stroke[:, 0].min() for stroke in ink), -baseline(ink, text))


def width(ink: Ink) -> float:
    """Width of ink whose left edge is at 0."""
    return max((float(stroke[:, 0].max()) for stroke in ink), default=0.0)


def shift(ink: Ink, x: float, y: float = 0.0) -> Ink:
    return [stroke + (x, y) for stroke in ink]


def one_behind_the_other(parts: Sequence[Ink], gap: float) -> Ink:
    """Parts of a line with ``gap`` between them."""
    ink, end = [], 0.0
    for part in parts:
        ink += shift(part, end)
        end = width(ink) + gap
    return ink


def fit(ink: Ink, room: float) -> Ink:
    """Ink no wider than ``room``: a little too wide, it is squeezed; far too wide, all of it is made smaller."""
    found = width(ink)
    if found <= room:
        return ink
    factor = room / found
    return [stroke * (factor, 1.0 if factor >= SQUEEZE else factor) for stroke in ink]


def justify(ink: Ink, text: str, room: float) -> Ink:
    """Ink as wide as ``room``, where a little stretch and wider gaps between words do that; else narrower.

    Where the gaps between words are is not known, but there are as many as spaces, and they are the widest.
    """
    ink = fit(ink, room)
    found = width(ink)
    if not found > 0:
        return ink
    factor = min(room / found, STRETCH)
    ink = [stroke * (factor, 1.0) for stroke in ink]
    gaps = _gaps(ink, text.count(" "))
    missing = room - found * factor
    if not len(gaps) or missing > WIDEST_GAP * len(gaps):
        return ink
    return [stroke + (missing / len(gaps) * (gaps < stroke[:, 0].mean()).sum(), 0.0) for stroke in ink]


def _gaps(ink: Ink, count: int) -> np.ndarray:
    """The middles of the ``count`` widest gaps that no stroke reaches into."""
    spans = np.array(sorted((stroke[:, 0].min(), stroke[:, 0].max()) for stroke in ink))
    reached = np.maximum.accumulate(spans[:, 1])[:-1]
    free = spans[1:, 0] - reached
    widest = [i for i in np.argsort(-free, kind="stable")[:count] if free[i] > 0]
    return np.sort((reached + free / 2)[widest])

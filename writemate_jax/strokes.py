"""The one representation of ink, and the pure functions on it.

A *line* of ink is float32 ``[T, 3]`` with rows ``(dx, dy, eos)``, y up.

* Row i holds point i minus point i - 1; row 0 holds the first point minus the line's *origin*. Where it is known, the
  origin is the left edge of the text on the baseline; otherwise it is the first point, and row 0 is ``(0, 0, eos)``.
* ``eos`` (end of stroke) is 1 on the last point of a stroke: the pen lifts after that point. The last row has eos 1.
* A *stroke* is float64 ``[n, 2]``, n >= 1: the positions of the pen between touching down and lifting.

A *rest* is a pen-up row that belongs to no letter. Training may put one in front of a line and one behind it
(`add_rests`); stored and sampled lines have none.

Everything here is NumPy, and returns new arrays. Lengths are in the line's own unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Stroke = np.ndarray  # float64 [n, 2], positions
Rows = np.ndarray  # float32 [T, 3], offsets and pen

UNIT = "x-height"  # the name of the unit of ink whose letter size is known


class InvalidInk(ValueError):
    """An array is not a line of ink; the message says where and what was expected."""


def check(line: np.ndarray) -> Rows:
    """Returns ``line`` as float32 ``[T, 3]``; raises `InvalidInk` unless it is one line of ink (see the module)."""
    line = np.asarray(line)
    if line.ndim != 2 or line.shape[1] != 3:
        raise InvalidInk(f"a line has the shape {line.shape}; expected [T, 3] rows of (dx, dy, eos)")
    if len(line) == 0:
        raise InvalidInk("a line has no points; expected at least one")
    if not np.issubdtype(line.dtype, np.number) or np.issubdtype(line.dtype, np.complexfloating):
        raise InvalidInk(f"a line holds {line.dtype}; expected real numbers")
    with np.errstate(over="ignore"):
        rows = line.astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if wrong.size:
        raise InvalidInk(f"row {wrong[0]} of a line is {line[wrong[0]].tolist()}; expected finite float32 numbers")
    eos = line[:, 2]
    wrong = np.flatnonzero((eos != 0) & (eos != 1))
    if wrong.size:
        raise InvalidInk(f"row {wrong[0]} of a line has eos {eos[wrong[0]]:g}; expected 0 or 1")
    if eos[-1] != 1:
        raise InvalidInk("the last row of a line has eos 0; expected 1, since the pen lifts at the end")
    return rows


# Offsets, points, strokes


def to_points(line: Rows) -> np.ndarray:
    """Positions float64 ``[T, 2]`` relative to the origin, from rows ``[T, 3]``."""
    return np.cumsum(np.asarray(line)[:, :2], axis=0, dtype=np.float64)


def from_points(points: np.ndarray, eos: np.ndarray, origin: Sequence[float] = (0.0, 0.0)) -> Rows:
    """Rows float32 ``[T, 3]`` from positions ``[T, 2]`` and pen bits ``[T]``; inverse of `to_points`."""
    points = np.asarray(points, np.float64)
    offsets = np.diff(points, axis=0, prepend=np.asarray(origin, np.float64)[None])
    return np.concatenate([offsets, np.asarray(eos)[:, None]], axis=1).astype(np.float32)


def split(line: Rows) -> list[Stroke]:
    """The line's strokes, in positions relative to the origin. A line that ends pen-down yields its open stroke too."""
    ends = np.flatnonzero(np.asarray(line)[:-1, 2] > 0.5) + 1
    return np.split(to_points(line), ends)


def join(strokes: Sequence[Stroke], origin: Sequence[float] = (0.0, 0.0)) -> Rows:
    """The line float32 ``[T, 3]`` of these strokes (each ``[n, 2]``, n >= 1); inverse of `split`.

    Raises `InvalidInk` without strokes, or for an empty one.
    """
    if not len(strokes):
        raise InvalidInk("a line has no strokes; expected at least one")
    empty = [i for i, stroke in enumerate(strokes) if len(stroke) == 0]
    if empty:
        raise InvalidInk(f"stroke {empty[0]} of {len(strokes)} is empty; expected at least one point in each")
    ends = np.cumsum([len(stroke) for stroke in strokes]) - 1
    eos = np.zeros(ends[-1] + 1)
    eos[ends] = 1
    return from_points(np.concatenate(strokes), eos, origin)


def map_strokes(function: Callable[[Stroke], Stroke], line: Rows) -> Rows:
    """The line with ``function`` applied to the positions of each stroke; the origin stays where it is."""
    return join([function(stroke) for stroke in split(line)])


# Size and place


def bounds(line: Rows) -> tuple[float, float, float, float]:
    """``(left, bottom, right, top)`` of the points, relative to the origin."""
    points = to_points(line)
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    return float(left), float(bottom), float(right), float(top)


def height(line: Rows, low: float = 0.1, high: float = 0.9) -> float:
    """A robust height: between the ``low`` and ``high`` quantiles of y over the inked length.

    Weighting by length makes it independent of how densely the points lie, and quantiles make it independent of a few
    tall loops or a wild jump. Moving a line does not change it; a line twice as large is twice as high. Pen-up
    movements do not count. A line of mere dots, or a flat one, has the height 0.
    """
    strokes = split(line)
    starts = np.concatenate([stroke[:-1] for stroke in strokes])
    steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
    lengths = np.hypot(*steps.T)
    if not lengths.sum() > 0:
        return 0.0
    # Each step between points is cut into pieces of at most a thousandth of the ink, represented by their middles.
    pieces = np.ceil(lengths / lengths.sum() * 1000).astype(int)
    number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    middles = np.repeat(starts[:, 1], pieces) + np.repeat(steps[:, 1] / np.maximum(pieces, 1), pieces) * (number + 0.5)
    weights = np.repeat(lengths / np.maximum(pieces, 1), pieces)
    order = np.argsort(middles, kind="stable")
    share = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    bottom, top = np.interp([low, high], share, middles[order])
    return float(top - bottom)


# Smoothing and resampling of one stroke


def smooth(stroke: Stroke, sigma: float = 1.0) -> Stroke:
    """The stroke ``[n, 2]`` smoothed by a Gaussian of ``sigma`` points; both end points stay.

    The stroke is continued past its ends by reflection through them, so evenly spaced straight ink does not change.
    """
    stroke = np.asarray(stroke, np.float64)
    if len(stroke) < 3 or sigma < 0.1:  # narrower, the neighbours' weights vanish in rounding
        return stroke.copy()
    reach = max(1, int(np.ceil(3 * sigma)))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(stroke, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    smoothed = np.stack([np.convolve(c, weights / weights.sum(), mode="valid") for c in padded.T], axis=1)
    smoothed[[0, -1]] = stroke[[0, -1]]  # exact already, but for rounding
    return smoothed


def arc_length(stroke: Stroke) -> np.ndarray:
    """Length ``[n]`` along the stroke from its start to each of its points."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])


def resample_uniform(stroke: Stroke, spacing: float) -> Stroke:
    """Points at equal distances along the stroke, as near to ``spacing`` as fits; both end points stay.

    A stroke without length becomes its first point.
    """
    _check_positive("spacing", spacing)
    stroke = _without_repeats(stroke)
    return _place_evenly(stroke, arc_length(stroke) / spacing)


def resample_by_curvature(stroke: Stroke, spacing: float, angle: float = 0.5) -> Stroke:
    """Points along the stroke, denser in curves: one each ``spacing`` of length, plus one each ``angle`` of turn.

    Straight parts get points ``spacing`` apart; a full circle gets 2 pi / ``angle`` points (radians) on top of those
    for its length. Both end points stay. Turns are measured at the given points: smooth noisy ink and
    `resample_uniform` it finely before, else jitter counts as turning.
    """
    _check_positive("spacing", spacing)
    _check_positive("angle", angle)
    stroke = _without_repeats(stroke)
    if len(stroke) < 3:
        return _place_evenly(stroke, arc_length(stroke) / spacing)
    direction = np.arctan2(*np.diff(stroke, axis=0).T[::-1])
    turn = np.abs((np.diff(direction) + np.pi) % (2 * np.pi) - np.pi)
    turning = np.zeros(len(stroke) - 1)  # a turn belongs half to the segment before it, half to the one after
    turning[:-1] += turn / 2
    turning[1:] += turn / 2
    return _place_evenly(stroke, arc_length(stroke) / spacing + np.concatenate([[0.0], np.cumsum(turning)]) / angle)


def _place_evenly(stroke: Stroke, measure: np.ndarray) -> Stroke:
    """Points at equal steps (of about 1) of ``measure`` ``[n]``, which grows along the stroke from 0."""
    if len(stroke) < 2:
        return stroke.copy()
    wanted = np.linspace(0.0, measure[-1], max(1, int(round(measure[-1]))) + 1)
    placed = np.stack([np.interp(wanted, measure, c) for c in stroke.T], axis=1)
    placed[[0, -1]] = stroke[[0, -1]]
    return placed


def _without_repeats(stroke: Stroke) -> Stroke:
    stroke = np.asarray(stroke, np.float64)
    moved = np.concatenate([[True], np.hypot(*np.diff(stroke, axis=0).T) > 0])
    return stroke[moved]


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} is {value}; expected a positive number")


# Rests


def add_rests(line: Rows, gap: float = 0.5) -> Rows:
    """The line ``[T + 2, 3]`` between two pen-up rows: one at the origin, one ``gap`` right of the ink on the baseline.

    Needs a line whose origin lies on the baseline.
    """
    points = to_points(line)
    first = [0.0, 0.0, 1.0]
    last = [points[:, 0].max() + gap - points[-1, 0], -points[-1, 1], 1.0]
    return np.concatenate([[first], line, [last]]).astype(np.float32)


# The network's units


def normalise(line: Rows, mean: np.ndarray, std: np.ndarray) -> Rows:
    """Rows ``[..., 3]`` with offsets ``((dx, dy) - mean) / std``; eos untouched. ``mean`` and ``std`` are ``[2]``."""
    line = np.asarray(line, np.float32)
    offsets = (line[..., :2] - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return np.concatenate([offsets, line[..., 2:]], axis=-1)


def denormalise(rows: Rows, mean: np.ndarray, std: np.ndarray) -> Rows:
    """Inverse of `normalise`."""
    rows = np.asarray(rows, np.float32)
    offsets = rows[..., :2] * np.asarray(std, np.float32) + np.asarray(mean, np.float32)
    return np.concatenate([offsets, rows[..., 2:]], axis=-1)

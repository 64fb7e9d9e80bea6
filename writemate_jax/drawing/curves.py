"""Smooth curves through the points of a stroke.

The networks place few points, about ten a character: chords between them look jagged.
"""

from __future__ import annotations

import numpy as np

SAMPLES = 6  # of a segment, where a curve is fitted to it
LONGEST = 200  # segments that a curve is fitted to at once: the work grows with the square; no letter has as many


def moved(points: np.ndarray) -> np.ndarray:
    """Which points are not the one before again, bool [n]: those that `bezier` passes."""
    return np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])


def bezier(points: np.ndarray) -> np.ndarray:
    """The centripetal Catmull-Rom spline through ``points`` ``[n, 2]``: cubic Bezier segments ``[m, 4, 2]``.

    Each segment is (from, control, control, to). Repeated points are passed once, so m <= n - 1; a single
    place yields no segment. Knots at the square root of the chords keep a segment free of cusps and loops,
    however unevenly the points lie (Yuksel et al., "On the Parameterization of Catmull-Rom Curves", 2009).
    """
    points = np.asarray(points, np.float64)
    points = points[moved(points)]
    chords = np.diff(points, axis=0)
    if len(chords) == 0:
        return np.empty((0, 4, 2))
    step = np.sqrt(np.hypot(*chords.T))[:, None]  # knot interval of each segment
    slope = chords / step
    velocity = np.concatenate([slope[:1], slope[:-1], slope[-1:]])
    if len(chords) > 1:
        velocity[1:-1] += slope[1:] - (points[2:] - points[:-2]) / (step[:-1] + step[1:])
    start, end = points[:-1], points[1:]
    return np.stack([start, start + velocity[:-1] * step / 3, end - velocity[1:] * step / 3, end], axis=1)


def flatten(segments: np.ndarray, pieces: int = 8) -> np.ndarray:
    """Points ``[m * pieces + 1, 2]`` along Bezier segments ``[m, 4, 2]``, m >= 1, ``pieces`` chords each."""
    t = np.linspace(0.0, 1.0, pieces + 1)[1:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    return np.concatenate([segments[0, :1], (weights @ segments).reshape(-1, 2)])


def fit(points: np.ndarray, tolerance: float) -> tuple[np.ndarray, float]:
    """Few cubic Bezier segments ``[m, 4, 2]`` near `bezier` of ``points`` ``[n, 2]``, and how far off they are at most.

    The distance is measured along the whole curve, not at the points alone, and is at most ``tolerance`` (in the
    points' unit). The curve is FITPACK's smoothing spline (Dierckx 1993), so that its bends are even, too; where that
    needs no fewer segments, `bezier` itself is the answer, at the distance 0. Of very long strokes parts are fitted.
    """
    exact = bezier(points)
    parts = [_fit(exact[i : i + LONGEST], tolerance) for i in range(0, max(len(exact), 1), LONGEST)]
    return np.concatenate([segments for segments, _ in parts]), max(off for _, off in parts)


def _fit(exact: np.ndarray, tolerance: float) -> tuple[np.ndarray, float]:
    """`fit` to Bezier segments ``[m, 4, 2]``."""
    if len(exact) < 4 or not tolerance > 0:
        return exact, 0.0
    from scipy.interpolate import BSpline, splprep

    dense = flatten(exact, SAMPLES)
    weights = np.ones(len(dense))
    weights[[0, -1]] = 1000.0  # the pen touches down and lifts where it did
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(dense, axis=0).T))])
    if along[-1] < tolerance:
        return exact, 0.0
    squares = len(dense) * (tolerance / 2) ** 2
    for _ in range(5):
        (t, c, k), _ = splprep(dense.T, w=weights, u=along / along[-1], s=squares, quiet=2)
        spline = BSpline(t, np.transpose(c), k)
        knots = np.unique(spline.t)
        if len(knots) > len(exact):
            break
        # A cubic is known by its places and velocities at both ends.
        place, velocity, step = spline(knots), spline(knots, nu=1), np.diff(knots)[:, None] / 3
        start, end = place[:-1], place[1:]
        segments = np.stack([start, start + velocity[:-1] * step, end - velocity[1:] * step, end], axis=1)
        segments[0, 0], segments[-1, 3] = dense[0], dense[-1]
        off = float(np.hypot(*(_at(segments, knots, along / along[-1]) - dense).T).max())
        if off <= tolerance:
            return segments, off
        squares /= 3
    return exact, 0.0


def _at(segments: np.ndarray, knots: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Places ``[n, 2]`` on segments that join at ``knots`` ``[m + 1]``."""
    number = np.clip(np.searchsorted(knots, where, side="right") - 1, 0, len(segments) - 1)
    t = ((where - knots[number]) / (knots[number + 1] - knots[number]))[:, None]
    a, b, c, d = segments[number].transpose(1, 0, 2)
    return (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d

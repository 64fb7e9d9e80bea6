"""Smooth curves through the points of a stroke.

The networks place few points, about ten a character: chords between them look jagged.
"""

from __future__ import annotations

import numpy as np


def bezier(points: np.ndarray) -> np.ndarray:
    """The centripetal Catmull-Rom spline through ``points`` ``[n, 2]``: cubic Bezier segments ``[m, 4, 2]``.

    Each segment is (from, control, control, to). Repeated points are passed once, so m <= n - 1; a single
    place yields no segment. Knots at the square root of the chords keep a segment free of cusps and loops,
    however unevenly the points lie (Yuksel et al., "On the Parameterization of Catmull-Rom Curves", 2009).
    """
    points = np.asarray(points, np.float64)
    points = points[np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])]
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

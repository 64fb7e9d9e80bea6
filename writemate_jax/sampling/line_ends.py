"""Strokes at the ends of a written line that are none of it: the primer's last ones, a full stop that is not asked for.

A full stop: lines that end with one are common, and a hand that was learned from such lines puts it everywhere. Of real
lines that end with a letter or a digit one in 600 seems to have it.
"""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.sampling.lanes import Ended

STOP, APART = 0.35, 0.05  # x-heights: the largest full stop, and its least distance


def without_primer(ended: Ended, read: int) -> Ended:
    """The line without the strokes in front that are still the primer's.

    What the primer's text says and its ink lacks, as a full stop, the network writes first. Such a stroke begins while
    the window reads the primer's text, and ends before it reads the line's.

    Args:
      ended: of offsets whose mean is 0.
      read: characters before the line's first: the primer's text and a space.
    """
    place = ended.place - read
    first = 0
    for end in np.flatnonzero(ended.points[:, 2] > 0.5) + 1:
        if place[first] >= -1 or place[first:end].max() >= 0:  # -1: the space
            break
        first = end
    if first in (0, len(place)):  # nothing to take away, or all
        return ended
    left = _rows(ended, slice(first, None))
    points = left.points.copy()
    points[0, :2] = ended.points[: first + 1, :2].sum(axis=0)
    return left._replace(points=points)


def without_stop(ended: Ended, text: str, x_height: float) -> Ended:
    """The line without a full stop behind a text that ends with a letter or a digit.

    That is a last stroke that is small, low, and to the right of all others.

    Args:
      ended: see above.
      text: of the line, without a primer's.
      x_height: of the offsets.
    """
    ends = np.flatnonzero(ended.points[:-1, 2] > 0.5)
    if not text[-1].isalnum() or not len(ends):
        return ended
    points = strokes.to_points(ended.points) / x_height
    others, last = np.split(points, [ends[-1] + 1])
    if (np.ptp(last, axis=0) < STOP).all() and last[:, 0].min() > others[:, 0].max() + APART \
            and last[:, 1].max() < np.median(others[:, 1]):  # fmt: skip
        return _rows(ended, slice(ends[-1] + 1))
    return ended


def _rows(ended: Ended, part: slice) -> Ended:
    phi, kappa = (None if one is None else one[part] for one in (ended.phi, ended.kappa))
    return ended._replace(points=ended.points[part], place=ended.place[part], phi=phi, kappa=kappa)

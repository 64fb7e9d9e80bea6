"""The seam between a primer and the line that is written behind it."""

from __future__ import annotations

import numpy as np

from writemate_jax.sampling.lanes import Ended


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
    points = ended.points[first:].copy()
    points[0, :2] = ended.points[: first + 1, :2].sum(axis=0)
    phi, kappa = (None if one is None else one[first:] for one in (ended.phi, ended.kappa))
    return ended._replace(points=points, place=ended.place[first:], phi=phi, kappa=kappa)

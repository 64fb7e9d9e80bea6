"""A line to write, what it begins with, and the sizes of the arrays that both are computed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.strokes import Rows, to_points

# Arrays come in these sizes alone, so that few programs are compiled. The window costs little beside the layers, and a
# short text loses little in a large array.
TEXT_CAPACITIES = (64, 2 * MAX_CHARACTERS + 2)  # a primer's text, a space, a line's and its end
PRIMER_CAPACITIES = (512, 1024, 2048, 4096)  # what is not filled costs nothing


class Primer(NamedTuple):
    """How a line begins.

    prefix: text of the primer and a space. start: [3] first input, normalised. forced: [p, 3], normalised and padded,
    `length` of them real. lead: [0 or 1, 3] rows of ink that are there before any is drawn. end: [2], position of the
    primer's last point. trait: of the hand (`hands.resemblance`), None where that is not known. own: whether the hand
    is the user's, none of the package's.
    """

    prefix: str
    start: np.ndarray
    forced: np.ndarray
    length: int
    lead: np.ndarray
    end: np.ndarray
    trait: np.ndarray | None = None
    own: bool = False


class Line(NamedTuple):
    """One line to write: behind a primer, in a style ([s], or longer, see `Network.style_gates`), of at most `limit`
    points.
    """

    primer: Primer
    text: str
    style: np.ndarray
    seed: int
    bias: float
    limit: int

    @property
    def whole_text(self) -> str:
        """The text that the window reads: the primer's, too."""
        return self.primer.prefix + self.text


def capacity_of(line: Line) -> int:
    """The text capacity that a line is computed with."""
    return fitting(len(line.whole_text) + 1, TEXT_CAPACITIES)


def room_for(points: int) -> int:
    """Points that a primer of so many is padded to."""
    return fitting(points, PRIMER_CAPACITIES)


def fitting(size: int, capacities: Sequence[int]) -> int:
    """The least of some ascending capacities that the size fits in."""
    return next(capacity for capacity in capacities if capacity >= size)


def from_own_origin(rows: Rows, end: np.ndarray, on_baseline: bool) -> Rows:
    """Rows [n, 3] with row 0, an offset from the primer's last point `end` [2], made one from the line's own origin.

    That is the left edge of the new ink on the primer's baseline where this is known, and else the first new point.
    """
    rows = rows.copy()
    first = np.zeros(2)
    if on_baseline:
        points = to_points(rows) + end
        first = points[0] - [points[:, 0].min(), 0.0]
    rows[0, :2] = first
    return rows

"""The best of several candidates for one text, by how the window read the text while each was written.

A letter that was passed over has no points, a loop or a stray stroke has many. So the candidates are compared with each
other: one that draws, for some character, clearly more points than the others do has gone wrong there. Likelihood does
not help: what the network finds likely is long and smooth, and choosing by it was worse than choosing by chance
(docs/experiments.md has the figures).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST = 45  # points for one character; more is a loop


class Draft(NamedTuple):
    """What is known of a candidate.

    complete: it ended by itself. points: int [U + 1], points drawn while the window read each character and past them.
    """

    complete: bool
    points: np.ndarray


def points_of(place: np.ndarray, length: int) -> np.ndarray:
    """How many points were drawn at each of the U + 1 places of a text: of place [T], the one read at each point."""
    return np.bincount(np.clip(place, 0, length), minlength=length + 1)


def passes(draft: Draft, text: str) -> bool:
    """Whether a candidate ended by itself and each character but spaces was attended, none in a loop."""
    points = draft.points[: len(text)]
    letters = np.array([c != " " for c in text])
    return bool(draft.complete and points[letters].all() and (draft.points <= MOST).all())


def excess(drafts: Sequence[Draft]) -> np.ndarray:
    """What each candidate draws beyond the usual: [n], squares of its excess over the median at each character."""
    points = np.array([draft.points for draft in drafts], float)
    usual = np.median(points, axis=0)
    return np.square(np.maximum(points - usual, 0.0) / (2.0 + 0.2 * usual)).sum(axis=1)


def best(drafts: Sequence[Draft], text: str) -> int:
    """The index of the best candidate: one that passes before one that does not, then the least excess."""
    beyond = excess(drafts)
    return min(range(len(drafts)), key=lambda i: (not passes(drafts[i], text), beyond[i], i))


def seeds(seed: int, count: int, attempt: int = 0) -> list[int]:
    """The seeds of a line's candidates; the first of the first attempt is the line's own."""
    drawn = [int(np.random.SeedSequence([seed, attempt, i]).generate_state(1)[0]) for i in range(count)]
    return drawn if attempt else [seed, *drawn[1:]]

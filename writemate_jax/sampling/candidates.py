"""The best of several candidates for one text, by what the network itself knows of them.

While it writes, the network reads its text with the window, and knows how likely each movement is: a letter that was
passed over, or dwelt on, or drawn by unlikely movements, can be told without a recogniser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEAST, MOST = 1, 45  # points that the window reads a character for; more is a loop
WORST = 3  # characters whose likelihood counts, the least likely ones


class Draft(NamedTuple):
    """What is known of a candidate.

    complete: it ended by itself. points: int [U + 1], points drawn while the window read each character, and past the
    end. nll: [U + 1], negative log-likelihood of these, nats.
    """

    complete: bool
    points: np.ndarray
    nll: np.ndarray


def passes(draft: Draft, text: str) -> bool:
    """Whether a candidate ended by itself and each character but spaces was attended, none in a loop."""
    points = draft.points[: len(text)]
    letters = np.array([c != " " for c in text])
    return bool(draft.complete and (points[letters] >= LEAST).all() and (points <= MOST).all())


def cost(draft: Draft) -> float:
    """Nats a point over the line, and in its least likely characters; the lower, the better."""
    drawn = draft.points > 0
    each = draft.nll[drawn] / draft.points[drawn]
    return float(draft.nll.sum() / max(draft.points.sum(), 1) + np.sort(each)[-WORST:].mean())


def best(drafts: Sequence[Draft], text: str) -> int:
    """The index of the best candidate: one that passes before one that does not, then the lower cost."""
    return min(range(len(drafts)), key=lambda i: (not passes(drafts[i], text), cost(drafts[i]), i))


def seeds(seed: int, count: int, attempt: int = 0) -> list[int]:
    """The seeds of a line's candidates; the first of the first attempt is the line's own."""
    drawn = [int(np.random.SeedSequence([seed, attempt, i]).generate_state(1)[0]) for i in range(count)]
    return drawn if attempt else [seed, *drawn[1:]]

"""The best of several candidates for one text, by what a reader makes of each, and by how the window read the text
while it was written.

A letter that was passed over has no points, a loop or a stray stroke has many. So the candidates are compared with each
other: one that draws, for some character, clearly more or fewer points than the others do has gone wrong there. That is
all there is to go by for ink that the reader does not know; where it does, it is worth more (docs/experiments.md).
The writing network's own likelihood does not help: what it finds likely is long and smooth, and choosing by it was
worse than choosing by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax.limits import MAX_CANDIDATES

MOST = 45  # points for one character, where a character has about 10; more is a loop
HAND = 20.0  # times the number of candidates: of many there is one that is both legible and like the hand
READ = 8.0  # times the nats of the reader
TAKEN = 0.07  # nats for each character, at most, with which the reader takes a candidate for its text
MORE, OWN = 4, 8  # times as many candidates, of short texts and in own hands
SHORT = 12  # characters


class Draft(NamedTuple):
    """What is known of a candidate.

    complete: it ended by itself. points, lifts: int [U + 1], points drawn while the window read each character and past
    them, and how many of these lifted the pen. tick: a stray one stands in front (`stray_ticks`). loop: points for one
    character of which more are a loop.
    """

    complete: bool
    points: np.ndarray
    lifts: np.ndarray
    tick: bool = False
    loop: int = MOST


def loop_of(kappa_scale: float) -> int:
    """`Draft.loop` of a network whose window goes so far at a point at first (`model.window.step`): about 1 / (points a
    character), or more where that was not thought of.
    """
    return max(MOST, round(0.1 * MOST / kappa_scale))


def draft(
    complete: bool, place: np.ndarray, eos: np.ndarray, length: int, tick: bool = False, loop: int = MOST
) -> Draft:
    """What is known of a candidate for a text of `length` characters.

    place: [T], the character that was read at each point; eos: [T].
    """
    place = np.clip(place, 0, length)
    return Draft(
        complete,
        np.bincount(place, minlength=length + 1),
        np.bincount(place[eos > 0.5], minlength=length + 1),
        tick,
        loop,
    )


def passes(draft: Draft, text: str) -> bool:
    """Whether a candidate ended by itself, has no tick, and each character but spaces was attended, none in a loop."""
    points = draft.points[: len(text)]
    letters = np.array([c != " " for c in text])
    return bool(draft.complete and not draft.tick and points[letters].all() and (draft.points <= draft.loop).all())


def faults(
    drafts: Sequence[Draft], text: str, unread: Sequence[float] | None = None, own: bool = False
) -> list[int]:
    """What is wrong with each candidate: 2, it does not pass; 1, in an own hand, it does not say its text; 0, nothing.

    unread: how unlikely each says the text, in nats (`reading`), where that is known.
    """
    unsaid = ~(np.asarray(unread) <= TAKEN * len(text)) if own and unread is not None else np.zeros(len(drafts))
    return [int(one) if passes(draft, text) else 2 for draft, one in zip(drafts, unsaid, strict=True)]


def oddity(drafts: Sequence[Draft]) -> np.ndarray:
    """How far each candidate is from the usual: [n].

    At each character, the square of how far its points are from the candidates' median, and half the square of the
    strokes that it lacks: the dot of an i is few points, but a stroke.
    """
    points = np.array([draft.points for draft in drafts], float)
    lifts = np.array([draft.lifts for draft in drafts], float)
    usual = np.median(points, axis=0)
    away = (points - usual) / (2.0 + 0.2 * usual)
    lacking = np.maximum(np.median(lifts, axis=0) - lifts, 0.0)
    return (np.square(away) + 0.5 * np.square(lacking)).sum(axis=1)


def best(
    drafts: Sequence[Draft],
    text: str,
    unlike: Sequence[float] | None = None,
    unread: Sequence[float] | None = None,
    own: bool = False,
) -> int:
    """The index of the best candidate: of those with the least of `faults` the least odd.

    unlike: how far each is from a hand that is wanted (`resemblance`), which counts `HAND` times for each candidate.
    unread: how unlikely each says the text, in nats (`reading`), which count `READ` times.
    own: they are in an own hand, whose likeness outweighs no text.
    """
    odd = oddity(drafts)
    if unlike is not None:
        odd = odd + HAND * len(drafts) * np.asarray(unlike)
    if unread is not None:
        odd = odd + READ * np.asarray(unread)
    odd = np.where(np.isfinite(odd), odd, np.inf)  # to no number whatever can be compared
    wrong = faults(drafts, text, unread, own)
    return min(range(len(drafts)), key=lambda i: (wrong[i], odd[i], i))


def usual(count: int, text: str, own: bool = False) -> int:
    """How many candidates of a text are written where the network's default is `count` and nobody says otherwise.

    One wrong letter spoils a short text, and to write it a few times more costs little. An own hand is one that the
    network was not trained in: candidates are less like it and less like each other, so that there is more to choose.
    """
    if count == 1:
        return count
    return min(MAX_CANDIDATES, count * (OWN if own else MORE if len(text) <= SHORT else 1))


def seeds(seed: int, count: int, attempt: int = 0) -> list[int]:
    """The seeds of a line's candidates; the first of the first attempt is the line's own."""
    drawn = [int(np.random.SeedSequence([seed, attempt, i]).generate_state(1)[0]) for i in range(count)]
    return drawn if attempt else [seed, *drawn[1:]]

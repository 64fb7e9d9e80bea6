"""Held-out writers' lines in three parts: to copy a hand from, to know it by, and to test with.

The open corpus sets words and characters beside each other, the same ones in several lines. A line that is tested must
not hold ink of the other parts: knowing a piece of ink again is not knowing a hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from writemate_jax import strokes
from writemate_jax.data.corpus import Corpus
from writemate_jax.strokes import Rows

GIVEN, KNOWN, TESTED = 10, 16, 6  # lines of a writer, at most
FEWEST = (5, 3, 3)
CHARACTERS = (6, 32)  # of a line; less says little about a hand
PIECE = 6  # points: shorter strokes are alike by chance
COVER = 0.2  # of a tested line's ink, at most, may be in the other parts
SAME = 2.5  # grid steps between points of strokes that are one piece of ink, set in other places and rounded again


@dataclass(frozen=True)
class HeldOut:
    """Lines of one writer, as indices of a corpus: `given` to copy the hand from, `known` to know it by, `tested`."""

    writer: str
    given: tuple[int, ...]
    known: tuple[int, ...]
    tested: tuple[int, ...]


def held_out(corpus: Corpus, indices: Sequence[int], alphabet: str, *, seed: int = 0) -> list[HeldOut]:
    """The writers of these lines who have enough of them, in the order of names.

    alphabet: characters that the network can write; lines with others are left out.
    """
    of_writer: dict[str, list[int]] = {}
    for i in map(int, indices):
        text = corpus.text(i)
        if CHARACTERS[0] <= len(text.replace(" ", "")) and len(text) <= CHARACTERS[1] and set(text) <= set(alphabet):
            of_writer.setdefault(corpus.writer(i), []).append(i)
    rng = np.random.default_rng(seed)
    parts = [_parts(corpus, writer, rng.permutation(own).tolist()) for writer, own in sorted(of_writer.items())]
    return [
        part
        for part in parts
        if all(len(own) >= fewest for own, fewest in zip((part.given, part.known, part.tested), FEWEST, strict=True))
    ]


def _parts(corpus: Corpus, writer: str, lines: list[int]) -> HeldOut:
    """The parts of one writer's lines, in this order but for the first choice: lines of the rarest ink are tested."""
    pieces = dict(zip(lines, _pieces([corpus.strokes(i) for i in lines], corpus.quantum), strict=True))

    def cover(i: int, others: Sequence[int]) -> float:
        """The share of line i's ink that is in the others, too."""
        theirs = set().union(*(pieces[j] for j in others))
        return sum(n for piece, n in pieces[i].items() if piece in theirs) / max(1, sum(pieces[i].values()))

    usual = {i: np.mean([cover(i, [j]) for j in lines if j != i]) for i in lines} if len(lines) > 1 else {}
    tested = sorted(usual, key=usual.get)[: min(TESTED, max(FEWEST[1], len(lines) // 8))]
    rest: list[int] = []
    for j in lines:
        if j not in tested and all(cover(i, [*rest, j]) <= COVER for i in tested):
            rest.append(j)
    given = rest[: min(GIVEN, max(FEWEST[0], len(rest) // 2))]
    return HeldOut(writer, tuple(given), tuple(rest[len(given) :][:KNOWN]), tuple(tested))


def _pieces(lines: Sequence[Rows], quantum: float) -> list[dict[int, int]]:
    """For each line its pieces of ink and their points; the same piece has the same number in every line."""
    known: dict[int, list[tuple[int, np.ndarray]]] = {}  # by points: number and offsets in grid steps
    found, count = [], 0
    for line in lines:
        own: dict[int, int] = {}
        for stroke in strokes.split(line):
            if len(stroke) < PIECE:
                continue
            shape = np.diff(stroke, axis=0) / quantum
            alike = known.setdefault(len(stroke), [])
            number = next((n for n, other in alike if np.abs(other - shape).max() <= SAME), None)
            if number is None:
                number, count = count, count + 1
                alike.append((number, shape))
            own[number] = len(stroke)
        found.append(own)
    return found

"""Which real lines the figures show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.data import own_ink
from writemate_jax.data.corpus import Corpus
from writemate_jax.strokes import Rows

PROSE = 0.85  # of the characters, at least, are lower-case letters and spaces
MOST_POINTS = 1_500  # 4,096 is the most that a primer may have


class RealLine(NamedTuple):
    """Ink float32 [T, 3] in the corpus' unit, what it says and who wrote it."""

    strokes: Rows
    text: str
    writer: str


def choose(
    corpus: Corpus, indices: Sequence[int], model: Model, characters: tuple[int, int], count: int, *, seed: int = 0,
    primers: bool = False,
) -> list[RealLine]:  # fmt: skip
    """Lines of as many writers, drawn by the seed: of two words or more, without capitals but for the first
    letter, all of their characters in the alphabet.

    characters: fewest and most of a line. primers: whether the network must be able to go on from them. There are fewer
    than ``count`` where fewer writers have such a line.
    """
    chosen: dict[str, RealLine] = {}
    for i in np.random.default_rng(seed).permutation(np.asarray(indices)):
        if len(chosen) == count:
            break
        line = RealLine(corpus.strokes(i), corpus.text(i), corpus.writer(i))
        if line.writer not in chosen and _suits(line, characters, model) and not (primers and _unfit(line, model)):
            chosen[line.writer] = line
    return list(chosen.values())


def _suits(line: RealLine, characters: tuple[int, int], model: Model) -> bool:
    fewest, most = characters
    return (
        fewest <= len(line.text) <= most
        and 1 < len(line.strokes) <= MOST_POINTS
        and " " in line.text.strip()
        and line.text[1:].islower()
        and sum(c.islower() or c == " " for c in line.text) >= PROSE * len(line.text)
        and set(line.text) <= set(model.alphabet.characters)
    )


def _unfit(line: RealLine, model: Model) -> bool:
    """Whether a network of lines between rests in x-heights cannot read the line's size, or must cut it."""
    if not model.sized:
        return False
    try:
        return own_ink.primer(line.strokes, line.text)[1] != line.text
    except own_ink.UnfitInk:
        return True

"""Human-likeness: what a network writes beside real ink of the same texts, at several biases.

Three views: `distances` in single measures of a hand, a `two_sample` test by a small network, and the `diversity` of
seeds. Free-running ink is judged: a line is written with its own seed, the network has seen none of the
writers, as far as their names tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from writemate_jax.data.corpus import Corpus
from writemate_jax.evaluation import diversity, features
from writemate_jax.evaluation.conventions import conventional
from writemate_jax.evaluation.distances import Distance, between_halves, distances
from writemate_jax.evaluation.diversity import Spread
from writemate_jax.evaluation.features import Values
from writemate_jax.evaluation.two_sample import Labelled, TwoSample, disturb, pair, two_sample, writers_apart
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.writer import Writer
from writemate_jax.strokes import Rows


@dataclass(frozen=True, eq=False)
class Real:
    """Real lines under the written ones' conventions; all of them the network can write.

    lines: [T, 3] each, in x-heights. quantum, x_height: of the corpus, in its unit.
    """

    lines: list[Rows]
    texts: list[str]
    writers: list[str]
    quantum: float
    x_height: float

    @cached_property
    def described(self) -> list[dict[str, Values]]:
        """The measures of each line."""
        return _describe(self.lines, self.texts)

    @cached_property
    def halves(self) -> dict[str, np.ndarray]:
        """How far halves of the writers are from each other."""
        return between_halves(self.described, self.writers)


@dataclass(frozen=True, eq=False)
class Likeness:
    """Of one bias. complete: share of the lines that ended by themselves. overall_spread: the mean ratio of spreads."""

    distances: dict[str, Distance]
    two_sample: TwoSample
    spreads: dict[str, Spread]
    overall_spread: float
    complete: float


@dataclass(frozen=True, eq=False)
class Checks:
    """The two-sample test on what it must not find, and on what it must."""

    real_against_real: TwoSample
    real_against_disturbed: TwoSample


def real_lines(corpus: Corpus, indices: Sequence[int], writer: Writer, *, x_height: float = 1.0) -> Real:
    """Those lines of a corpus that the network could be asked for; ``x_height`` in the corpus' unit.

    Raises ValueError for a corpus in another unit than the network's, or without such a line.
    """
    model = writer.model
    if corpus.unit != model.unit:
        raise ValueError(
            f"the corpus is in the unit {corpus.unit!r}, the network knows {model.unit!r}; take a corpus of that unit"
        )
    known = set(model.alphabet.characters)
    usable = [int(i) for i in indices if set(corpus.text(i)) <= known and 1 <= len(corpus.text(i)) <= MAX_CHARACTERS]
    if not usable:
        raise ValueError(f"none of {len(indices)} lines is in the network's alphabet; expected at least one")
    lines = [conventional(corpus.strokes(i), quantum=corpus.quantum, x_height=x_height) for i in usable]
    return Real(
        lines, [corpus.text(i) for i in usable], [corpus.writer(i) for i in usable], corpus.quantum, x_height
    )


def measure(
    writer: Writer,
    real: Real,
    training: Real,
    *,
    bias: float,
    style: str | None = None,
    candidates: int | None = None,
    seed: int = 0,
) -> Likeness:
    """Compares what is written at one bias with ``real`` ink of the same texts, line i with seed + i.

    ``training``: real ink of other writers, for the two-sample test to be trained on. Those texts, and the repeated
    ones of the diversity, are written with larger seeds. Style and candidates as `Writer.write` takes them.
    """
    seeds = itertools.count(seed)

    def write(texts: Sequence[str]) -> tuple[list[Rows], float]:
        """Lines under the real ones' conventions, and the share that ended by themselves."""
        own = list(itertools.islice(seeds, len(texts)))
        written = writer.write(texts, bias=bias, seed=own, style=style, candidates=candidates)
        lines = [conventional(line.strokes, quantum=real.quantum, x_height=real.x_height) for line in written]
        return lines, float(np.mean([line.complete for line in written]))

    written, complete = write(real.texts)
    chosen = diversity.choose(real.writers)
    repeated = [real.texts[i] for i in chosen for _ in range(diversity.SEEDS)]
    values = features.means(_describe(write(repeated)[0], repeated))
    spreads = diversity.spreads(
        values.reshape(len(chosen), diversity.SEEDS, -1), features.means([real.described[i] for i in chosen])
    )
    return Likeness(
        distances=distances(_describe(written, real.texts), real.described, real.halves),
        two_sample=two_sample(
            pair(training.lines, write(training.texts)[0], training.writers),
            pair(real.lines, written, real.writers),
            seed=seed,
        ),
        spreads=spreads,
        overall_spread=diversity.overall(spreads),
        complete=complete,
    )


def check(real: Real, training: Real, *, seed: int = 0) -> Checks:
    """Tests the two-sample test, with the same lines as `measure`."""
    rng = np.random.default_rng([seed, 5])

    def forged(part: Real) -> Labelled:
        lines = [disturb(line, rng, quantum=part.quantum / part.x_height) for line in part.lines]
        return pair(part.lines, lines, part.writers)

    def apart(part: Real) -> Labelled:
        return Labelled(part.lines, writers_apart(part.writers, seed=seed), part.writers)

    return Checks(
        real_against_real=two_sample(apart(training), apart(real), seed=seed),
        real_against_disturbed=two_sample(forged(training), forged(real), seed=seed),
    )


def _describe(lines: Sequence[Rows], texts: Sequence[str]) -> list[dict[str, Values]]:
    return [features.describe(line, text) for line, text in zip(lines, texts, strict=True)]

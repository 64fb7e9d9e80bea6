"""Whether seeds differ from each other as people do: the spread over seeds of one text against that over writers.

No text was written by all the real writers, and a text has its own part in every measure (capitals are high, digits
have many lifts). So that part is taken off on both sides: a text's mean over the seeds, measure by measure. What is
left of a written line is how it differs from other seeds of its text; what is left of a real line is how its writer
differs, and what the network gets wrong about that text, which makes the real spread, if anything, too wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from writemate_jax.evaluation.features import MEASURES

LINES_OF_A_WRITER = 2
SEEDS = 8
LEAST = 3  # values that a spread is made of


@dataclass(frozen=True)
class Spread:
    """Standard deviations of one measure, in its unit: over seeds, over writers; and their ratio, 1 for people."""

    seeds: float
    writers: float
    ratio: float


def choose(writers: list[str]) -> np.ndarray:
    """Positions of `LINES_OF_A_WRITER` random lines of every writer, fewer where there are not as many; ascending."""
    rng = np.random.default_rng([0, 4])
    shuffled = rng.permutation(len(writers))
    of_writer: dict[str, list[int]] = {}
    for i in shuffled:
        of_writer.setdefault(writers[i], []).append(int(i))
    return np.sort([i for lines in of_writer.values() for i in lines[:LINES_OF_A_WRITER]])


def spreads(written: np.ndarray, real: np.ndarray) -> dict[str, Spread]:
    """The spread in each measure; NaN where there are too few values.

    Args:
      written: float [texts, seeds, measures], means of lines (`features.means`), NaN where a line has none.
      real: float [texts, measures], of the real line of each text.
    """
    return {name: _spread(written[..., i], real[:, i]) for i, name in enumerate(MEASURES)}


def overall(found: dict[str, Spread]) -> float:
    """The geometric mean of the ratios: halves and doubles cancel. NaN where there is none above 0."""
    ratios = np.array([spread.ratio for spread in found.values()])
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.exp(np.log(ratios).mean())) if len(ratios) else float("nan")


def _spread(written: np.ndarray, real: np.ndarray) -> Spread:
    """Of written ``[texts, seeds]`` and real ``[texts]``."""
    counts = np.isfinite(written).sum(axis=1)
    usable = (counts >= 2) & np.isfinite(real)
    if usable.sum() < LEAST:
        return Spread(float("nan"), float("nan"), float("nan"))
    counts, written, real = counts[usable], written[usable], real[usable]
    average = np.nanmean(written, axis=1)
    over_seeds = float(np.nanvar(written, axis=1, ddof=1).mean())
    # The text's mean is known from a few seeds only: its own error is not the writers' doing.
    over_writers = float(np.var(real - average, ddof=1)) - over_seeds * float((1 / counts).mean())
    seeds, writers = np.sqrt(over_seeds), np.sqrt(max(over_writers, 0.0))
    return Spread(float(seeds), float(writers), float(seeds / writers) if writers > 0 else float("nan"))

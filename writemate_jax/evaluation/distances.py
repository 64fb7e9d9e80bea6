"""How far written ink is from real ink in each measure of a hand, against how far real writers are from each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from writemate_jax.evaluation.features import MEASURES, Values, pool

SPLITS = 20  # random halves of the writers; the yardstick is their mean

Described = Sequence[Mapping[str, Values]]


@dataclass(frozen=True)
class Distance:
    """Of one measure, by the Wasserstein-1 distance, in the measure's unit.

    between: written to real ink, of the same texts. halves: between two halves of the real writers, and so of other
    texts, mean over random halves. ratio: between / halves, which no scale changes; 1 is as far as such halves are
    apart, and two sets of as many writers as there are in all would be nearer, about 0.7 by their number alone. floor:
    the ratio of real ink that is exceeded in one half of twenty (the 95th percentile over the mean). written, real:
    means.
    """

    between: float
    halves: float
    ratio: float
    floor: float
    written: float
    real: float


def between_halves(real: Described, writers: Sequence[str]) -> dict[str, np.ndarray]:
    """The yardstick: the distance between both halves of the writers, for each measure and each of `SPLITS` halves.

    ``writers`` of the lines. NaN where a half has no value. Raises ValueError for fewer than two writers.
    """
    halves = halve(writers, SPLITS)
    return {name: np.array([_apart(real, first, name) for first in halves]) for name in MEASURES}


def distances(written: Described, real: Described, halves: Mapping[str, np.ndarray]) -> dict[str, Distance]:
    """The distance in each measure; ``halves`` as `between_halves` gives them for the real ink.

    Both sides should write the same texts. NaN where a side has no value.
    """
    return {name: _distance(pool(written, name), pool(real, name), halves[name]) for name in MEASURES}


def halve(writers: Sequence[str], count: int, *, seed: int = 0) -> list[np.ndarray]:
    """Random halves of the writers, as a mask bool ``[lines]`` each: a writer's lines all in it, or none."""
    names, whose = np.unique(np.asarray(writers), return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"{len(names)} writers of real ink; expected at least 2, to compare them with each other")
    rng = np.random.default_rng([seed, len(names)])
    return [(rng.permutation(len(names)) < len(names) // 2)[whose] for _ in range(count)]


def wasserstein(a: Values, b: Values) -> float:
    """Mean way between two weighted samples when one is moved into the other; NaN where one is empty."""
    from scipy.stats import wasserstein_distance

    if not len(a.values) or not len(b.values):
        return float("nan")
    return float(wasserstein_distance(a.values, b.values, a.weights, b.weights))


def _apart(lines: Described, first: np.ndarray, name: str) -> float:
    sides = ([lines[i] for i in np.flatnonzero(side)] for side in (first, ~first))
    return wasserstein(*(pool(side, name) for side in sides))


def _distance(written: Values, real: Values, halves: np.ndarray) -> Distance:
    between = wasserstein(written, real)
    halves = halves[np.isfinite(halves)]
    usual = float(halves.mean()) if len(halves) else 0.0
    if not usual > 0:
        return Distance(between, float("nan"), float("nan"), float("nan"), _mean(written), _mean(real))
    return Distance(
        between=between,
        halves=usual,
        ratio=between / usual,
        floor=float(np.quantile(halves, 0.95)) / usual,
        written=_mean(written),
        real=_mean(real),
    )


def _mean(pooled: Values) -> float:
    return float(np.average(pooled.values, weights=pooled.weights)) if len(pooled.values) else float("nan")

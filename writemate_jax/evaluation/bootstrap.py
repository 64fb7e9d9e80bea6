"""Intervals of rates by resampling lines (Efron 1979)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    low: float
    high: float


def ratio_interval(numerators: np.ndarray, denominators: np.ndarray, *, draws: int = 2_000, seed: int = 0) -> Interval:
    """95% percentile interval of sum(numerators) / sum(denominators), both ``[n]`` with n >= 1, one entry a line.

    Whole lines are drawn, since errors within a line hang together; a draw whose denominators are all 0 has no ratio
    and is left out, and if all are, the interval is NaN. Raises ValueError without lines.
    """
    numerators, denominators = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    if numerators.shape != denominators.shape or numerators.ndim != 1 or not len(numerators):
        raise ValueError(f"shapes {numerators.shape} and {denominators.shape}; expected one pair for each line")
    chosen = np.random.default_rng(seed).integers(len(numerators), size=(draws, len(numerators)))
    above, below = numerators[chosen].sum(axis=1), denominators[chosen].sum(axis=1)
    ratios = above[below != 0] / below[below != 0]
    return Interval(*map(float, np.quantile(ratios, [0.025, 0.975]))) if len(ratios) else Interval(np.nan, np.nan)

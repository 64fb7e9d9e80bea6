"""What is asked for, checked."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from writemate_jax.limits import LARGEST_BIAS, LARGEST_SEED


class InvalidRequest(ValueError):
    """What was asked for cannot be written; the message says why and what to do."""


def biases_of(bias: float | Sequence[float], count: int) -> list[float]:
    """A bias for each of so many lines. Raises `InvalidRequest`."""
    try:
        biases = np.asarray(bias, np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidRequest(f"bias is {bias!r}; expected a number, or one for each line") from error
    if biases.ndim and biases.shape != (count,):
        raise InvalidRequest(f"bias has the shape {biases.shape}; expected a number, or {count}, one for each line")
    wrong = biases[~((biases >= 0) & (biases <= LARGEST_BIAS))]
    if wrong.size:
        raise InvalidRequest(f"bias is {wrong.flat[0]:g}; expected a number from 0 up to {LARGEST_BIAS:g}")
    return np.broadcast_to(biases, (count,)).tolist()


def seeds_of(seed: int | Sequence[int], count: int) -> list[int]:
    """A seed for each of so many lines. Raises `InvalidRequest`."""
    try:
        seeds = [operator.index(s) for s in seed] if np.ndim(seed) else [operator.index(seed)] * count
    except TypeError as error:
        raise InvalidRequest(f"seed is {seed!r}; expected a whole number, or one for each line") from error
    if len(seeds) != count:
        raise InvalidRequest(f"{len(seeds)} seeds for {count} lines; expected a number, or one for each line")
    for s in seeds:
        if not 0 <= s <= LARGEST_SEED:
            raise InvalidRequest(f"seed is {s}; expected 0 to {LARGEST_SEED}")
    return seeds

"""What each line of a set is: a pure function of the set's options and the line's number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from writemate_jax.dataset import picture
from writemate_jax.dataset.picture import Look
from writemate_jax.limits import LARGEST_BIAS, LARGEST_SEED, MAX_CANDIDATES


@dataclass(frozen=True)
class Recipe:
    """The options of a set.

    num: lines. seed: of all that is random. shard_size: lines of a shard. bias: the lowest and the highest; each line
    has one between. style: "all" for a writer of the training at random, "random" for one of those that are read well,
    several names with commas for one of these at random, or one style for all lines, as `Writer.write` takes it.
    candidates: of each line, the best kept. height: of the pictures, pixels. images, strokes: what is stored beside the
    text and what is known of the line.
    """

    num: int
    seed: int = 0
    shard_size: int = 1_000
    bias: tuple[float, float] = (0.0, 1.0)
    style: str = "all"
    candidates: int = 1
    height: int = 64
    images: bool = True
    strokes: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError for options that no set can have."""
        for name, low, high in (
            ("num", 1, 10**9), ("seed", 0, LARGEST_SEED), ("shard_size", 1, 10**5), ("candidates", 1, MAX_CANDIDATES),
            ("height", *picture.HEIGHTS),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; expected {low:,} to {high:,}")
        if not 0 <= self.bias[0] <= self.bias[1] <= LARGEST_BIAS:
            known = f"from 0 to {LARGEST_BIAS:g}, the lower one first"
            raise ValueError(f"bias is {self.bias}; expected two numbers {known}")
        if not (self.images or self.strokes):
            raise ValueError("neither images nor strokes are to be stored; keep one of them")

    @property
    def shards(self) -> int:
        return -(-self.num // self.shard_size)

    def lines(self, shard: int) -> range:
        """The numbers of a shard's lines."""
        return range(shard * self.shard_size, min((shard + 1) * self.shard_size, self.num))


class Plan(NamedTuple):
    """What a line is. seed: of its ink. grain: of its paper's, for `picture.picture`."""

    number: int
    text: str
    style: str
    bias: float
    seed: int
    look: Look
    grain: tuple[int, ...]


def plan(recipe: Recipe, texts: Sequence[str], styles: Sequence[str], number: int) -> Plan:
    """The line of that number; every text is written as often as any other, in an order that the seed draws."""
    rng = np.random.default_rng([recipe.seed, number])
    round_, place = divmod(number, len(texts))
    return Plan(
        number=number,
        text=texts[_order(recipe.seed, round_, len(texts))[place]],
        style=styles[rng.integers(len(styles))],
        bias=round(float(rng.uniform(*recipe.bias)), 3),
        seed=int(rng.integers(2**32)),
        look=picture.draw(rng),
        grain=(recipe.seed, number, 1),
    )


@lru_cache(maxsize=4)
def _order(seed: int, round_: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, round_, 2]).permutation(count)

"""What the small networks that judge ink have in common: convolutions over a window's points, and how they learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


def convolutions(
    rows: jax.Array, lengths: jax.Array, widths: Sequence[int], scale: float
) -> tuple[jax.Array, jax.Array]:
    """Windows [b, width, 3], their offsets scaled, through convolutions of a module that is being set up.

    All but the first halve the points: features [b, t, widths[-1]], and which of them are of the window, bool
    [b, t, 1].
    """
    x, stride = rows * jnp.array([scale, scale, 1.0]), 1

    def there() -> jax.Array:
        return (jnp.arange(x.shape[1]) * stride < lengths[:, None])[..., None]

    for i, width in enumerate(widths):
        x = x * there()  # as if the line stood alone
        x = nn.gelu(nn.LayerNorm()(nn.Conv(width, (5,), strides=(2 if i else 1,))(x)))
        stride *= 2 if i else 1
    return x, there()


def mean(x: jax.Array, there: jax.Array) -> jax.Array:
    """Means [b, d] over the points of x [b, t, d] that are there [b, t, 1]."""
    return (x * there).sum(axis=1) / there.sum(axis=1)


class Fit(NamedTuple):
    """AdamW at a rate that falls to 0 by half a cosine; the share that is done comes with each update."""

    rate: float
    weight_decay: float

    def start(self, parameters: Any) -> optax.OptState:
        return self._optimiser().init(parameters)

    def update(
        self, loss: Callable[[Any], jax.Array], parameters: Any, state: optax.OptState, share_done: jax.Array
    ) -> tuple[Any, optax.OptState]:
        updates, state = self._optimiser().update(jax.grad(loss)(parameters), state, parameters)
        rate = self.rate * (1 + jnp.cos(jnp.pi * share_done)) / 2
        return optax.apply_updates(parameters, jax.tree.map(lambda u: rate * u, updates)), state

    def _optimiser(self) -> optax.GradientTransformation:
        return optax.adamw(1.0, weight_decay=self.weight_decay)

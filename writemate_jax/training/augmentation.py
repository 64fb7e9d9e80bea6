"""What is changed of a line each time that it is learned from: its shape, and whose hand it is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from writemate_jax.data.batches import Batch


def augment(key: jax.Array, batch: Batch, data: ConfigDict, mean: np.ndarray, std: np.ndarray) -> Batch:
    """A small random linear map of each line: slant, size and aspect, by the config's standard deviations.

    It is one of the ink as it was before its normalisation by `mean` and `std`, [2] each. A share of the lines,
    `unknown_hands`, forgets whose hand it is. The draw depends on the key and on the line's id alone, so it is the same
    on any number of devices.
    """
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(batch.ids)
    if data.unknown_hands:
        unknown = jax.vmap(lambda k: jax.random.uniform(jax.random.fold_in(k, 1)))(keys) < data.unknown_hands
        batch = batch._replace(hands=jnp.where(unknown, 0, batch.hands))
    if not (data.slant or data.size or data.aspect):
        return batch
    n = jax.vmap(lambda k: jax.random.normal(k, (3,)))(keys) * jnp.array([data.slant, data.size, data.aspect])
    slant, size, aspect = n[:, 0:1], n[:, 1:2], n[:, 2:3]
    advance = mean / std  # what the normalisation has taken from every offset, in its own unit

    def transform(x):
        dx, dy = x[..., 0] + advance[0], x[..., 1] + advance[1]
        dx = jnp.exp(size + aspect) * (dx + slant * (std[1] / std[0]) * dy)
        return jnp.stack([dx - advance[0], jnp.exp(size) * dy - advance[1], x[..., 2]], axis=-1)

    return batch._replace(inputs=transform(batch.inputs), targets=transform(batch.targets))

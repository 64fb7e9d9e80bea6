"""The loss (Graves 2013, eq 26) as sums and counts: means stay right for padding, ragged batches and devices."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from writemate_jax.model import mdn
from writemate_jax.model.networks import Network
from writemate_jax.model.window import Text


class Sums(NamedTuple):
    """Totals over the real points of a batch, float32 scalars; add them up, then divide.

    nll: negative log-likelihood in nats, of normalised offsets. squared_error: of the mixture's mean, normalised
    units. points, lines: how many were counted.
    """

    nll: jax.Array
    squared_error: jax.Array
    points: jax.Array
    lines: jax.Array

    @property
    def per_point(self):
        return self.nll / self.points

    @property
    def per_line(self):
        """The paper's unit: summed over a line, averaged over lines."""
        return self.nll / self.lines

    @property
    def sse(self):
        """Squared error per point, the paper's SSE column."""
        return self.squared_error / self.points


def sums(network: Network, params: dict, batch) -> Sums:
    """Runs the network over a batch and sums its loss.

    Args:
      network: see `Network`.
      params: its weights.
      batch: a `data.batches.Batch` of arrays; rows with `mask` 0 count nothing.
    """
    text = Text(batch.codes, batch.text_length) if network.window else None
    y = network.apply({"params": params}, batch.inputs, text, batch.hands)
    mixture = network.mixture(y, batch.mask)
    nll = -mdn.log_prob(mixture, batch.targets) * batch.mask
    squared = jnp.square(mdn.mean(mixture) - batch.targets[..., :2]).sum(axis=-1) * batch.mask
    lines = (batch.mask.sum(axis=-1) > 0).sum().astype(jnp.float32)
    return Sums(nll.sum(), squared.sum(), batch.mask.sum(), lines)

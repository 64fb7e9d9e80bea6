"""What every run is judged by, whatever its faults: the likelihood of held-out lines, and whether it reads the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from writemate_jax.data.batches import Batch
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network
from writemate_jax.model.window import Text

STATIONS = 21  # of a line, from its first point to its last, at which the window's place is kept
SEEN = 0.01  # the weight of all characters together, below which the window is said to look at nothing


class Reading(NamedTuple):
    """Sums over lines, float64; `course` [STATIONS] of the window's place in shares of the text.

    nats: of the lines with their own text. other: of the same ink with the text of another line. course: at the
    stations. past: points at which the window was behind the text's end. unseen: points at which it looked at
    nothing. points, lines: how many were counted.
    """

    nats: float
    other: float
    course: np.ndarray
    past: float
    unseen: float
    points: float
    lines: float

    @property
    def per_point(self) -> float:
        return self.nats / self.points

    @property
    def worth(self) -> float:
        """Nats a point that the ink is likelier with its own text than with another: 0 where no text is read."""
        return (self.other - self.nats) / self.points


def unroll(network: Network, params: dict, batch: Batch) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Outputs y [t, b, 6m + 1], phi [t, b, u1] and kappa [t, b, k] of a synthesis network."""
    text = Text(batch.codes, batch.text_length)

    def point(carry, x):
        carry, y = network.apply({"params": params}, carry, x, text, method="step")
        return carry, (y, carry.window.phi, carry.window.kappa)

    start = network.initial_carry(batch.inputs.shape[0], batch.codes.shape[1])
    return jax.lax.scan(point, start, jnp.moveaxis(batch.inputs, 1, 0))[1]


def places(phi: jax.Array, kappa: jax.Array, length: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Where the window is, as a share of the text: 0 on the first character, 1 behind the last; and how much it sees.

    The centre of gravity of phi [..., u1], or the mean kappa [..., k] where it looks at nothing. length: [...].
    """
    seen = phi.sum(axis=-1)
    centre = (phi * jnp.arange(1, phi.shape[-1] + 1)).sum(axis=-1) / jnp.maximum(seen, 1e-30)
    place = jnp.where(seen >= SEEN, centre, kappa.mean(axis=-1))
    return jnp.clip((place - 1.0) / jnp.maximum(length, 1), 0.0, 1.0), seen


@partial(jax.jit, static_argnums=(0, 1))
@exact
def line_losses(network: Network, loss: Callable, params: dict, batch: Batch) -> jax.Array:
    """Nats of each line [b], by a loss of mixtures and points."""
    text = Text(batch.codes, batch.text_length) if network.window else None
    y = network.apply({"params": params}, batch.inputs, text)
    # A masked point may be anything, and infinity times zero is not a number.
    return jnp.where(batch.mask > 0, loss(network.mixture(y), batch.targets), 0.0).sum(axis=1)


@partial(jax.jit, static_argnums=(0, 1))
@exact
def _read(network: Network, loss: Callable, params: dict, batch: Batch):
    y, phi, kappa = unroll(network, params, batch)
    nats = loss(network.mixture(jnp.moveaxis(y, 0, 1)), batch.targets)
    place, seen = places(phi, kappa, batch.text_length)
    return jnp.where(batch.mask > 0, nats, 0.0).sum(axis=1), place.T, seen.T


def nats_per_point(network: Network, loss: Callable, params: dict, batches: Iterable[Batch]) -> float:
    """The mean loss of the points of some lines."""
    nats = points = 0.0
    for batch in batches:
        nats += np.asarray(line_losses(network, loss, params, batch), np.float64).sum()
        points += float(batch.mask.sum())
    return nats / points


def read(network: Network, loss: Callable, params: dict, batches: Iterable[Batch]) -> Reading:
    """How likely held-out lines are under a synthesis network, and how it reads them."""
    total = None
    for batch in batches:
        real = np.flatnonzero(batch.ids >= 0)
        nats, place, seen = (np.asarray(x, np.float64)[real] for x in _read(network, loss, params, batch))
        other = np.asarray(line_losses(network, loss, params, _with_other_texts(batch)), np.float64)[real]
        points = batch.mask[real].sum(axis=1).astype(int)
        stations = np.linspace(0, points - 1, STATIONS).round().astype(int)  # [STATIONS, lines]
        there = batch.mask[real] > 0
        reading = Reading(
            nats=nats.sum(),
            other=other.sum(),
            course=place[np.arange(len(real)), stations].sum(axis=1),
            past=float(((place >= 1.0) & there).sum()),
            unseen=float(((seen < SEEN) & there).sum()),
            points=float(points.sum()),
            lines=float(len(real)),
        )
        total = reading if total is None else Reading(*(a + b for a, b in zip(total, reading, strict=True)))
    return total


def _with_other_texts(batch: Batch) -> Batch:
    """Each line with the text of the one before it."""
    real = np.flatnonzero(batch.ids >= 0)
    codes, length = batch.codes.copy(), batch.text_length.copy()
    codes[real], length[real] = batch.codes[np.roll(real, 1)], batch.text_length[np.roll(real, 1)]
    return batch._replace(codes=codes, text_length=length)

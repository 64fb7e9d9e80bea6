"""The training state and the pmapped step that updates it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.struct
import jax
import jax.numpy as jnp
import optax

from writemate_jax import random_keys
from writemate_jax.checkpoints.models import Description
from writemate_jax.data.batches import Batches
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network
from writemate_jax.model.window import Text
from writemate_jax.training import losses, parallel, weight_noise
from writemate_jax.training.augmentation import augment

# The draws of weights have a stream of random numbers of their own: no step has this number.
WEIGHT_STREAM = 2**32 - 1


@flax.struct.dataclass
class TrainState:
    """All that a run needs to go on.

    step: int32, updates made. params: weights, or with adaptive weight noise their `weight_noise.Posterior`.
    average: the moving average of the weights, or of the posterior's means; equal to them where none is kept.
    optimizer: Optax state.
    """

    step: jax.Array
    params: Any
    average: Any
    optimizer: Any


class Metrics(NamedTuple):
    """What a step reports: loss sums over all devices, norms, and how many processes were asked to stop.

    weight_norm: of the updated weights. kl: nats that the weights' posterior costs beside the loss of all training
    data; None without weight noise.
    """

    sums: losses.Sums
    gradient_norm: jax.Array
    weight_norm: jax.Array
    stop: jax.Array
    kl: jax.Array | None = None


def initial_state(
    network: Network, optimizer: optax.GradientTransformation, seed: int, example, deviation: float = 0.0
) -> TrainState:
    """Fresh weights for batches shaped like `example` (only its widths matter).

    A `deviation` above 0 makes of them the means of a posterior: adaptive weight noise.
    """
    text = Text(example.codes[:1], example.text_length[:1]) if network.window else None
    params = network.init(random_keys.key(seed), example.inputs[:1, :2], text, example.hands[:1])["params"]
    average = jax.tree.map(jnp.copy, params)
    if deviation:
        params = weight_noise.around(params, deviation)
    return TrainState(jnp.zeros((), jnp.int32), params, average, optimizer.init(params))


class Units(NamedTuple):
    """How many units of the loss, lines or points, the training data has, and a batch of an epoch in the mean.

    A batch's sum is divided by that mean, not by its own number: batches of about as many points have 24 short lines or
    4 long ones, and by its own number a line in the one would count a sixth of a line in the other.
    """

    data: int
    batch: float

    @classmethod
    def of(cls, batches: Batches, unit: str) -> Units:
        """unit: `optimizer.loss_unit`."""
        data = batches.lines if unit == "line" else batches.points
        return cls(data, data / batches.steps())


def make_train_step(description: Description, optimizer: optax.GradientTransformation, units: Units) -> Callable:
    """Builds `(state, batch, stop) -> (state, Metrics)` over all devices; the state is replicated and donated.

    `description`: of the network, with the run's configuration and the normalisation of its batches.
    `stop` is 1 on the devices of a process that was told to end; all processes see the total at the same step, and so
    leave together. All devices draw the same weights, so that a run does not depend on how many there are.
    """
    config = description.config
    network = description.network().clone(products=config.training.products)
    noisy = config.optimizer.weight_noise > 0

    def update(state: TrainState, batch, stop: jax.Array) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(random_keys.key(config.seed), state.step)
        batch = augment(key, batch, config.data, description.mean, description.std)

        def loss(params):
            sums = losses.sums(network, params, batch)
            return sums.nll, sums

        weights, kl = state.params, None
        if noisy:
            weight_key = jax.random.fold_in(jax.random.fold_in(random_keys.key(config.seed), WEIGHT_STREAM), state.step)
            weights, kl = weight_noise.sample(weight_key, state.params), weight_noise.kl(state.params)
        # The derivative of the *sum* over lines, as the paper's clipping bounds are meant for; it is divided below.
        gradient, sums = jax.grad(loss, has_aux=True)(weights)
        gradient, sums, stop = parallel.total((gradient, sums, stop))
        gradient = jax.tree.map(lambda g: g / units.batch, gradient)
        if noisy:
            gradient = weight_noise.gradient(state.params, gradient, units.batch, units.data)
        updates, optimizer_state = optimizer.update(gradient, state.optimizer, state.params)
        params = optax.apply_updates(state.params, updates)
        average = _average(state.average, weight_noise.weights_of(params), state.step, config.optimizer.average_decay)
        state = TrainState(state.step + 1, params, average, optimizer_state)
        return state, Metrics(sums, optax.tree.norm(gradient), optax.tree.norm(params), stop, kl)

    return parallel.pmap(exact(update), donate_argnums=(0,))


def make_evaluation_step(network: Network) -> Callable:
    """Builds `(params, batch) -> Sums` over all devices."""
    return parallel.pmap(exact(lambda params, batch: parallel.total(losses.sums(network, params, batch))))


def _average(average: Any, params: Any, step: jax.Array, decay: float) -> Any:
    if decay == 0.0:
        return params
    # A short memory at first, so that the average is never mostly the random start.
    decay = jnp.minimum(decay, (1.0 + step) / (10.0 + step))
    return jax.tree.map(lambda a, p: decay * a + (1.0 - decay) * p, average, params)

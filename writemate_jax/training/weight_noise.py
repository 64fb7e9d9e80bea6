"""Adaptive weight noise (Graves 2011, "Practical variational inference for neural networks").

Each weight has a Gaussian posterior of its own; a batch sees one draw of all of them. What is minimised is the length
of a message that tells the data by way of the weights: the mean loss under the posterior, and the posterior's
divergence from a Gaussian prior that all weights share. Weights that need not be exact become noisy, and a noisy
network overfits less.

The optimiser sees means and *logarithms* of deviations: a deviation cannot fall below 0, and a step of RMSProp or Adam,
whose size is nearly the learning rate whatever the gradient, is then a relative change of it; so these steps are made
longer (`scaled_steps`). The derivative for a variance is Graves': half the square of the weight's derivative. Through
the draw it could be had without his approximation, but its sign is then mostly chance where the noise is too large: the
noise of all other weights is in it.
"""

from __future__ import annotations

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import optax


@flax.struct.dataclass
class Posterior:
    """Independent Gaussians over weights; both are trees of the weights' shapes.

    mean: what the network is evaluated with. log_deviation: natural logarithms of the standard deviations.
    """

    mean: Any
    log_deviation: Any


def around(weights: Any, deviation: float) -> Posterior:
    """The posterior that training begins with: every weight uncertain by the same `deviation` (the paper: 0.075)."""
    return Posterior(weights, jax.tree.map(lambda w: jnp.full(jnp.shape(w), jnp.log(deviation), jnp.float32), weights))


def weights_of(params: Any) -> Any:
    """Weights as they are used outside of training: a posterior's means, and others as they are."""
    return params.mean if isinstance(params, Posterior) else params


def sample(key: jax.Array, posterior: Posterior) -> Any:
    """One draw of all weights."""
    noise = optax.tree.random_like(key, posterior.mean, jax.random.normal)
    return jax.tree.map(lambda m, s, n: m + jnp.exp(s) * n, posterior.mean, posterior.log_deviation, noise)


def prior(posterior: Posterior) -> tuple[jax.Array, jax.Array]:
    """Mean and variance of the one Gaussian over all weights that is nearest to the posterior, in closed form."""
    count = optax.tree.size(posterior.mean)
    mean = optax.tree.sum(posterior.mean) / count
    spread = jax.tree.map(lambda m, s: jnp.exp(2 * s) + jnp.square(m - mean), posterior.mean, posterior.log_deviation)
    return mean, optax.tree.sum(spread) / count


def kl(posterior: Posterior) -> jax.Array:
    """Divergence of the posterior from its best prior, KL(posterior || prior), nats of all weights together.

    At the best prior the quadratic terms of the divergence cancel, and its logarithms are left. The derivative is also
    that at a prior held fixed, since the best prior is where it does not change to first order.
    """
    _, variance = prior(posterior)
    return optax.tree.sum(jax.tree.map(lambda s: 0.5 * jnp.log(variance) - s, posterior.log_deviation))


def scaled_steps(factor: float) -> optax.GradientTransformation:
    """Makes an optimiser's steps for logarithms of deviations so many times as long.

    They are relative changes, and have to be larger than those of the means: a trained network's weights bear a tenth
    of the noise that a posterior begins with, and until the noise has fallen to that the means are driven from all that
    they had learned.
    """

    def scaled(steps: Posterior, _) -> Posterior:
        return steps.replace(log_deviation=jax.tree.map(lambda step: step * factor, steps.log_deviation))

    return optax.stateless(scaled)


def deviations_first(updates: int) -> optax.GradientTransformation:
    """Makes of an optimiser's first steps for means nothing, for so many `updates`.

    Noise that is far too large for trained weights drives the means from what they had learned before it has had the
    time to fall; here it falls first.
    """

    def means(steps: Posterior) -> Posterior:
        return Posterior(jax.tree.map(lambda _: True, steps.mean), jax.tree.map(lambda _: False, steps.log_deviation))

    return optax.masked(optax.scale_by_schedule(lambda count: count >= updates), means)


def gradient(posterior: Posterior, of_draw: Any, batch: float, units: float) -> Posterior:
    """The derivative of "mean loss + KL / units" for means and logarithms of deviations.

    The mean loss of a batch curves, in each weight, by about the square of its derivative times the batch's units: so
    its derivative for the variance is half of that (Graves 2011, for batches of one unit).

    Args:
      posterior: the weights were drawn from it.
      of_draw: derivative of the mean loss for the weights that were drawn, a tree like them.
      batch: units (lines, or points) that the loss of a batch was divided by.
      units: N, those of the whole training data.
    """
    of_kl = jax.grad(kl)(posterior)
    return Posterior(
        jax.tree.map(lambda g, k: g + k / units, of_draw, of_kl.mean),
        jax.tree.map(
            lambda g, s, k: jnp.exp(2 * s) * batch * jnp.square(g) + k / units,
            of_draw,
            posterior.log_deviation,
            of_kl.log_deviation,
        ),
    )

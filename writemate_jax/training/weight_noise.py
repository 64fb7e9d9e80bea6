"""Adaptive weight noise (Graves 2011, "Practical variational inference for neural networks").

Each weight has a Gaussian posterior of its own; a batch sees one draw of all of them. What is minimised is the length
of a message that tells the data by way of the weights: the mean loss under the posterior, and the posterior's
divergence from a Gaussian prior that all weights share. Weights that need not be exact become noisy, and a noisy
network overfits less.

The optimiser sees means and *logarithms* of deviations: a deviation cannot fall below 0, and a step of RMSProp or Adam,
whose size is nearly the learning rate whatever the gradient, is then a relative change of it; so these steps are made
longer (`scaled_steps`). Graves estimates the derivative for a variance as half the square of the weight's derivative,
which holds for single lines; here it is the derivative through the draw, which is right for the sum over a batch of any
size.
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


def scaled_steps(deviation: float) -> optax.GradientTransformation:
    """Divides an optimiser's steps for logarithms of deviations by the `deviation` that they begin with.

    They are then as long as its steps for the deviations themselves would be at the beginning. Without it the noise
    would fall by a tenth in the time in which the means can be driven from all that they had learned.
    """

    def scaled(steps: Posterior, _) -> Posterior:
        return steps.replace(log_deviation=jax.tree.map(lambda step: step / deviation, steps.log_deviation))

    return optax.stateless(scaled)


def gradient(key: jax.Array, posterior: Posterior, of_draw: Any, units: float) -> Posterior:
    """The derivative of "mean loss + KL / units" for means and logarithms of deviations.

    Args:
      key: the draw's, as given to `sample`.
      posterior: the weights were drawn from it.
      of_draw: derivative of the mean loss for the weights that were drawn, a tree like them.
      units: N, how many units (lines, or points) of training data the loss is a mean over, in the whole data.
    """
    _, pull_back = jax.vjp(lambda p: sample(key, p), posterior)
    (of_loss,) = pull_back(of_draw)
    return jax.tree.map(lambda a, b: a + b / units, of_loss, jax.grad(kl)(posterior))

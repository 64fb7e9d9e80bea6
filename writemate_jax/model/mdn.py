"""The mixture density head: M bivariate Gaussians and one Bernoulli (Graves 2013, eqs 15-26, 61-62).

Everything is in log space: a probability with an epsilon added loses its gradient when all components underflow.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

FARTHEST = 6.0  # standard deviations: beyond what a float32 between -1 and 1 makes a normal number of


class Mixture(NamedTuple):
    """The distribution of the next point (dx, dy, eos).

    log_pi: [..., m] log weights, mu: [..., m, 2] means, log_sigma: [..., m, 2] log standard deviations,
    rho: [..., m] correlations, eos_logit: [...] log odds of the end of stroke.
    """

    log_pi: jax.Array
    mu: jax.Array
    log_sigma: jax.Array
    rho: jax.Array
    eos_logit: jax.Array


def width(components: int) -> int:
    """Outputs that M components need: 6M + 1 (121 for the paper's 20)."""
    return 6 * components + 1


def split(y: jax.Array, *, sigma_floor: float = 0.0, rho_max: float = 0.9999) -> Mixture:
    """Network outputs to the mixture: eqs 18-22.

    Args:
      y: [..., 6m + 1], laid out as e-hat, pi-hat [m], mu [2m], sigma-hat [2m], rho-hat [m].
      sigma_floor: added to every sigma (in log space), in normalised offsets; bounds the density on points that
        repeat exactly.
      rho_max: factor of tanh in eq 21; below 1 so that 1 - rho^2 stays above float32's resolution.
    """
    m = (y.shape[-1] - 1) // 6
    if y.shape[-1] != width(m):
        raise ValueError(f"mdn.split: outputs have shape {y.shape}; the last axis must be 6M + 1 for a whole M")
    e_hat, pi_hat, mu, sigma_hat, rho_hat = jnp.split(y, [1, 1 + m, 1 + 3 * m, 1 + 5 * m], axis=-1)
    log_sigma = sigma_hat.reshape(*y.shape[:-1], m, 2)
    if sigma_floor > 0:
        log_sigma = jnp.logaddexp(log_sigma, jnp.log(sigma_floor))
    return Mixture(
        log_pi=jax.nn.log_softmax(pi_hat, axis=-1),
        mu=mu.reshape(*y.shape[:-1], m, 2),
        log_sigma=log_sigma,
        rho=rho_max * jnp.tanh(rho_hat),
        eos_logit=-e_hat[..., 0],  # eq 18: e = 1 / (1 + exp(e-hat))
    )


def log_density(mixture: Mixture, offset: jax.Array) -> jax.Array:
    """Log density of an offset [..., 2] under the Gaussians alone, [...] (eqs 23-25)."""
    z = (offset[..., None, :] - mixture.mu) * jnp.exp(-mixture.log_sigma)
    z1, z2 = z[..., 0], z[..., 1]
    one_minus_rho2 = (1.0 - mixture.rho) * (1.0 + mixture.rho)
    # Z / (1 - rho^2) of eq 25, completed to a square: the textbook form subtracts nearly equal numbers at |rho| ~ 1.
    quadratic = jnp.square(z1 - mixture.rho * z2) / one_minus_rho2 + jnp.square(z2)
    log_normal = (
        -jnp.log(2 * jnp.pi) - mixture.log_sigma.sum(axis=-1) - 0.5 * jnp.log(one_minus_rho2) - 0.5 * quadratic
    )
    return jax.nn.logsumexp(mixture.log_pi + log_normal, axis=-1)


def log_prob(mixture: Mixture, x: jax.Array) -> jax.Array:
    """Log probability of a point x [..., 3] = (dx, dy, eos): the negative of a term of eq 26, [...]."""
    eos = x[..., 2]
    log_bernoulli = -jax.nn.softplus(jnp.where(eos > 0.5, -mixture.eos_logit, mixture.eos_logit))
    return log_density(mixture, x[..., :2]) + log_bernoulli


def mean(mixture: Mixture) -> jax.Array:
    """Expected offset, [..., 2]: the prediction whose squared error the paper's tables call SSE."""
    return jnp.einsum("...m,...mi->...i", jnp.exp(mixture.log_pi), mixture.mu)


def biased(mixture: Mixture, bias: jax.Array, reach: jax.Array | float = jnp.inf) -> Mixture:
    """Sharpens the mixture by a probability bias b >= 0: eqs 61-62.

    Args:
      mixture: any.
      bias: [...], one value for each point's mixture, or a scalar.
      reach: likewise, of the draws (`sample`). Where it is finite it takes the place of eq 61, and the standard
        deviations stay as they are: the paper's narrow pen does not tremble, as a hand does.
    """
    bias = jnp.asarray(bias)
    narrowing = jnp.where(jnp.isfinite(reach), 0.0, bias)
    return mixture._replace(
        log_pi=jax.nn.log_softmax(mixture.log_pi * (1.0 + bias[..., None]), axis=-1),
        log_sigma=mixture.log_sigma - narrowing[..., None, None],
    )


def sample(key: jax.Array, mixture: Mixture, reach: jax.Array | float = jnp.inf) -> jax.Array:
    """Draws one point (dx, dy, eos) from an unbatched mixture, [3]; `jax.vmap` it with one key a line.

    A finite ``reach`` keeps each of the two normal numbers behind the offset within so many standard deviations.
    """
    key_component, key_offset, key_eos = jax.random.split(key, 3)
    component = jax.random.categorical(key_component, mixture.log_pi)
    mu, log_sigma, rho = mixture.mu[component], mixture.log_sigma[component], mixture.rho[component]
    # Once in four million numbers it draws the bound itself, which may be as far away as a float32 goes.
    n1, n2 = jnp.clip(jax.random.truncated_normal(key_offset, -reach, reach, (2,), mu.dtype), -FARTHEST, FARTHEST)
    correlated = jnp.stack([n1, rho * n1 + jnp.sqrt((1.0 - rho) * (1.0 + rho)) * n2])
    eos = jax.random.bernoulli(key_eos, jax.nn.sigmoid(mixture.eos_logit))
    return jnp.append(mu + jnp.exp(log_sigma) * correlated, eos.astype(mu.dtype))

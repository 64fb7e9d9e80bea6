"""The soft window that walks along the text (Graves 2013, eqs 46-51).

K Gaussian bumps over the character positions, each with an importance alpha, a sharpness beta and a place kappa
that only moves forward.
"""

from __future__ import annotations

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

# exp(+-LOG_LIMIT) bounds alpha, beta and the step of kappa: far outside what trained networks use, it only keeps
# one wild activation from becoming an infinity and its product with a zero from becoming a NaN.
LOG_LIMIT = 8.0


class Text(NamedTuple):
    """A padded batch of texts.

    codes: int32 [b, u1], the characters' codes 1..v, then 0 for the place one past the end and for padding.
    length: int32 [b], the number U of characters; u1 >= max(U) + 1, so that the place U+1 exists.
    """

    codes: jax.Array
    length: jax.Array


class WindowParams(NamedTuple):
    """kernel: [h, 3k], bias: [3k], for alpha-hat, beta-hat and kappa-hat in this order."""

    kernel: jax.Array
    bias: jax.Array


class WindowState(NamedTuple):
    """kappa: [b, k] places in characters, w: [b, v] window vector, phi: [b, u1] weight of each character."""

    kappa: jax.Array
    w: jax.Array
    phi: jax.Array


def one_hot(text: Text, alphabet_size: int) -> jax.Array:
    """The sequence c of one-hot vectors, float32 [b, u1, v]; code 0 is the zero vector."""
    return jax.nn.one_hot(text.codes - 1, alphabet_size, dtype=jnp.float32)


def reachable(text: Text) -> jax.Array:
    """float32 [b, u1]: 1 for the places 1..U+1, 0 for padding."""
    u = jnp.arange(1, text.codes.shape[-1] + 1)
    return (u <= text.length[..., None] + 1).astype(jnp.float32)


def step(
    pre_activation: jax.Array, kappa: jax.Array, c: jax.Array, mask: jax.Array, kappa_scale: float
) -> WindowState:
    """Moves the window by one point: eqs 46-51.

    The weight phi(t, U+1) of the place one past the end is computed like every other, since the paper's stop
    compares it with them, but that place holds the zero vector and so adds nothing to w, as in eq 47.

    Args:
      pre_activation: [b, 3k], alpha-hat, beta-hat, kappa-hat = W h1_t + b (eq 48).
      kappa: [b, k], kappa_{t-1}.
      c: [b, u1, v], `one_hot` of the text.
      mask: [b, u1], `reachable` of the text.
      kappa_scale: factor of the step exp(kappa-hat), about 1 / (points a character): with the paper's 1, an untrained
        window runs off the text within a few characters' ink and attention never locks.
    """
    alpha_hat, beta_hat, kappa_hat = jnp.split(jnp.clip(pre_activation, -LOG_LIMIT, LOG_LIMIT), 3, axis=-1)
    kappa = kappa + kappa_scale * jnp.exp(kappa_hat)
    u = jnp.arange(1, c.shape[-2] + 1, dtype=kappa.dtype)
    # exp(alpha_hat - beta d^2) instead of alpha exp(-beta d^2): one exponential and one product fewer.
    exponent = alpha_hat[..., None] - jnp.exp(beta_hat)[..., None] * jnp.square(kappa[..., None] - u)
    phi = jnp.exp(exponent).sum(axis=-2) * mask
    w = jnp.einsum("...u,...uv->...v", phi, c)
    return WindowState(kappa, w, phi)


class Window(nn.Module):
    """Owns the weights of the window and hands them out.

    Attributes:
      inputs: h, cells of the first layer.
      components: K.
    """

    inputs: int
    components: int

    @nn.compact
    def __call__(self) -> WindowParams:
        kernel = self.param(
            "kernel", nn.initializers.variance_scaling(0.1, "fan_in", "normal"), (self.inputs, 3 * self.components)
        )
        bias = self.param("bias", nn.initializers.zeros, (3 * self.components,))
        return WindowParams(kernel, bias)

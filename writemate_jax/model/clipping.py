"""Clipping of derivatives inside back-propagation (Graves 2013, section 2.1).

The paper clips the derivative of the loss with respect to *activations* (the network's outputs, the inputs of the
LSTM layers), not the gradient of the parameters: one exploding point of one line is cut before it spreads
backwards in time, and the other lines of the batch are untouched.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def clip_derivative(x: jax.Array, bound: float) -> jax.Array:
    """Identity whose cotangent is clipped to [-bound, bound] element by element.

    Args:
      x: any array.
      bound: the largest magnitude that passes backwards; `0` or less lets everything pass.
    """
    return x


def _forward(x, bound):
    return x, None


def _backward(bound, _, cotangent):
    return (jnp.clip(cotangent, -bound, bound) if bound > 0 else cotangent,)


clip_derivative.defvjp(_forward, _backward)

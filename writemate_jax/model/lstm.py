"""The LSTM cell with peephole connections (Graves 2013, eqs 7-11).

The cell is split in two so that the products which do not wait for the recurrence can be taken out of it: a
layer's *pre-activations* are sums of products (inputs, recurrent state, bias), and `step` is what follows them.
"""

from __future__ import annotations

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from writemate_jax.model.clipping import clip_derivative


class LSTMParams(NamedTuple):
    """Weights of one layer; the gates stand in the order i, f, c, o along every axis of 4h.

    input_kernel: [d, 4h], recurrent_kernel: [h, 4h], bias: [4h], peephole: [3, h] (to i, f and o; zeros when the
    layer has none).
    """

    input_kernel: jax.Array
    recurrent_kernel: jax.Array
    bias: jax.Array
    peephole: jax.Array


def step(
    pre_activation: jax.Array, c: jax.Array, peephole: jax.Array, clip: float, axis: int = -1
) -> tuple[jax.Array, jax.Array]:
    """One step of the cell behind its products: eqs 7-11.

    Args:
      pre_activation: [b, 4h], W_x x_t + W_h h_{t-1} + b of the gates i, f, c, o.
      c: [b, h], the cell state c_{t-1}.
      peephole: [3, h], the diagonal weights W_ci, W_cf, W_co.
      clip: bound of the derivative with respect to the gates' inputs; 0 for none.
      axis: of the cells; 0 where lines are columns, [4h, b] and [h, b], and the peepholes are [3, h, 1].

    Returns:
      h_t and c_t, shaped like c.
    """
    z_i, z_f, z_c, z_o = jnp.split(pre_activation, 4, axis=axis)
    w_ci, w_cf, w_co = peephole
    i = jax.nn.sigmoid(clip_derivative(z_i + w_ci * c, clip))
    f = jax.nn.sigmoid(clip_derivative(z_f + w_cf * c, clip))
    c = f * c + i * jnp.tanh(clip_derivative(z_c, clip))
    o = jax.nn.sigmoid(clip_derivative(z_o + w_co * c, clip))
    return o * jnp.tanh(c), c


class LSTMLayer(nn.Module):
    """Owns the weights of one layer and hands them out; the arithmetic is `step`.

    Attributes:
      inputs: d, the width of the layer's input.
      cells: h.
      peepholes: whether the gates see the cell state (the paper: yes).
    """

    inputs: int
    cells: int
    peepholes: bool = True

    @nn.compact
    def __call__(self) -> LSTMParams:
        h = self.cells
        # Input and recurrent kernels are drawn as one matrix would be: the variance must count both fan-ins.
        scale = nn.initializers.variance_scaling(1.0, "fan_in", "truncated_normal")

        def both(key, shape):
            return scale(key, shape, jnp.float32)

        kernel = self.param("kernel", both, (self.inputs + h, 4 * h))
        bias = self.param("bias", _forget_bias, (4 * h,))
        if self.peepholes:
            peephole = self.param("peephole", nn.initializers.normal(0.1), (3, h))
        else:
            peephole = jnp.zeros((3, h), jnp.float32)
        return LSTMParams(kernel[: self.inputs], kernel[self.inputs :], bias, peephole)


def _forget_bias(key: jax.Array, shape: tuple[int]) -> jax.Array:
    """Zeros, but 1 for the forget gate: a fresh cell remembers, so gradients reach back from the first update."""
    del key
    return jnp.zeros(shape, jnp.float32).reshape(4, -1).at[1].set(1.0).reshape(-1)

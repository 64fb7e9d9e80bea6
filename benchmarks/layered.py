"""The other way to unroll the recurrence, kept to be measured: layer by layer, with products hoisted out of the loop.

A layer's input products are one large product before its scan, and its weight gradients one after the backward scan:
where a product's result enters a step beside an additive input (a *tap*), the cotangent of that tap is the dz_t of
dW = sum_t x_t^T dz_t. Equal to the network's call in value and in gradient.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from writemate_jax.model import lstm, window
from writemate_jax.model.networks import POINT, Network


def layered(network: Network, params, x: jax.Array, text) -> jax.Array:
    """y [b, t, 6m + 1] of a synthesis network for inputs x [b, t, 3]."""
    return network.apply({"params": params}, x, text, method=_unroll)


def _unroll(network: Network, inputs, text):
    x = jnp.swapaxes(inputs, 0, 1)
    t, b, _ = x.shape
    first = network.lstm[0]()
    kernel, bias = network.soft_window()
    start = network.initial_carry(b, text.codes.shape[1])
    h, w = _hoisted_scan(
        _WindowLayer(network.lstm_clip, network.kappa_scale),
        {"z": jnp.concatenate((first.input_kernel[POINT:], first.recurrent_kernel)), "window": kernel},
        (start.h[0], start.c[0], start.window.kappa, start.window.w),
        {"z": x @ first.input_kernel[:POINT] + first.bias, "window": jnp.broadcast_to(bias, (t, b, bias.shape[0]))},
        first.peephole,
        (window.one_hot(text, network.alphabet_size), window.reachable(text)),
    )
    hidden = [h]
    for layer in range(1, network.layers):
        params = network.lstm[layer]()
        z = jnp.concatenate((x, w, hidden[-1]), axis=-1) @ params.input_kernel + params.bias
        carry = (start.h[layer], start.c[layer])
        step = _Layer(network.lstm_clip)
        hidden.append(_hoisted_scan(step, {"z": params.recurrent_kernel}, carry, {"z": z}, params.peephole, None))
    return jnp.swapaxes(network._outputs(hidden), 0, 1)


class _Layer(NamedTuple):
    clip: float

    def __call__(self, matrices, peephole, constants, carry, taps):
        h, c = carry
        h_next, c_next = lstm.step(h @ matrices["z"] + taps["z"], c, peephole, self.clip)
        return (h_next, c_next), {"z": h}, h_next


class _WindowLayer(NamedTuple):
    clip: float
    kappa_scale: float

    def __call__(self, matrices, peephole, constants, carry, taps):
        h, c, kappa, w = carry
        read = jnp.concatenate((w, h), axis=-1)
        h, c = lstm.step(read @ matrices["z"] + taps["z"], c, peephole, self.clip)
        move = jax.checkpoint(window.step, static_argnums=(4,))
        state = move(h @ matrices["window"] + taps["window"], kappa, *constants, self.kappa_scale)
        return (h, c, state.kappa, state.w), {"z": read, "window": h}, (h, state.w)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _hoisted_scan(step, matrices, carry, taps, others, constants):
    return _scan(step, matrices, carry, taps, others, constants)[1]


def _scan(step, matrices, carry, taps, others, constants):
    def body(carry, taps_t):
        carry, operands, outputs = step(matrices, others, constants, carry, taps_t)
        return carry, (operands, outputs)

    return lax.scan(body, carry, taps)[1]


def _forward(step, matrices, carry, taps, others, constants):
    def run(carry, taps, others):
        operands, outputs = _scan(step, matrices, carry, taps, others, constants)
        return outputs, operands

    outputs, pull_back, operands = jax.vjp(run, carry, taps, others, has_aux=True)
    return outputs, (pull_back, operands)


def _backward(step, residuals, cotangents):
    pull_back, operands = residuals
    d_carry, d_taps, d_others = pull_back(cotangents)
    d_matrices = {name: jnp.einsum("tbi,tbj->ij", operands[name], d_taps[name]) for name in operands}
    return d_matrices, d_carry, d_taps, d_others, None


_hoisted_scan.defvjp(_forward, _backward)

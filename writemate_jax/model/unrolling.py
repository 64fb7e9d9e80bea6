"""The recurrence of whole lines, layer by layer: what does not wait for it is taken out of its loop.

Lines are columns here: what is [b, i] elsewhere, a row for each line, is [i, b]. Where a matrix is larger than a
processor's cache (1 x 900), W^T h of a few columns takes it up to a third of the time of h W of as many rows, and where
it is not (3 x 400), about as long; the least with 8 lines or a multiple of it (benchmarks/recurrence.py).

A layer's input products are one large product before its scan, and its weight gradients one after the backward scan:
where a product's result enters a step beside an additive input (a *tap*), the cotangent of that tap is the dz_t of
dW = sum_t x_t dz_t^T. Only W^T h_{t-1} and W dz_t are left in the loops.

Products may round their operands to bfloat16: they are summed in float32, and everything else (states, gates, window,
weights, optimiser) stays float32. bfloat16 has the range of float32, so no loss needs to be scaled.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from writemate_jax.model import lstm, window

# Matrices that are never rounded: the window's few products place the text to fractions of a character.
EXACT = ("window",)


class Matrix(NamedTuple):
    """w [i, j], rounded, for the loop that goes backward; its transpose [j, i], an array of its own, goes forward."""

    w: jax.Array
    transpose: jax.Array


def product(x: jax.Array, w: jax.Array, operands: str) -> jax.Array:
    """w^T x in float32, [..., j, b], for x [..., i, b] and w [i, j], of operands rounded to this type.

    So are its derivatives.
    """
    return _product(x, w, _rounded(lax.stop_gradient(w), operands))


@jax.custom_vjp
def _product(x: jax.Array, w: jax.Array | None, matrix: Matrix) -> jax.Array:
    """The product with `matrix`, which is w rounded; w, if given, is what gets the derivative."""
    return _matmul(matrix.transpose, x.astype(matrix.w.dtype))


def _product_forward(x, w, matrix):
    return _product(x, w, matrix), (x.astype(matrix.w.dtype), w, matrix.w)


def _product_backward(residuals, g):
    x, w, rounded = residuals
    g = g.astype(rounded.dtype)
    return _matmul(rounded, g), None if w is None else _outer(x, g, g.dtype), None


_product.defvjp(_product_forward, _product_backward)


def _rounded(w: jax.Array, operands: str) -> Matrix:
    w = w.astype(operands)
    return Matrix(w, _transposed(w))


def _matmul(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a, b, preferred_element_type=jnp.float32)


def _transposed(a: jax.Array) -> jax.Array:
    # Written out: XLA takes a transpose into the product, which then is half as fast on a CPU.
    return lax.optimization_barrier(a.T)


def _outer(x: jax.Array, g: jax.Array, operands: Any) -> jax.Array:
    """sum x g^T over all axes but the features', float32 [i, j], for x [..., i, b] and g [..., j, b]."""
    x, g = (jnp.swapaxes(a.astype(operands), -1, -2).reshape(-1, a.shape[-2]) for a in (x, g))
    return _matmul(_transposed(x), g)


class Layer(NamedTuple):
    """One step of an LSTM layer for `hoisted_scan`: carry (h, c), [h, b] each, matrix [h, 4h] and tap [4h, b] "z".

    `others` are the peepholes, [3, h, 1]. clip: see `lstm.step`. operands: see `product`.
    """

    clip: float
    operands: str

    def __call__(self, matrices, peephole, constants, carry, taps):
        h, c = carry
        z = _product(h, None, matrices["z"]) + taps["z"]
        h_next, c_next = lstm.step(z, c, peephole, self.clip, axis=0)
        return (h_next, c_next), {"z": h}, h_next


class WindowLayer(NamedTuple):
    """The same of the first layer of a synthesis network, which reads w_{t-1} and moves the window.

    Carry (h, c, kappa, w); matrices and taps "z", of (w, h), and "window", of h; constants: one-hot text and mask. w is
    [v, b], the tap "window" [3k, b]; the window itself has rows, as in sampling: kappa [b, k] and the constants.
    """

    clip: float
    operands: str
    kappa_scale: float

    def __call__(self, matrices, peephole, constants, carry, taps):
        h, c, kappa, w = carry
        read = jnp.concatenate((w, h))
        h, c = lstm.step(_product(read, None, matrices["z"]) + taps["z"], c, peephole, self.clip, axis=0)
        move = jax.checkpoint(window.step, static_argnums=(4,))
        moves = _product(h, None, matrices["window"]) + taps["window"]
        state = move(moves.T, kappa, *constants, self.kappa_scale)
        w = state.w.T
        return (h, c, state.kappa, w), {"z": read, "window": h}, (h, w)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def hoisted_scan(step: Layer | WindowLayer, matrices: dict, carry: Any, taps: dict, others: Any, constants: Any) -> Any:
    """Scans `step` over the first axis of the taps and returns its outputs, stacked.

    `step(matrices, others, constants, carry, taps_t)` gives the carry, what each matrix was multiplied by and the
    outputs. Derivatives of the matrices are taken after the loop; the constants have none.
    """
    return _scan(step, matrices, carry, taps, others, constants)[1]


def _scan(step, matrices, carry, taps, others, constants):
    # Rounded here, once, and not at every step.
    matrices = {name: _rounded(m, _operands(name, step)) for name, m in matrices.items()}

    def body(carry, taps_t):
        carry, read, outputs = step(matrices, others, constants, carry, taps_t)
        return carry, (read, outputs)

    return lax.scan(body, carry, taps)[1]


def _scan_forward(step, matrices, carry, taps, others, constants):
    def run(carry, taps, others):
        read, outputs = _scan(step, matrices, carry, taps, others, constants)
        return outputs, read

    outputs, pull_back, read = jax.vjp(run, carry, taps, others, has_aux=True)
    return outputs, (pull_back, read)


def _scan_backward(step, residuals, cotangents):
    pull_back, read = residuals
    d_carry, d_taps, d_others = pull_back(cotangents)
    d_matrices = {name: _outer(read[name], d_taps[name], _operands(name, step)) for name in read}
    return d_matrices, d_carry, d_taps, d_others, None


def _operands(matrix: str, step: Layer | WindowLayer) -> str:
    return "float32" if matrix in EXACT else step.operands


hoisted_scan.defvjp(_scan_forward, _scan_backward)

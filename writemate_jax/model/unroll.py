"""`lax.scan` whose weight gradients are taken outside the loop.

Differentiating a plain scan adds each step's x_t^T dz_t to a weight gradient that has to be read and written at
every step. Where each product's result enters the step beside an additive input (a *tap*), the cotangent of that
tap is dz_t, and the whole sum over t is one large product after the backward loop. benchmarks/recurrence.py has
the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def hoisted_scan(
    step: Callable, matrices: dict[str, jax.Array], carry: Any, taps: dict[str, jax.Array], others: Any, constants: Any
) -> tuple[Any, Any]:
    """Scans `step` over time; equal to `lax.scan` in value and in gradient.

    Args:
      step: `(matrices, others, constants, carry, taps_t) -> (carry, operands_t, outputs_t)`, without closed-over
        arrays. For each name it must use a matrix only as `operands_t[name] @ matrices[name] + taps_t[name]`.
      matrices: name -> [i, j], differentiated through taps and operands.
      carry: initial carry.
      taps: name -> [t, b, j].
      others: weights that are differentiated inside the loop (the small ones).
      constants: not differentiated.

    Returns:
      The last carry, and the outputs stacked over t.
    """
    carry, (_, outputs) = _scan(step, matrices, others, constants, carry, taps)
    return carry, outputs


def _scan(step, matrices, others, constants, carry, taps):
    def body(carry, taps_t):
        carry, operands, outputs = step(matrices, others, constants, carry, taps_t)
        return carry, (operands, outputs)

    return lax.scan(body, carry, taps)


def _forward(step, matrices, carry, taps, others, constants):
    def run(carry, taps, others):
        carry, (operands, outputs) = _scan(step, matrices, others, constants, carry, taps)
        return (carry, outputs), operands

    result, pull_back, operands = jax.vjp(run, carry, taps, others, has_aux=True)
    return result, (pull_back, operands)


def _backward(step, residuals, cotangents):
    pull_back, operands = residuals
    d_carry, d_taps, d_others = pull_back(cotangents)
    d_matrices = {name: jnp.einsum("tbi,tbj->ij", operands[name], d_taps[name]) for name in operands}
    return d_matrices, d_carry, d_taps, d_others, None


hoisted_scan.defvjp(_forward, _backward)

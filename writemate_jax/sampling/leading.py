"""Where a network is behind a primer: it is led along that ink as if it had drawn it, before it draws its own.

That is the same for all candidates of a line. So it is found once for a line, and its lanes begin there; and as nothing
is drawn on the way, a step of a few lines takes a fraction of a step of the lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from writemate_jax.model.networks import Carry, Network, text_batch
from writemate_jax.model.window import Text


class Led(NamedTuple):
    """Where a line begins to be drawn.

    x: [3], the next input, normalised: the primer's last point, or the pen at rest. steps: that the network has made.
    carry: where they led it, without an axis for lines; None at its very beginning.
    """

    x: np.ndarray
    steps: int = 0
    carry: Carry | None = None


def led(
    network: Network, params: Any, codes: Sequence[np.ndarray], styles: Sequence[np.ndarray], capacity: int,
    start: np.ndarray, primer: np.ndarray, length: int, *, at_once: int,
) -> list[Led]:  # fmt: skip
    """Leads a synthesis network along a primer, for each of some lines.

    Args:
      params: on the device.
      codes: of each line, the primer's text included. styles: of each, see `Network.style_gates`.
      capacity: u1 of the texts.
      start: [3], the first input. primer: [p, 3], points of which `length`, at least one, are real. Normalised.
      at_once: lines that are led side by side, also where there are fewer: one shape, one rounding.
    """
    inputs, found = np.concatenate([start[None], primer[:-1]]), []
    for first in range(0, len(codes), at_once):
        some = [min(first + i, len(codes) - 1) for i in range(at_once)]
        style = None
        if network.styles:
            style = np.zeros((at_once, network.longest_style), np.float32)
            for row, i in zip(style, some, strict=True):
                row[: len(styles[i])] = styles[i]
        text = text_batch([codes[i] for i in some], capacity)
        carry = jax.device_get(_along(network, params, text, style, inputs, length))
        found += [Led(primer[length - 1], length, jax.tree.map(lambda row, i=i: row[i], carry)) for i in range(at_once)]
    return found[: len(codes)]


@partial(jax.jit, static_argnames="network")
def _along(network: Network, params: Any, text: Text, style: Any, inputs: jax.Array, length: int) -> Carry:
    b, u1 = text.codes.shape
    # The same at every step:
    weights = network.apply({"params": params}, method="weights")
    gates = network.apply({"params": params}, style, method="style_gates") if network.styles else None

    def step(at: tuple[jax.Array, Carry]) -> tuple[jax.Array, Carry]:
        t, carry = at
        x = jnp.broadcast_to(inputs[t], (b, 3))
        carry, _ = network.apply({"params": params}, carry, x, text, gates, weights, method="step")
        return t + 1, carry

    return lax.while_loop(lambda at: at[0] < length, step, (jnp.zeros((), jnp.int32), network.initial_carry(b, u1)))[1]

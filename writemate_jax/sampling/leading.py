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

from writemate_jax.model.exact import exact
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


class Leading(NamedTuple):
    """A line that is to be led along a primer.

    codes: int32 [U], the primer's text included. style: see `Network.style_gates`. start: [3], the first input.
    primer: [p, 3], points of which `length`, at least one, are real. Offsets are normalised.
    """

    codes: np.ndarray
    style: np.ndarray
    start: np.ndarray
    primer: np.ndarray
    length: int


def led(network: Network, params: Any, lines: Sequence[Leading], capacity: int, *, at_once: int) -> list[Led]:
    """Leads a synthesis network along each line's primer.

    Args:
      params: on the device.
      lines: with arrays for primers of one length p.
      capacity: u1 of the texts.
      at_once: lines that are led side by side, also where there are fewer: one shape, one rounding.
    """
    found: list[Led] = []
    for first in range(0, len(lines), at_once):
        some = [lines[min(first + i, len(lines) - 1)] for i in range(at_once)]
        style = None
        if network.styles:
            style = np.zeros((at_once, network.longest_style), np.float32)
            for row, line in zip(style, some, strict=True):
                row[: len(line.style)] = line.style
        text = text_batch([line.codes for line in some], capacity)
        inputs = np.stack([np.concatenate([line.start[None], line.primer[:-1]]) for line in some], axis=1)
        lengths = np.array([line.length for line in some], np.int32)
        carry = jax.device_get(_along(network, params, text, style, inputs, lengths))
        for i, line in enumerate(some):
            own = jax.tree.map(lambda row, i=i: row[i].copy(), carry)  # or the rows of all would be kept for one
            found.append(Led(line.primer[line.length - 1], line.length, own))
    return found[: len(lines)]


@partial(jax.jit, static_argnames="network")
@exact
def _along(network: Network, params: Any, text: Text, style: Any, inputs: jax.Array, lengths: jax.Array) -> Carry:
    """The carry of each line behind its first `lengths` [b] of the inputs [p, b, 3]."""
    # The same at every step:
    weights = network.apply({"params": params}, method="weights")
    gates = network.apply({"params": params}, style, method="style_gates") if network.styles else None

    def step(at: tuple[jax.Array, Carry]) -> tuple[jax.Array, Carry]:
        t, carry = at
        moved, _ = network.apply({"params": params}, carry, inputs[t], text, gates, weights, method="step")
        on = (t < lengths)[:, None]
        return t + 1, jax.tree.map(lambda new, old: jnp.where(on, new, old), moved, carry)

    beginning = jnp.zeros((), jnp.int32), network.initial_carry(*text.codes.shape)
    return lax.while_loop(lambda at: at[0] < lengths.max(), step, beginning)[1]

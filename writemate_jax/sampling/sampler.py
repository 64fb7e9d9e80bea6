"""The compiled loop that writes a batch of lines (Graves 2013, sections 5.3 to 5.5).

Letters in shapes: b = lines of the batch, u1 = places of the texts (with the one past the end), p = points of the
longest primer, t = points of the longest result, k = window components. Offsets are normalised throughout.

What a line becomes depends on its own row of the request alone: its random numbers come from its seed and the step,
and no other line enters its arithmetic. That holds to the bit within one shape of request. Requests of different
shapes agree up to the rounding of matrix products, which compilers order by size.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from writemate_jax.model import mdn
from writemate_jax.model.networks import Carry, Network
from writemate_jax.model.window import Text


class Request(NamedTuple):
    """What to write, one row a line. Rows with limit 0 are padding: nothing is written there.

    text: codes [b, u1] and lengths [b], a primer's text included; None for a prediction network.
    style: [b, s], vectors of the hands; None for a network without styles.
    seed: uint32 [b].
    bias: [b], b of eqs 61-62. reach: [b], of the draws, inf for the paper's way: see `mdn.biased`.
    limit: int32 [b], most points to draw.
    start: [b, 3], the first input, which is not drawn.
    primer: [b, p, 3], points that are forced on the line before any is drawn; primer_length: int32 [b].
    """

    text: Text | None
    style: jax.Array | None
    seed: jax.Array
    bias: jax.Array
    reach: jax.Array
    limit: jax.Array
    start: jax.Array
    primer: jax.Array
    primer_length: jax.Array


class Trace(NamedTuple):
    """The window at the step that drew each point: phi [t, b, u1], kappa [t, b, k]."""

    phi: jax.Array
    kappa: jax.Array


class SamplingState(NamedTuple):
    """The loop's state before step t.

    t: int32, steps made. carry: of the network. x: [b, 3], the last point of each line, the input of step t.
    done, complete: bool [b], whether the line has ended, and whether by itself. count: int32 [b], points drawn.
    points: [t, b, 3], row i is what step i made of the line: its primer, its drawn points, then nothing of meaning.
    place: int32 [t, b], the character that the window read most at each of them; 0 without a window. trace: or None.
    """

    t: jax.Array
    carry: Carry
    x: jax.Array
    done: jax.Array
    complete: jax.Array
    count: jax.Array
    points: jax.Array
    place: jax.Array
    trace: Trace | None


@partial(jax.jit, static_argnames=("network", "steps", "rests", "with_trace"))
def sample(
    network: Network, params: Any, request: Request, *, steps: int, rests: bool = False, with_trace: bool = False
) -> SamplingState:
    """Writes the lines of a request; returns the state in which all have ended.

    Args:
      network: a synthesis network with `request.text`, or a prediction network without.
      params: its weights.
      request: see `Request`.
      steps: capacity of the result, at least max(primer_length + limit).
      rests: whether the network learned lines with a rest behind them (`strokes.add_rests`).
      with_trace: whether to keep the window's course.
    """
    b = request.seed.shape[0]
    places = request.text.codes.shape[1] if network.window else 0
    rows = steps + 1  # the step that only finds the last line ended records a row, too
    trace = None
    if with_trace and network.window:
        trace = Trace(jnp.zeros((rows, b, places)), jnp.zeros((rows, b, network.components)))
    state = SamplingState(
        t=jnp.zeros((), jnp.int32),
        carry=network.initial_carry(b, places),
        x=request.start,
        done=request.limit == 0,
        complete=jnp.zeros(b, bool),
        count=jnp.zeros(b, jnp.int32),
        points=jnp.zeros((rows, b, 3)),
        place=jnp.zeros((rows, b), jnp.int32),
        trace=trace,
    )
    keys = jax.vmap(jax.random.key)(request.seed)
    gates = None  # of the styles: the same at every step
    if network.styles:
        gates = network.apply({"params": params}, request.style, method="style_gates")
    return lax.while_loop(
        lambda state: ~state.done.all(),
        lambda state: _sample_step(network, params, request, gates, keys, rests, state),
        state,
    )


def _sample_step(
    network: Network, params: Any, request: Request, gates: Any, keys: jax.Array, rests: bool, state: SamplingState
) -> SamplingState:
    """Feeds the last point of each line, then ends the line or draws its next point.

    A line ends by itself where the window is one past its text and the last drawn point lifted the pen: without the
    second condition its last letter is cut off. The pen bit that was written is the one that is looked at.

    A network that learned rests ends a line by drawing one: a point that lifts the pen at once, as no ink does. The
    window may be past the end while the dot of an exclamation mark is still to come, and it may come there a step after
    the rest: a network that must go on then, behind an end, writes anything. So the window need only have reached the
    last character.
    """
    carry, y = network.apply({"params": params}, state.carry, state.x, request.text, gates, method="step")
    forced = state.t < request.primer_length
    may_end = state.t > request.primer_length  # not before a point is drawn
    step_keys = jax.vmap(jax.random.fold_in, (0, None))(keys, state.t)
    mixture = mdn.biased(network.mixture(y), request.bias, request.reach)
    drawn = jax.vmap(mdn.sample)(step_keys, mixture, request.reach)
    complete = jnp.zeros_like(state.done)
    place = carry.window.phi.argmax(axis=-1) if network.window else jnp.zeros_like(state.count)
    if network.window:
        length = request.text.length
        at_end = (drawn[:, 2] > 0.5) & (place >= length - 1) if rests else past_end(carry.window.phi, length)
        complete = may_end & (state.x[:, 2] > 0.5) & at_end
    done = state.done | complete | (state.count >= request.limit)

    x = drawn
    if request.primer.shape[1]:
        given = lax.dynamic_index_in_dim(request.primer, state.t, axis=1, keepdims=False)  # clamped past its end
        x = jnp.where(forced[:, None], given, drawn)

    def record(rows: jax.Array, row: jax.Array) -> jax.Array:
        return lax.dynamic_update_index_in_dim(rows, row, state.t, axis=0)

    return SamplingState(
        t=state.t + 1,
        carry=carry,
        x=x,
        done=done,
        complete=state.complete | (complete & ~state.done),
        count=state.count + (~done & ~forced),
        points=record(state.points, x),
        place=record(state.place, place.astype(jnp.int32)),
        trace=state.trace and jax.tree.map(record, state.trace, Trace(carry.window.phi, carry.window.kappa)),
    )


def past_end(phi: jax.Array, length: jax.Array) -> jax.Array:
    """bool [b]: phi(t, U+1) > phi(t, u) for all u <= U, for phi [b, u1] and U [b]: the window is one past the end."""
    place = jnp.arange(phi.shape[-1])
    last = jnp.take_along_axis(phi, length[:, None], axis=-1)
    return ((phi < last) | (place >= length[:, None])).all(axis=-1)

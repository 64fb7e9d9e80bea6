"""The compiled loop that writes a batch of lines (Graves 2013, sections 5.3 to 5.5).

Letters in shapes: b = lines of the batch, u1 = places of the texts (with the one past the end), r = steps made at once,
k = window components. Offsets are normalised throughout.

The loop runs for some steps at a time, so that ink can be shown while it is written and a line can take the place of
one that has ended. What a line becomes depends on its own row of the request alone: its random numbers come from its
seed and its own step, and no other line enters its arithmetic. That holds to the bit within one shape of request,
whatever is begun beside it and when. Requests of different shapes agree up to the rounding of matrix products, which
compilers order by size.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from writemate_jax import random_keys
from writemate_jax.model import mdn
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Carry, Network
from writemate_jax.model.window import Text


class Request(NamedTuple):
    """What to write, one row a line. Rows with limit 0 are padding: nothing is written there.

    text: codes [b, u1] and lengths [b], a primer's text included; None for a prediction network.
    style: [b, s], vectors of the hands, or longer, see `Network.style_gates`; None for a network without styles.
    seed: uint32 [b].
    bias: [b], b of eqs 61-62. reach: [b], of the draws, inf for the paper's way: see `mdn.biased`.
    limit: int32 [b], most points to draw.
    x: [b, 3], the first input, which is not drawn. steps: int32 [b], that the network made before it, and carry, where
      they led it: behind a primer (`leading`), otherwise 0 and the network's initial one.
    """

    text: Text | None
    style: jax.Array | None
    seed: jax.Array
    bias: jax.Array
    reach: jax.Array
    limit: jax.Array
    x: jax.Array
    steps: jax.Array
    carry: Carry


class SamplingState(NamedTuple):
    """Where each line of a batch is.

    fresh: bool [b], the line has not begun: whatever else stands in its row, it begins with the next step.
    t: int32 [b], steps made, a primer's counted. carry: of the network. x: [b, 3], the last point, the input of step t.
    done, complete: bool [b], whether the line has ended, and whether by itself. count: int32 [b], points drawn.
    """

    fresh: jax.Array
    t: jax.Array
    carry: Carry
    x: jax.Array
    done: jax.Array
    complete: jax.Array
    count: jax.Array


class Drawn(NamedTuple):
    """What some steps made, a row a step. Of a line that ended among them, the rows behind its end mean nothing.

    points: [r, b, 3], what was drawn, then the step that only found the line ended.
    place: int32 [r, b], the character that the window read most; 0 without a window.
    phi: [r, b, u1], kappa: [r, b, k], the window; None without one.
    """

    points: jax.Array
    place: jax.Array
    phi: jax.Array | None
    kappa: jax.Array | None


def begin(request: Request) -> SamplingState:
    """The state of lines that are all fresh; made on the host, so that nothing is compiled for it."""
    shapes = jax.eval_shape(_start, request)
    state = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    return jax.device_put(state._replace(fresh=np.ones_like(state.fresh)))


def _start(request: Request) -> SamplingState:
    """The state before any step. A row without points to draw is done."""
    b = request.seed.shape[0]
    return SamplingState(
        fresh=jnp.zeros(b, bool),
        t=request.steps,
        carry=request.carry,
        x=request.x,
        done=request.limit == 0,
        complete=jnp.zeros(b, bool),
        count=jnp.zeros(b, jnp.int32),
    )


def _started(request: Request, state: SamplingState) -> SamplingState:
    """The state with its fresh lines before their first step, and the others where they were."""

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(state.fresh.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return jax.tree.map(choose, _start(request), state._replace(fresh=jnp.zeros_like(state.fresh)))


@partial(jax.jit, static_argnames=("network", "steps", "rests"))
@exact
def advance(
    network: Network, params: Any, request: Request, state: SamplingState, *, steps: int, rests: bool = False
) -> tuple[SamplingState, Drawn]:
    """Moves the lines of a request by `steps` points, or until all have ended.

    Args:
      network: a synthesis network with `request.text`, or a prediction network without.
      params: its weights.
      request: see `Request`.
      state: of `begin` or the last call, in which any lines may have been made fresh.
      rests: whether the network learned lines with a rest behind them (`strokes.add_rests`).
    """
    b = request.seed.shape[0]
    places = request.text.codes.shape[1] if network.window else 0
    drawn = Drawn(
        points=jnp.zeros((steps, b, 3), jnp.float32),
        place=jnp.zeros((steps, b), jnp.int32),
        phi=jnp.zeros((steps, b, places), jnp.float32) if network.window else None,
        kappa=jnp.zeros((steps, b, network.components), jnp.float32) if network.window else None,
    )
    keys = jax.vmap(random_keys.key)(request.seed)
    # The same at every step:
    weights = network.apply({"params": params}, method="weights")
    gates = network.apply({"params": params}, request.style, method="style_gates") if network.styles else None
    state = _started(request, state)

    def step(loop: tuple[jax.Array, SamplingState, Drawn]) -> tuple[jax.Array, SamplingState, Drawn]:
        i, state, drawn = loop
        state, made = _sample_step(network, params, request, gates, weights, keys, rests, state)
        record = partial(lax.dynamic_update_index_in_dim, index=i, axis=0)
        return i + 1, state, jax.tree.map(record, drawn, made)

    _, state, drawn = lax.while_loop(
        lambda loop: (loop[0] < steps) & ~loop[1].done.all(), step, (jnp.zeros((), jnp.int32), state, drawn)
    )
    return state, drawn


def _sample_step(
    network: Network, params: Any, request: Request, gates: Any, weights: Any, keys: jax.Array, rests: bool,
    state: SamplingState,
) -> tuple[SamplingState, Drawn]:  # fmt: skip
    """Feeds the last point of each line, then ends the line or draws its next point; also returns its row of `Drawn`.

    A line ends by itself where the window is one past its text and the last drawn point lifted the pen: without the
    second condition its last letter is cut off. The pen bit that was written is the one that is looked at.

    A network that learned rests ends a line by drawing one: a point that lifts the pen at once, as no ink does. The
    window may be past the end while the dot of an exclamation mark is still to come, and it may come there a step after
    the rest: a network that must go on then, behind an end, writes anything. So the window need only have reached the
    last character.
    """
    carry, y = network.apply({"params": params}, state.carry, state.x, request.text, gates, weights, method="step")
    may_end = state.t > request.steps  # not before a point is drawn
    step_keys = jax.vmap(jax.random.fold_in)(keys, state.t)
    mixture = mdn.biased(network.mixture(y), request.bias, request.reach)
    drawn = jax.vmap(mdn.sample)(step_keys, mixture, request.reach)
    complete = jnp.zeros_like(state.done)
    place = carry.window.phi.argmax(axis=-1) if network.window else jnp.zeros_like(state.count)
    if network.window:
        length = request.text.length
        at_end = (drawn[:, 2] > 0.5) & (place >= length - 1) if rests else past_end(carry.window.phi, length)
        complete = may_end & (state.x[:, 2] > 0.5) & at_end
    done = state.done | complete | (state.count >= request.limit)

    state = SamplingState(
        fresh=state.fresh,
        t=state.t + ~state.done,
        carry=carry,
        x=drawn,
        done=done,
        complete=state.complete | (complete & ~state.done),
        count=state.count + ~done,
    )
    window = carry.window if network.window else None
    return state, Drawn(drawn, place.astype(jnp.int32), window and window.phi, window and window.kappa)


def past_end(phi: jax.Array, length: jax.Array) -> jax.Array:
    """bool [b]: phi(t, U+1) > phi(t, u) for all u <= U, for phi [b, u1] and U [b]: the window is one past the end."""
    place = jnp.arange(phi.shape[-1])
    last = jnp.take_along_axis(phi, length[:, None], axis=-1)
    return ((phi < last) | (place >= length[:, None])).all(axis=-1)

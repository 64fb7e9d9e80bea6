"""Lanes: lines that are written side by side, a new one beginning in the lane of one that has ended."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np

from writemate_jax.model.networks import Network, text_batch
from writemate_jax.sampling.leading import Led
from writemate_jax.sampling.sampler import Drawn, Request, SamplingState, advance, begin

STEPS = 32  # made at once: a lane of a line that ended is idle for half as many


class Track(NamedTuple):
    """How one line begins and what is wanted of it: a row of `sampler.Request`.

    codes: int32 [U], a primer's text included; empty for a prediction network. style: [s], or longer, see
    `Network.style_gates`. limit: most points to draw. led: where it begins (`leading`).
    window: whether its course is wanted.
    """

    codes: np.ndarray
    style: np.ndarray
    seed: int
    bias: float
    reach: float
    limit: int
    led: Led
    window: bool = False


class Ended(NamedTuple):
    """A line that has ended, its offsets normalised: points [T, 3] that were drawn, and place [T] at each.

    complete: it ended by itself. phi: [T, u1], kappa: [T, k], where they were wanted.
    """

    complete: bool
    points: np.ndarray
    place: np.ndarray
    phi: np.ndarray | None
    kappa: np.ndarray | None


class Moved(NamedTuple):
    """What became of a line in some steps: who entered it, the points [n, 3] drawn by now, and its end."""

    who: Any
    points: np.ndarray
    ended: Ended | None


class Lanes:
    """So many lanes of one text capacity.

    Args:
      network, params: the weights are on the device.
      count: lanes. All are computed at every step, also those that stay empty.
      capacity: u1 of the texts.
      rests: see `sampler.advance`.
    """

    def __init__(self, network: Network, params: Any, count: int, capacity: int, *, rests: bool):
        self._network, self._params, self._rests = network, params, rests
        self._who: list = [None] * count
        self._histories: list[list] = [[] for _ in range(count)]
        self._fresh = np.zeros(count, bool)
        self._wants_window = np.zeros(count, bool)
        text = text_batch([np.zeros(0, np.int32)] * count, capacity) if network.window else None
        self._request = Request(
            text=text,
            style=np.zeros((count, network.longest_style), np.float32) if network.styles else None,
            seed=np.zeros(count, np.uint32),
            bias=np.zeros(count, np.float32),
            reach=np.full(count, np.inf, np.float32),
            limit=np.zeros(count, np.int32),
            x=np.zeros((count, 3), np.float32),
            steps=np.zeros(count, np.int32),
            carry=jax.tree.map(
                lambda leaf: np.zeros(leaf.shape, leaf.dtype),
                jax.eval_shape(lambda: network.initial_carry(count, capacity)),
            ),
        )
        self._made = np.zeros(count, np.int32)  # steps of each lane
        self._on_device = jax.device_put(jax.tree.map(np.copy, self._request))
        self._state = begin(self._on_device)

    @property
    def free(self) -> int:
        """Lanes without a line."""
        return sum(who is None for who in self._who)

    @property
    def busy(self) -> int:
        """Lines that are being written."""
        return len(self.inside)

    @property
    def inside(self) -> list[Any]:
        """What was given as `who` of the lines that are being written."""
        return [who for who in self._who if who is not None]

    def enter(self, who: Any, track: Track) -> None:
        """Lets a line begin in a free lane, of which there must be one; `who` (not None) is what `Moved` calls it."""
        lane = self._who.index(None)
        self._who[lane], self._histories[lane] = who, []
        self._fresh[lane], self._wants_window[lane] = True, track.window
        request = self._request
        if request.text is not None:
            request.text.codes[lane] = 0
            request.text.codes[lane, : len(track.codes)] = track.codes
            request.text.length[lane] = len(track.codes)
        if request.style is not None:
            request.style[lane] = 0
            request.style[lane, : len(track.style)] = track.style
        request.seed[lane], request.limit[lane] = track.seed, track.limit
        request.bias[lane], request.reach[lane] = track.bias, track.reach
        request.x[lane], request.steps[lane] = track.led.x, track.led.steps
        for rows in jax.tree.leaves(request.carry):
            rows[lane] = 0
        if track.led.carry is not None:
            jax.tree.map(lambda rows, own: rows.__setitem__(lane, own), request.carry, track.led.carry)

    def leave(self, who: Any) -> None:
        """Gives up a line; its lane is free."""
        lane = self._who.index(who)
        self._who[lane], self._histories[lane] = None, []
        self._request.limit[lane], self._fresh[lane], self._wants_window[lane] = 0, True, False

    def advance(self) -> list[Moved]:
        """Moves every line by some steps; says of each what it drew."""
        if self._fresh.any():
            # Copies: a device that shares the host's memory would see what enters later.
            self._on_device = jax.device_put(jax.tree.map(np.copy, self._request))
            self._state = self._state._replace(fresh=jax.device_put(self._fresh.copy()))
            self._made[self._fresh] = self._request.steps[self._fresh]
            self._fresh = np.zeros_like(self._fresh)
        self._state, drawn = advance(
            self._network, self._params, self._on_device, self._state, steps=STEPS, rests=self._rests
        )
        if not self._wants_window.any():  # it is the largest part
            drawn = drawn._replace(phi=None, kappa=None)
        drawn, state = jax.device_get((drawn, self._state._replace(carry=None)))
        before, self._made = self._made, state.t.copy()
        return [self._moved(lane, drawn, state, before[lane]) for lane, who in enumerate(self._who) if who is not None]

    def _moved(self, lane: int, drawn: Drawn, state: SamplingState, before: int) -> Moved:
        """What a line drew since it had made `before` steps; its lane is free if it has ended."""
        who, history = self._who[lane], self._histories[lane]
        parts = [drawn.points, drawn.place, *((drawn.phi, drawn.kappa) if self._wants_window[lane] else (None, None))]
        parts = [None if part is None else part[: state.t[lane] - before, lane].copy() for part in parts]
        history.append(parts)
        count = int(state.count[lane])  # the last of a line's steps may only have found the end
        points = parts[0][: int(self._request.steps[lane]) + count - before]
        if not state.done[lane]:
            return Moved(who, points, None)
        whole = [None if part[0] is None else np.concatenate(part)[:count] for part in zip(*history, strict=True)]
        self._who[lane], self._histories[lane], self._wants_window[lane] = None, [], False
        return Moved(who, points, Ended(bool(state.complete[lane]), *whole))

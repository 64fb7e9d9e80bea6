"""A small recogniser of our own, cheap enough to be trained many times: ink to text, by convolutions and CTC.

It reads the pen's movements, not a picture, two points a frame. It is no match for a real one; it is there to compare
sets of lines by what a network learns from them (`usefulness`), all else being equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from writemate_jax.alphabet import Alphabet
from writemate_jax.evaluation.ctc import BLANK, best_path
from writemate_jax.strokes import Rows

CAPACITIES = (96, 192, 288, 448)  # points: a line is padded to one of these, so that few programs are compiled
POINTS = 9_216  # of a batch, about: 96 short lines or 20 long ones
MOST_CHARACTERS = 64
SCALE = 3.0  # offsets have a deviation of about a third of an x-height
RATE, DECAY = 2e-3, 0.01
SLANT, SIZE, ASPECT = 0.15, 0.1, 0.1  # deviations of a random linear map of each line at each visit


class Reader(nn.Module):
    """Rows ``[B, T, 3]`` in x-heights and lengths ``[B]`` to log-probabilities ``[B, T / 2, 1 + characters]``."""

    characters: int
    width: int = 64
    dilations: Sequence[int] = (1, 2, 4, 8, 1, 2)

    @nn.compact
    def __call__(self, rows: jax.Array, lengths: jax.Array) -> jax.Array:
        y = jnp.cumsum(rows[..., 1], axis=1)[..., None]  # height above the baseline tells a comma from an apostrophe
        x = jnp.concatenate([rows * jnp.array([SCALE, SCALE, 1.0]), y], axis=-1)
        there = (jnp.arange(x.shape[1]) < lengths[:, None])[..., None]
        x = x * there
        x = x.reshape(x.shape[0], x.shape[1] // 2, -1)  # two points a frame
        there = there[:, ::2]
        x = nn.gelu(nn.Dense(self.width)(_beside(x, 1)))
        for dilation in self.dilations:
            y = _beside(nn.LayerNorm()(x) * there, dilation)
            x = x + nn.Dense(self.width)(nn.gelu(nn.Dense(self.width)(y)))
        return nn.log_softmax(nn.Dense(1 + self.characters)(nn.LayerNorm()(x)))


def _beside(x: jax.Array, distance: int) -> jax.Array:
    """Each frame of ``[B, T, C]`` with those ``distance`` before and behind it, ``[B, T, 3 C]``.

    A product with these is a convolution, and on a CPU several times as fast as one.
    """
    padded = jnp.pad(x, ((0, 0), (distance, distance), (0, 0)))
    return jnp.concatenate([padded[:, : x.shape[1]], x, padded[:, 2 * distance :]], axis=-1)


class Examples(NamedTuple):
    """Lines [T, 3] under the same `conventions`, and their texts."""

    lines: Sequence[Rows]
    texts: Sequence[str]


def fits(line: Rows, text: str) -> bool:
    """Whether a line can be learned from: it is no longer than the largest capacity, and has frames for its text."""
    needed = len(text) + sum(a == b for a, b in zip(text, text[1:], strict=False))
    return len(line) <= CAPACITIES[-1] and len(text) <= MOST_CHARACTERS and needed <= len(line) // 2


class State(NamedTuple):
    """Of the training: step, weights, the optimiser's moments."""

    step: int
    params: Any
    moments: Any


def initial_state(alphabet: Alphabet, seed: int) -> State:
    params = _start(alphabet.size, jax.random.key(seed))
    return State(0, params, _rule().init(params))


def train(
    examples: Examples,
    alphabet: Alphabet,
    steps: int,
    *,
    seed: int = 0,
    state: State | None = None,
    progress: Callable[[State, float], None] = lambda state, loss: None,
) -> State:
    """The state after ``steps`` updates in all; it goes on from ``state``, as if it had never stopped.

    ``progress`` is called after each with the state, whose arrays the next step uses up, and the nats a character.
    """
    state = initial_state(alphabet, seed) if state is None else state
    codes = [alphabet.encode(text) for text in examples.texts]
    step, params, moments = state
    for number, chosen in enumerate(_batches(examples.lines, seed)):
        if number >= steps:
            break
        if number < step:
            continue
        rng = np.random.default_rng([seed, 1, number])
        batch = _padded([augmented(examples.lines[i], rng) for i in chosen], [codes[i] for i in chosen])
        params, moments, loss = _update(alphabet.size, params, moments, batch, number / steps)
        progress(State(number + 1, params, moments), float(loss))
    return State(max(step, steps), params, moments)


def read(state: State, lines: Sequence[Rows], alphabet: Alphabet) -> list[str]:
    """What the lines say, by the likeliest alignment. A line beyond the largest capacity is read as far as that."""
    lines = [line[: CAPACITIES[-1]] for line in lines]
    texts = [""] * len(lines)
    for capacity in CAPACITIES:
        own = [i for i, line in enumerate(lines) if _capacity(line) == capacity]
        size = _batch_size(capacity)
        for first in range(0, len(own), size):
            chosen = own[first : first + size]
            batch = _padded([lines[i] for i in chosen], [np.zeros(0, np.int32)] * len(chosen))
            log_probs = np.asarray(_log_probs(alphabet.size, state.params, batch.rows, batch.lengths))
            for row, i in enumerate(chosen):
                texts[i] = alphabet.decode(best_path(log_probs[row, : -(-len(lines[i]) // 2)]))
    return texts


def augmented(line: Rows, rng: np.random.Generator) -> Rows:
    """The line with another slant, size and width; its origin stays on the baseline."""
    slant, size, aspect = rng.normal(size=3) * (SLANT, SIZE, ASPECT)
    across = np.array([[np.exp(size + aspect), 0, 0], [slant, np.exp(size), 0], [0, 0, 1]], np.float32)
    return line @ across


class _Batch(NamedTuple):
    rows: np.ndarray  # float32 [B, capacity, 3]
    lengths: np.ndarray  # int32 [B]
    labels: np.ndarray  # int32 [B, MOST_CHARACTERS], 0 past the text
    weights: np.ndarray  # float32 [B], 0 where a row is empty


def _padded(lines: Sequence[Rows], codes: Sequence[np.ndarray]) -> _Batch:
    capacity = max(map(_capacity, lines))
    size = _batch_size(capacity)
    batch = _Batch(
        np.zeros((size, capacity, 3), np.float32), np.full(size, 2, np.int32),
        np.zeros((size, MOST_CHARACTERS), np.int32), np.zeros(size, np.float32),
    )  # fmt: skip
    for i, (line, code) in enumerate(zip(lines, codes, strict=True)):
        batch.rows[i, : len(line)], batch.lengths[i] = line, len(line)
        batch.labels[i, : len(code)], batch.weights[i] = code, 1
    return batch


def _batches(lines: Sequence[Rows], seed: int) -> Iterator[list[int]]:
    """Batches of lines of one capacity, without end; every line once in each round."""
    capacities = np.array([_capacity(line) for line in lines])
    for round_ in range(2**31):
        rng = np.random.default_rng([seed, 2, round_])
        batches = []
        for capacity in CAPACITIES:
            own = rng.permutation(np.flatnonzero(capacities == capacity)).tolist()
            size = _batch_size(capacity)
            batches += [own[first : first + size] for first in range(0, len(own), size)]
        for i in rng.permutation(len(batches)):
            yield batches[i]


def _capacity(line: Rows) -> int:
    return next(capacity for capacity in CAPACITIES if capacity >= len(line))


def _batch_size(capacity: int) -> int:
    return POINTS // capacity


def _rule():
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1.0, b2=0.98, weight_decay=DECAY))


@partial(jax.jit, static_argnums=0)
def _start(characters: int, key: jax.Array):
    return Reader(characters).init(key, jnp.zeros((1, 16, 3)), jnp.full(1, 16))


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def _update(characters: int, params, moments, batch: _Batch, share_done):
    def loss(params):
        log_probs = Reader(characters).apply(params, batch.rows, batch.lengths)
        frames = (jnp.arange(log_probs.shape[1])[None] * 2 >= batch.lengths[:, None]).astype(jnp.float32)
        unused = (batch.labels == BLANK).astype(jnp.float32)
        nats = optax.ctc_loss(log_probs, frames, batch.labels, unused, blank_id=BLANK)
        return (nats * batch.weights).sum() / jnp.maximum((1 - unused).sum(), 1)

    value, gradient = jax.value_and_grad(loss)(params)
    updates, moments = _rule().update(gradient, moments, params)
    # A short rise, since the first gradients of CTC are wild, then a cosine to nothing.
    rate = RATE * jnp.minimum(1.0, share_done / 0.03 + 0.01) * (1 + jnp.cos(jnp.pi * share_done)) / 2
    return optax.apply_updates(params, jax.tree.map(lambda u: rate * u, updates)), moments, value


@partial(jax.jit, static_argnums=0)
def _log_probs(characters: int, params, rows, lengths):
    return Reader(characters).apply(params, rows, lengths)

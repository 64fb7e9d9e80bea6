"""How the reader learns: CTC on lines of ink and their texts, cheap enough to be done many times.

It is no match for a real recogniser. But candidates for the same text can be compared by it, and sets of lines by what
it learns from them (`evaluation.usefulness`), all else being equal.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import serialization

from writemate_jax import random_keys
from writemate_jax.alphabet import Alphabet
from writemate_jax.reading.batch import batch_nats
from writemate_jax.reading.ctc import BLANK
from writemate_jax.reading.network import POINTS_A_FRAME, initial_params
from writemate_jax.reading.reader import Reader
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

CAPACITIES = (96, 192, 288, 448)  # points: a line is padded to one of these, so that few programs are compiled
POINTS = 9_216  # of a batch, about: 96 short lines or 20 long ones
MOST_CHARACTERS = 64
RATE, DECAY = 2e-3, 0.01
SAVE_EVERY = 100  # steps
SLANT, SIZE, ASPECT = 0.15, 0.1, 0.1  # deviations of a random linear map of each line at each visit


class Examples(NamedTuple):
    """Lines [T, 3] under the same `conventions`, and their texts."""

    lines: Sequence[Rows]
    texts: Sequence[str]


def fits(line: Rows, text: str) -> bool:
    """Whether a line can be learned from: it is no longer than the largest capacity, and has frames for its text."""
    needed = len(text) + sum(a == b for a, b in zip(text, text[1:], strict=False))
    return len(line) <= CAPACITIES[-1] and len(text) <= MOST_CHARACTERS and needed <= len(line) // POINTS_A_FRAME


class State(NamedTuple):
    """Of the training: step, weights, the optimiser's moments."""

    step: int
    params: Any
    moments: Any


def initial_state(alphabet: Alphabet, seed: int) -> State:
    params = _start(alphabet.size, random_keys.key(seed))
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
        params, moments, loss = _update(params, moments, batch, number / steps)
        progress(State(number + 1, params, moments), float(loss))
    return State(max(step, steps), params, moments)


def learned(
    path: Path,
    examples: Examples,
    alphabet: Alphabet,
    steps: int,
    seed: int,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> tuple[Reader, float]:
    """The trained reader, and its loss over the last steps; what was trained before is in ``path``.

    Raises ValueError where that is of another training, or none.
    """
    state, losses = initial_state(alphabet, seed), deque(maxlen=SAVE_EVERY)
    about = {"steps": steps, "seed": seed, "characters": alphabet.characters, "lines": _digest(examples)}
    if Path(path).is_file():
        stored = _stored(path, about)
        state = State(*serialization.from_state_dict(tuple(state), stored["state"]))
        state = state._replace(step=int(state.step))
        losses.extend(stored["losses"].tolist())

    def save(state: State) -> None:
        whole = {"about": about, "state": tuple(state), "losses": np.array(losses)}
        with replacing(path) as temporary:
            temporary.write_bytes(serialization.to_bytes(whole))

    def after(state: State, loss: float) -> None:
        losses.append(loss)
        if state.step % SAVE_EVERY == 0:
            save(state)
        progress(state.step, loss)

    state = train(examples, alphabet, steps, seed=seed, state=state, progress=after)
    save(state)
    return Reader(alphabet, jax.device_get(state.params)), float(np.mean(losses))


def _stored(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    try:
        stored = serialization.msgpack_restore(Path(path).read_bytes())
        was = stored["about"]
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} is no training of this version that can go on; remove it") from error
    other = [f"{key} {was.get(key)!r} there, {value!r} here" for key, value in about.items() if was.get(key) != value]
    if other:
        raise ValueError(f"{path} is of another training: {'; '.join(other)}; remove it, or choose another place")
    return stored


def _digest(examples: Examples) -> str:
    """Of the lines and texts; names the same in every process."""
    found = hashlib.sha256()
    for line, text in zip(examples.lines, examples.texts, strict=True):
        found.update(np.ascontiguousarray(line, np.float32).tobytes() + text.encode("utf-8"))
    return found.hexdigest()[:16]


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
    return initial_params(key, characters)


@partial(jax.jit, donate_argnums=(0, 1))
def _update(params, moments, batch: _Batch, share_done):
    def loss(params):
        nats = batch_nats(params, batch.rows, batch.lengths, batch.labels)
        return (nats * batch.weights).sum() / jnp.maximum((batch.labels != BLANK).sum(), 1)

    value, gradient = jax.value_and_grad(loss)(params)
    updates, moments = _rule().update(gradient, moments, params)
    # A short rise, since the first gradients of CTC are wild, then a cosine to nothing.
    rate = RATE * jnp.minimum(1.0, share_done / 0.03 + 0.01) * (1 + jnp.cos(jnp.pi * share_done)) / 2
    return optax.apply_updates(params, jax.tree.map(lambda u: rate * u, updates)), moments, value

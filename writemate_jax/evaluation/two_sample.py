"""A classifier two-sample test (Lopez-Paz and Oquab 2017): can a small network tell written ink from real ink?

The network, convolutions along a line's rows (dx, dy, eos), is trained on some writers' lines and on written lines of
the same texts. It is tested on other writers' lines and on written lines of their texts, from other seeds. The figure
is the area under the ROC curve: 0.5 where it cannot tell them apart, 1 where it always can.

What it must not go by, and what is done about that:

* The text: every text is there on both sides, once real and once written, and both are in the same fold.
* The writer: folds are cut by writer, so that no known hand is met again.
* The grid, the margin in front of a line, the made dots: see `conventions`, which both sides went through.
* The length: the network sees windows of `WINDOW` points; a line's score is the mean over its windows.
* Seams: the open corpus sets words beside words, and coined texts character by character. The network learned to write
  from such lines and is compared with such, text by text. Seams are there on both sides if it writes as it was taught.
* The law by which real points were placed along the curve is a cue and stays one: placing points is the network's own
  task.

The test is tested too: real ink against real ink of other writers should come out near 0.5 (`writers_apart`), real
against disturbed real ink near 1 (`disturb`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from writemate_jax import strokes
from writemate_jax.strokes import Rows

FOLDS = 4
WINDOW = 192  # points
STEPS, BATCH = 300, 64
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 0.05
SCALE = 3.0  # offsets have a deviation of about a third of an x-height
DISTURBANCE = 0.08  # x-heights


class Critic(nn.Module):
    """Windows ``[B, WINDOW, 3]`` and lengths ``[B]`` to logits ``[B]``, positive for written."""

    widths: Sequence[int] = (32, 48, 64, 64)
    dropout: float = 0.3

    @nn.compact
    def __call__(self, rows: jax.Array, lengths: jax.Array, *, train: bool = False) -> jax.Array:
        x, stride = rows * jnp.array([SCALE, SCALE, 1.0]), 1
        for i, width in enumerate(self.widths):
            x = x * (jnp.arange(x.shape[1]) * stride < lengths[:, None])[..., None]  # as if the line stood alone
            x = nn.gelu(nn.LayerNorm()(nn.Conv(width, (5,), strides=(2 if i else 1,))(x)))
            stride *= 2 if i else 1
        there = (jnp.arange(x.shape[1]) * stride < lengths[:, None])[..., None]
        mean = (x * there).sum(axis=1) / there.sum(axis=1)
        peak = jnp.where(there, x, -jnp.inf).max(axis=1)
        x = nn.Dropout(self.dropout, deterministic=not train)(jnp.concatenate([mean, peak], axis=-1))
        return nn.Dense(1)(x)[:, 0]


@dataclass(frozen=True)
class TwoSample:
    """Areas under the ROC curve, one a fold: their mean, and the deviation from fold to fold."""

    auc: float
    deviation: float
    folds: tuple[float, ...]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """P(positive > negative), ties by half: the area under the ROC curve, as Mann and Whitney's statistic."""
    from scipy.stats import rankdata

    positive, negative = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    if not len(positive) or not len(negative):
        raise ValueError(f"{len(positive)} scores against {len(negative)}; expected at least one on each side")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


def two_sample(
    lines: Sequence[Rows],
    written: Sequence[bool],
    writers: Sequence[str],
    *,
    folds: int = FOLDS,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> TwoSample:
    """Trains and tests a network in each fold; ``progress`` is called after each.

    Args:
      lines: [T, 3] each, under the same `conventions`.
      written: the class of each line.
      writers: of each line; for a written one, the writer of the real line with its text.

    Raises ValueError where the writers do not suffice for the folds, or a fold lacks a class.
    """
    classes = np.asarray(written, bool)
    fold_of = _folds(writers, folds, seed)
    found = []
    for fold in range(folds):
        held = fold_of == fold
        for part in (held, ~held):
            if not (0 < classes[part].sum() < part.sum()):
                raise ValueError("a fold of the two-sample test lacks one of the classes; take more lines or writers")
        parameters = _train([lines[i] for i in np.flatnonzero(~held)], classes[~held], steps, seed=seed + fold)
        scores = score(parameters, [lines[i] for i in np.flatnonzero(held)])
        found.append(auc(scores[classes[held]], scores[~classes[held]]))
        progress()
    return TwoSample(float(np.mean(found)), float(np.std(found)), tuple(found))


def writers_apart(writers: Sequence[str], *, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """Two random sets of writers, as a class bool for each line; both are in each fold of the same seed."""
    fold_of = _folds(writers, folds, seed)
    classes = np.zeros(len(fold_of), bool)
    names, whose = np.unique(np.asarray(writers), return_inverse=True)
    rng = np.random.default_rng([seed, 1])
    for fold in range(folds):
        within = rng.permutation(np.unique(whose[fold_of == fold]))
        classes |= np.isin(whose, within[: len(within) // 2])
    return classes


def disturb(line: Rows, rng: np.random.Generator, *, quantum: float) -> Rows:
    """The line with every point moved by a little noise, back on the grid: a forgery that the test must find."""
    points = strokes.to_points(line)
    moved = points + rng.normal(0.0, DISTURBANCE, points.shape)
    moved = np.rint(moved / quantum) * quantum
    return strokes.from_points(moved, line[:, 2], origin=moved[0])


def score(parameters, lines: Sequence[Rows]) -> np.ndarray:
    """The mean logit of each line's windows, float64 ``[lines]``."""
    windows = [(i, rows) for i, line in enumerate(lines) for rows in _windows(line)]
    logits = np.concatenate([
        np.asarray(_logits(parameters, *_padded([rows for _, rows in windows[first : first + BATCH]])))
        for first in range(0, len(windows), BATCH)
    ])[: len(windows)]  # fmt: skip
    owner = np.array([i for i, _ in windows])
    return np.bincount(owner, logits, len(lines)) / np.bincount(owner, minlength=len(lines))


def _folds(writers: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """The fold of each line: whole writers, those with most lines first, dealt to and fro like cards."""
    names, whose, sizes = np.unique(np.asarray(writers), return_inverse=True, return_counts=True)
    if len(names) < 2 * folds:
        raise ValueError(f"{len(names)} writers for {folds} folds; expected at least {2 * folds}: take more lines")
    shuffled = np.random.default_rng([seed, 2]).permutation(len(names))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    dealt = np.resize([*range(folds), *reversed(range(folds))], len(names))
    of_writer = np.empty(len(names), int)
    of_writer[order] = dealt
    return of_writer[whose]


def _train(lines: Sequence[Rows], classes: np.ndarray, steps: int, *, seed: int):
    """Weights after ``steps`` updates on balanced batches of random windows."""
    rng = np.random.default_rng([seed, 3])
    sides = [np.flatnonzero(classes == side) for side in (False, True)]
    key = jax.random.key(seed)
    parameters, state = _start(key)
    for step in range(steps):
        chosen = np.concatenate([rng.choice(side, BATCH // 2) for side in sides])
        rows, lengths = _padded([_random_window(lines[i], rng) for i in chosen])
        parameters, state = _update(
            parameters, state, rows, lengths, classes[chosen].astype(np.float32), jax.random.fold_in(key, step),
            step / steps,
        )  # fmt: skip
    return parameters


@jax.jit
def _start(key: jax.Array):
    empty = jnp.zeros((BATCH, WINDOW, 3))
    parameters = Critic().init(key, empty, jnp.full(BATCH, WINDOW))
    return parameters, _optimiser().init(parameters)


def _optimiser():
    return optax.adamw(1.0, weight_decay=WEIGHT_DECAY)


@partial(jax.jit, donate_argnums=(0, 1))
def _update(parameters, state, rows, lengths, classes, key, share_done):
    def loss(parameters):
        logits = Critic().apply(parameters, rows, lengths, train=True, rngs={"dropout": key})
        return optax.sigmoid_binary_cross_entropy(logits, classes).mean()

    updates, state = _optimiser().update(jax.grad(loss)(parameters), state, parameters)
    rate = LEARNING_RATE * (1 + jnp.cos(jnp.pi * share_done)) / 2
    return optax.apply_updates(parameters, jax.tree.map(lambda u: rate * u, updates)), state


@jax.jit
def _logits(parameters, rows, lengths):
    return Critic().apply(parameters, rows, lengths)


def _windows(line: Rows) -> list[Rows]:
    """Windows over the whole line, the last one flush with its end."""
    starts = [*range(0, max(1, len(line) - WINDOW), WINDOW // 2), max(0, len(line) - WINDOW)]
    return [line[start : start + WINDOW] for start in dict.fromkeys(starts)]


def _random_window(line: Rows, rng: np.random.Generator) -> Rows:
    start = rng.integers(max(1, len(line) - WINDOW + 1))
    return line[start : start + WINDOW]


def _padded(windows: Sequence[Rows]) -> tuple[np.ndarray, np.ndarray]:
    """A batch of always `BATCH`: rows float32 ``[BATCH, WINDOW, 3]`` and lengths ``[BATCH]``, at least 1."""
    rows, lengths = np.zeros((BATCH, WINDOW, 3), np.float32), np.ones(BATCH, np.int32)
    for i, window in enumerate(windows):
        rows[i, : len(window)], lengths[i] = window, len(window)
    return rows, lengths

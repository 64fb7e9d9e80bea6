"""A classifier two-sample test (Lopez-Paz and Oquab 2017): can a small network tell written ink from real ink?

The network, convolutions along a line's rows (dx, dy, eos), is trained on lines of some writers and on written lines of
the same texts. It is tested on other writers' lines and on written lines of their texts, from other seeds. The figure
is the area under the ROC curve: 0.5 where it cannot tell them apart, 1 where it always can. A figure is only as good as
the network behind it: one trained for a tenth of the time, or on a tenth of the lines, finds hardly any difference.

What it must not go by, and what is done about that:

* The text: every text is there on both sides, once real and once written.
* The writer: no writer of the training is in the test.
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

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from writemate_jax import random_keys, strokes
from writemate_jax.evaluation import small_networks, windows
from writemate_jax.evaluation.bootstrap import Interval
from writemate_jax.strokes import Rows

WINDOW = 192  # points
STEPS, BATCH = 3_000, 64
FIT = small_networks.Fit(rate=2e-3, weight_decay=0.05)
SCALE = 3.0  # offsets have a deviation of about a third of an x-height
DISTURBANCE = 0.08  # x-heights


class Critic(nn.Module):
    """Windows ``[B, WINDOW, 3]`` and lengths ``[B]`` to logits ``[B]``, positive for written."""

    widths: Sequence[int] = (32, 48, 64, 64)
    dropout: float = 0.3

    @nn.compact
    def __call__(self, rows: jax.Array, lengths: jax.Array, *, train: bool = False) -> jax.Array:
        x, there = small_networks.convolutions(rows, lengths, self.widths, SCALE)
        mean = small_networks.mean(x, there)
        peak = jnp.where(there, x, -jnp.inf).max(axis=1)
        x = nn.Dropout(self.dropout, deterministic=not train)(jnp.concatenate([mean, peak], axis=-1))
        return nn.Dense(1)(x)[:, 0]


class Labelled(NamedTuple):
    """Lines [T, 3] under the same `conventions`, and for each its class and its writer.

    writers: of a written line, the writer of the real line with its text.
    """

    lines: Sequence[Rows]
    written: np.ndarray  # bool
    writers: Sequence[str]


@dataclass(frozen=True)
class TwoSample:
    """The area under the ROC curve, and its 95% interval over other writers of as many (bootstrap)."""

    auc: float
    interval: Interval


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """P(positive > negative), ties by half: the area under the ROC curve, as Mann and Whitney's statistic."""
    from scipy.stats import rankdata

    positive, negative = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    if not len(positive) or not len(negative):
        raise ValueError(f"{len(positive)} scores against {len(negative)}; expected at least one on each side")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


def pair(real: Sequence[Rows], written: Sequence[Rows], writers: Sequence[str]) -> Labelled:
    """Real lines and written ones of the same texts; ``writers`` of the real ones."""
    return Labelled([*real, *written], np.repeat([False, True], [len(real), len(written)]), [*writers, *writers])


def two_sample(training: Labelled, held: Labelled, *, steps: int = STEPS, seed: int = 0) -> TwoSample:
    """Trains a network and tests it on the lines held back.

    Raises ValueError where a writer is in both, or one of them lacks a class.
    """
    known = set(training.writers) & set(held.writers)
    if known:
        raise ValueError(f"writer {min(known)!r} is in the training and in the test; expected different ones")
    for name, part in (("training", training), ("test", held)):
        if not 0 < part.written.sum() < len(part.lines):
            raise ValueError(f"the {name} of the two-sample test lacks real or written lines; take more lines")
    scores = score(_train(training.lines, training.written, steps, seed=seed), held.lines)
    return TwoSample(auc(scores[held.written], scores[~held.written]), _interval(scores, held, seed=seed))


def writers_apart(writers: Sequence[str], *, seed: int = 0) -> np.ndarray:
    """A class bool for each line: half of the writers, at random, as if they were written."""
    names, whose = np.unique(np.asarray(writers), return_inverse=True)
    return (np.random.default_rng([seed, 1]).permutation(len(names)) < len(names) // 2)[whose]


def disturb(line: Rows, rng: np.random.Generator, *, quantum: float) -> Rows:
    """The line with every point moved by a little noise, back on the grid: a forgery that the test must find."""
    points = strokes.to_points(line)
    moved = points + rng.normal(0.0, DISTURBANCE, points.shape)
    moved = np.rint(moved / quantum) * quantum
    return strokes.from_points(moved, line[:, 2], origin=moved[0])


def score(parameters, lines: Sequence[Rows]) -> np.ndarray:
    """The mean logit of each line's windows, float64 ``[lines]``."""
    logits, owners, _ = windows.over_lines(partial(_logits, parameters), lines, WINDOW, BATCH)
    return np.bincount(owners, logits, len(lines)) / np.bincount(owners, minlength=len(lines))


def _interval(scores: np.ndarray, held: Labelled, *, seed: int, draws: int = 300) -> Interval:
    """Whole writers are drawn, since the lines of one are alike; draws without one of the classes do not count."""
    names, whose = np.unique(np.asarray(held.writers), return_inverse=True)
    of_writer = [np.flatnonzero(whose == i) for i in range(len(names))]
    rng = np.random.default_rng([seed, 2])
    found = []
    for _ in range(draws):
        drawn = np.concatenate([of_writer[i] for i in rng.integers(len(names), size=len(names))])
        classes = held.written[drawn]
        if 0 < classes.sum() < len(classes):
            found.append(auc(scores[drawn][classes], scores[drawn][~classes]))
    return Interval(*map(float, np.quantile(found, [0.025, 0.975])))


def _train(lines: Sequence[Rows], classes: np.ndarray, steps: int, *, seed: int):
    """Weights after ``steps`` updates on balanced batches of random windows."""
    rng = np.random.default_rng([seed, 3])
    sides = [np.flatnonzero(classes == side) for side in (False, True)]
    key = random_keys.key(seed)
    parameters, state = _start(key)
    for step in range(steps):
        chosen = np.concatenate([rng.choice(side, BATCH // 2) for side in sides])
        rows, lengths = windows.padded([windows.draw(lines[i], WINDOW, rng) for i in chosen], WINDOW, BATCH)
        parameters, state = _update(
            parameters, state, rows, lengths, classes[chosen].astype(np.float32), jax.random.fold_in(key, step),
            step / steps,
        )  # fmt: skip
    return parameters


@jax.jit
def _start(key: jax.Array):
    empty = jnp.zeros((BATCH, WINDOW, 3))
    parameters = Critic().init(key, empty, jnp.full(BATCH, WINDOW))
    return parameters, FIT.start(parameters)


@partial(jax.jit, donate_argnums=(0, 1))
def _update(parameters, state, rows, lengths, classes, key, share_done):
    def loss(parameters):
        logits = Critic().apply(parameters, rows, lengths, train=True, rngs={"dropout": key})
        return optax.sigmoid_binary_cross_entropy(logits, classes).mean()

    return FIT.update(loss, parameters, state, share_done)


@jax.jit
def _logits(parameters, rows, lengths):
    return Critic().apply(parameters, rows, lengths)

"""Tells whose hand a line is: a small network that turns ink into a direction in which a writer's lines lie together.

It learns to name the training's writers. Its last layer is then left out; in the space before it, directions in which
the lines of one writer scatter are shortened (whitened by the scatter within writers, as linear discriminant analysis
does), which took the share of real lines ascribed rightly from 37% to 60% after 600 steps. A writer that it never saw
is known by the mean of some of their lines, and a line is ascribed to the nearest of these. So a few lines do.

What it must not go by, and what is done about that:

* Where points lie along the curve, and the pen's tremble, which a biased network leaves out: strokes are smoothed and
  resampled evenly, in real and written ink alike. What is left is the form.
* Slope, grid, margin, made dots: lines are levelled and go through `conventions` before.
* The text: it cannot be hidden altogether, as writers wrote different texts. Written lines have the texts of real
  lines, so what the text gives away shows in the share of the lines that were written in nobody's hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from writemate_jax import random_keys, strokes
from writemate_jax.data.corpus import Corpus
from writemate_jax.evaluation import small_networks, windows
from writemate_jax.evaluation.conventions import conventional
from writemate_jax.sampling.levelling import level
from writemate_jax.strokes import Rows

WINDOW, BATCH = 256, 64  # points
STEPS = 1_000
FIT = small_networks.Fit(rate=2e-3, weight_decay=0.05)
SPACING, SMOOTHING = 0.2, 1.0  # x-heights, points
SCALE = 5.0  # offsets are about SPACING long
SHARPNESS = 16.0  # of the softmax over cosines
DIRECTIONS = 96
FEWEST_CHARACTERS = 6  # of a line that is learned from, spaces not counted
SCATTER_LINES = 4  # of each of the training's writers, that the scatter within writers is measured on
EVEN = 0.1  # of the mean scatter is added in every direction: what was hardly seen to scatter is not trusted


class Encoder(nn.Module):
    """Windows [b, WINDOW, 3] and lengths [b] to directions [b, DIRECTIONS], of length 1."""

    widths: Sequence[int] = (48, 64, 96, 128)
    dropout: float = 0.2

    @nn.compact
    def __call__(self, rows: jax.Array, lengths: jax.Array, *, train: bool = False) -> jax.Array:
        x, there = small_networks.convolutions(rows, lengths, self.widths, SCALE)
        mean = small_networks.mean(x, there)
        spread = jnp.sqrt(small_networks.mean(jnp.square(x - mean[:, None]), there) + 1e-6)
        x = nn.Dropout(self.dropout, deterministic=not train)(jnp.concatenate([mean, spread], axis=-1))
        x = nn.Dense(DIRECTIONS)(x)
        return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


class Namer(nn.Module):
    """Windows and lengths to log odds [b, writers]: cosines with a direction for each writer."""

    writers: int

    @nn.compact
    def __call__(self, rows: jax.Array, lengths: jax.Array, *, train: bool = False) -> jax.Array:
        names = self.param("names", nn.initializers.normal(1.0), (DIRECTIONS, self.writers))
        return SHARPNESS * Encoder(name="reader")(rows, lengths, train=train) @ (names / jnp.linalg.norm(names, axis=0))


def form(line: Rows, *, quantum: float) -> Rows:
    """What of a line [T, 3] in x-heights the network sees: see the module."""
    line = conventional(level(line), quantum=quantum)
    return strokes.map_strokes(
        lambda stroke: (
            strokes.resample_uniform(strokes.smooth(stroke, SMOOTHING), SPACING) if len(stroke) > 2 else stroke
        ),
        line,
    )


def lines_of_each(corpus: Corpus, indices: Sequence[int], count: int, *, seed: int = 0) -> list[int]:
    """At most ``count`` lines of each writer, drawn from these of a corpus, of at least `FEWEST_CHARACTERS`."""
    of_writer: dict[str, list[int]] = {}
    for i in np.random.default_rng(seed).permutation(indices).tolist():
        if len(corpus.text(i).replace(" ", "")) >= FEWEST_CHARACTERS:
            of_writer.setdefault(corpus.writer(i), []).append(i)
    return sorted(i for own in of_writer.values() for i in own[:count])


@dataclass(frozen=True, eq=False)
class WriterRecogniser:
    """A trained `Encoder` and the space that it is read in. parameters: its weights. mean: [d], whiten: [d, d]."""

    parameters: Any
    mean: np.ndarray
    whiten: np.ndarray

    def places(self, lines: Sequence[Rows]) -> np.ndarray:
        """Where lines lie, float64 [lines, d]; lines are forms [T, 3]."""
        return (_directions(self.parameters, lines) - self.mean) @ self.whiten

    def ascribe(self, lines: Sequence[Rows], known: Sequence[Sequence[Rows]]) -> np.ndarray:
        """Whose each line is, int [lines]: the writer, known by some lines each, whose mean is nearest in direction."""
        whose = np.repeat(np.arange(len(known)), [len(own) for own in known])
        places = self.places([line for own in known for line in own])
        writers = _unit(np.stack([places[whose == i].mean(axis=0) for i in range(len(known))]))
        return (self.places(lines) @ writers.T).argmax(axis=1)


def train(
    lines: Sequence[Rows],
    writers: Sequence[str],
    *,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> WriterRecogniser:
    """Learns to name writers from windows of their lines at random; a writer comes as often as the root of their lines.

    lines: forms [T, 3]; writers: of each. Raises ValueError unless two of them have two lines.
    """
    names, whose = np.unique(np.asarray(writers), return_inverse=True)
    own = [np.flatnonzero(whose == i) for i in range(len(names))]
    if sum(len(o) > 1 for o in own) < 2:
        raise ValueError(f"{len(lines)} lines of {len(names)} writers; expected two writers of two lines and more")
    often = np.sqrt([len(o) for o in own])
    rng = np.random.default_rng([seed, 3])
    key = random_keys.key(seed)
    parameters, state = _start(key, len(names))
    for step in range(steps):
        classes = rng.choice(len(names), BATCH, p=often / often.sum())
        drawn = [windows.draw(lines[rng.choice(own[c])], WINDOW, rng) for c in classes]
        rows, lengths = windows.padded(drawn, WINDOW, BATCH)
        parameters, state = _update(
            parameters, state, rows, lengths, classes, jax.random.fold_in(key, step), step / steps, len(names)
        )
        progress()
    reader = {"params": parameters["params"]["reader"]}
    some = [o[:SCATTER_LINES] for o in own if len(o) > 1]
    places = _directions(reader, [lines[i] for o in some for i in o])
    of_writer = np.split(places, np.cumsum([len(o) for o in some])[:-1])
    return WriterRecogniser(reader, places.mean(axis=0), _whitening(of_writer))


def _whitening(places: Sequence[np.ndarray]) -> np.ndarray:
    """The map [d, d] that makes the scatter within writers even; places: [lines, d] of each writer, lines >= 2."""
    apart = np.concatenate([own - own.mean(axis=0) for own in places])
    scatter = apart.T @ apart / (len(apart) - len(places))
    scatter += EVEN * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    return np.linalg.inv(np.linalg.cholesky(scatter)).T


def _directions(parameters, lines: Sequence[Rows]) -> np.ndarray:
    """The direction of each line, float64 [lines, DIRECTIONS]: the mean over its windows, of length 1."""
    directions, owners, points = windows.over_lines(partial(_read, parameters), lines, WINDOW, BATCH)
    sums = np.zeros((len(lines), DIRECTIONS))
    np.add.at(sums, owners, points[:, None] * directions.astype(np.float64))
    return _unit(sums)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@partial(jax.jit, static_argnums=1)
def _start(key: jax.Array, writers: int):
    parameters = Namer(writers).init(key, jnp.zeros((BATCH, WINDOW, 3)), jnp.full(BATCH, WINDOW))
    return parameters, FIT.start(parameters)


@partial(jax.jit, static_argnums=7, donate_argnums=(0, 1))
def _update(parameters, state, rows, lengths, classes, key, share_done, writers):
    def loss(parameters):
        logits = Namer(writers).apply(parameters, rows, lengths, train=True, rngs={"dropout": key})
        return optax.softmax_cross_entropy_with_integer_labels(logits, classes).mean()

    return FIT.update(loss, parameters, state, share_done)


@jax.jit
def _read(parameters, rows, lengths):
    return Encoder().apply(parameters, rows, lengths)

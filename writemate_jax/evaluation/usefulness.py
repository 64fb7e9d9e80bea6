"""Whether a set of written lines is of use: a small recogniser trained on it alone, and read real lines with.

The same recogniser (`reader`), the same steps and the same texts, once with the real ink of these texts and once with
written ink (`sample.py dataset`). It is tested on real lines of writers that neither the recogniser nor the network
that wrote has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from flax import serialization

from writemate_jax.alphabet import Alphabet
from writemate_jax.data.corpus import Corpus
from writemate_jax.dataset.making import make
from writemate_jax.dataset.plan import Recipe
from writemate_jax.dataset.shards import read_shard, shard_path
from writemate_jax.drawing.strokes_json import loads
from writemate_jax.evaluation import reader
from writemate_jax.evaluation.bootstrap import Interval, ratio_interval
from writemate_jax.evaluation.conventions import conventional
from writemate_jax.evaluation.edit_distance import compare
from writemate_jax.evaluation.reader import Examples, State
from writemate_jax.replacing import replacing
from writemate_jax.training.models import Model

SAVE_EVERY = 100  # steps
QUANTUM = 1 / 64  # x-heights: the grid of the open corpus


@dataclass(frozen=True)
class Outcome:
    """How one recogniser reads the test lines. cer: edits over wanted characters, with the 95% interval over lines.

    loss: nats a character over the last steps of its training.
    """

    lines: int
    cer: float
    interval: Interval
    loss: float
    read: Sequence[str]


def chosen(corpus: Corpus, splits: Sequence[str], count: int, seed: int) -> Examples:
    """At most ``count`` real lines at random, of those that the recogniser can learn from."""
    lines: list[np.ndarray] = []
    texts: list[str] = []
    for i in np.random.default_rng(seed).permutation(corpus.select(splits)):
        line = conventional(corpus.strokes(i), quantum=corpus.quantum)
        if reader.fits(line, corpus.text(i)):
            lines.append(line)
            texts.append(corpus.text(i))
        if len(lines) == count:
            break
    return Examples(lines, texts)


def written(
    folder: Path,
    texts: Sequence[str],
    model: Model,
    bias: tuple[float, float],
    seed: int,
    progress: Callable[[int], None] = lambda lines: None,
) -> Examples:
    """A set of these texts, each once, made in ``folder`` or found there; without the lines that cannot be learned.

    The network's unit must be the x-height.
    """
    recipe = Recipe(len(texts), seed, bias=bias, images=False)
    make(folder, recipe, texts, model, progress=progress)
    inks = [
        loads(sample["json"].decode("utf-8"))
        for shard in range(recipe.shards)
        for sample in read_shard(shard_path(folder, shard))
    ]
    pairs = [(conventional(ink.strokes, quantum=QUANTUM), ink.text) for ink in inks]
    pairs = [pair for pair in pairs if reader.fits(*pair)]
    return Examples([line for line, _ in pairs], [text for _, text in pairs])


def learned(
    path: Path,
    examples: Examples,
    alphabet: Alphabet,
    steps: int,
    seed: int,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> tuple[State, float]:
    """The trained recogniser, and its loss over the last steps; what was trained before is in ``path``."""
    state, losses = reader.initial_state(alphabet, seed), []
    if Path(path).is_file():
        state = State(*serialization.from_bytes(tuple(state), Path(path).read_bytes()))
        state = state._replace(step=int(state.step))

    def save(state: State) -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(serialization.to_bytes(tuple(state)))

    def after(state: State, loss: float) -> None:
        losses.append(loss)
        if state.step % SAVE_EVERY == 0:
            save(state)
        progress(state.step, loss)

    state = reader.train(examples, alphabet, steps, seed=seed, state=state, progress=after)
    save(state)
    return state, float(np.mean(losses[-SAVE_EVERY:])) if losses else float("nan")


def tested(state: State, loss: float, lines: int, test: Examples, alphabet: Alphabet) -> Outcome:
    """How a recogniser that was trained on ``lines`` lines reads the test lines."""
    read = reader.read(state, test.lines, alphabet)
    edits = np.array([compare(*pair).total for pair in zip(test.texts, read, strict=True)])
    characters = np.array([len(text) for text in test.texts])
    return Outcome(lines, float(edits.sum() / characters.sum()), ratio_interval(edits, characters), loss, read)

"""Whether a set of written lines is of use: a small reader trained on it alone, and read real lines with.

The same reader (`reading.training`), the same steps and the same texts, once with the real ink of these texts and once
with written ink (`sample.py dataset`). It is tested on real lines of writers that neither the reader nor the network
that wrote has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.data.corpus import Corpus
from writemate_jax.data.open_corpus import QUANTUM
from writemate_jax.dataset.making import make
from writemate_jax.dataset.plan import Recipe
from writemate_jax.dataset.shards import read_shard, shard_path
from writemate_jax.drawing.strokes_json import loads
from writemate_jax.evaluation.bootstrap import Interval, ratio_interval
from writemate_jax.evaluation.conventions import conventional
from writemate_jax.evaluation.edit_distance import compare
from writemate_jax.reading.reader import Reader
from writemate_jax.reading.training import Examples, fits


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


def chosen(
    corpus: Corpus, splits: Sequence[str], count: int, seed: int, *, conventions: bool = True
) -> Examples:
    """At most ``count`` real lines at random, of those that the recogniser can learn from.

    conventions: whether they are brought under the `conventions` that they are compared with written lines by.
    """
    lines: list[np.ndarray] = []
    texts: list[str] = []
    for i in np.random.default_rng(seed).permutation(corpus.select(splits)):
        line = corpus.strokes(i)
        if conventions:
            line = conventional(line, quantum=corpus.quantum)
        if fits(line, corpus.text(i)):
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
        ink
        for shard in range(recipe.shards)
        for sample in read_shard(shard_path(folder, shard))
        for ink in loads(sample["json"].decode("utf-8"))
    ]
    pairs = [(conventional(ink.strokes, quantum=QUANTUM), ink.text) for ink in inks]
    pairs = [pair for pair in pairs if fits(*pair)]
    return Examples([line for line, _ in pairs], [text for _, text in pairs])


def tested(reader: Reader, loss: float, lines: int, test: Examples) -> Outcome:
    """How a reader that was trained on ``lines`` lines reads the test lines."""
    read = [reader.read([line])[0] for line in test.lines]
    edits = np.array([compare(*pair).total for pair in zip(test.texts, read, strict=True)])
    characters = np.array([len(text) for text in test.texts])
    return Outcome(lines, float(edits.sum() / characters.sum()), ratio_interval(edits, characters), loss, read)

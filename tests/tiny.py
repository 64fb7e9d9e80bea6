"""A corpus and a configuration small enough to train in seconds."""

from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from configs import smoke
from writemate_jax import strokes
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import Line

# Pen paths of three letters on a unit x-height, origin at the letter's left end of the baseline.
LETTERS = {
    "l": [[(0.2, 1.8), (0.2, 1.2), (0.2, 0.6), (0.25, 0.1), (0.5, 0.0)]],
    "o": [[(0.6, 0.9), (0.3, 1.0), (0.1, 0.6), (0.2, 0.1), (0.5, 0.0), (0.8, 0.4), (0.6, 0.9)]],
    "t": [[(0.3, 1.6), (0.3, 0.8), (0.3, 0.2), (0.6, 0.0)], [(0.0, 1.0), (0.35, 1.0), (0.7, 1.05)]],
}


def line(text: str, jitter: float, rng: np.random.Generator) -> np.ndarray:
    """Ink of a text over the letters l, o, t and space, float32 [T, 3]."""
    strokes_, x = [], 0.0
    for letter in text:
        for stroke in LETTERS.get(letter, ()):
            strokes_.append(np.array(stroke) + [x, 0.0] + rng.normal(scale=jitter, size=(len(stroke), 2)))
        x += 0.9
    return strokes.join(strokes_)


def scaled(line: np.ndarray, factor: float) -> np.ndarray:
    """The line that many times as large, about its origin."""
    return line * np.array([factor, factor, 1], np.float32)


def corpus(texts=None, copies: int = 1, jitter: float = 0.01, seed: int = 0) -> corpora.Corpus:
    """Lines of the texts (random ones by default) by two writers, one for validation."""
    rng = np.random.default_rng(seed)
    if texts is None:
        texts = ["".join(rng.choice(list("lot"), rng.integers(2, 6))) for _ in range(21)]
    lines = [Line(line(text, jitter, rng), text, "a", "train", f"a{i}") for i, text in enumerate(texts * copies)]
    lines += [Line(line(text, jitter, rng), text, "b", "validation", f"b{i}") for i, text in enumerate(texts[:7])]
    return corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={"source": "made up"})


def config(folder: Path, **training) -> ConfigDict:
    """The smoke configuration on a corpus that is written into `folder`."""
    path = Path(folder) / "tiny.npz"
    if not path.exists():
        corpora.save(path, corpus())
    result = smoke.get_config()
    result.corpus = str(path)
    result.model.cells = 16
    result.data.batch_size, result.data.buckets = 8, 1
    result.sampling.texts = ("lot",)
    # A constant rate: so that the step of a run of any length is one program, compiled once.
    result.optimizer.update(warmup_steps=0, cosine_to=1.0)
    result.training.update(steps=12, log_every=2, evaluate_every=6, save_every=3, **training)
    return result

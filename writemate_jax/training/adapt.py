"""A person's style from a few lines of their ink: the style vector that makes these lines likely.

All weights stay as they are, so that the network still writes the characters that the lines lack.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from writemate_jax import strokes
from writemate_jax.data.own_ink import UnfitInk, like_the_corpus
from writemate_jax.drawing.strokes_json import Ink, read_json
from writemate_jax.model import mdn
from writemate_jax.model.networks import text_batch
from writemate_jax.replacing import write_text
from writemate_jax.training.checkpoints import Model

STEPS, RATE = 40, 0.15  # of Adam
FILE = "style.json"


class InvalidStyle(ValueError):
    """A file holds no style of this network; the message names it and says what to do."""


@dataclass(frozen=True)
class Style:
    """A fitted style.

    vector: float32 [s]. lines, points: of the ink that it was fitted to. before, after: nats a point of this ink under
    the style of a hand not known, and under the fitted one.
    """

    vector: np.ndarray
    lines: int
    points: int
    before: float
    after: float


def fit(
    model: Model,
    lines: Sequence[Ink],
    *,
    steps: int = STEPS,
    rate: float = RATE,
    progress: Callable[[float], None] = lambda nats: None,
) -> Style:
    """The style of some lines by one hand.

    Args:
      model: a network with styles that learned lines between rests.
      lines: ink in any size, y up, with its text; 4 and more do well.
      steps, rate: of Adam on the vector alone.
      progress: called with the nats a point after each step.

    Raises:
      UnfitInk: a line cannot be used. ValueError: a network without styles, or no lines.
    """
    network = model.network()
    if not network.styles or not model.config.data.rests:
        raise ValueError("this network has no styles; adapt one that was trained with config.model.style_size above 0")
    if not lines:
        raise ValueError("no lines of ink; give at least one")
    texts, rows = [], []
    for i, line in enumerate(lines):
        text, _ = model.alphabet.transliterate(" ".join(line.text.split()))
        rows.append(strokes.normalise(
            strokes.add_rests(like_the_corpus(line.strokes, text, f"line {i}")), model.mean, model.std
        ))  # fmt: skip
        texts.append(text)
    longest = max(map(len, rows))
    points = np.zeros((len(rows), longest, 3), np.float32)
    mask = np.zeros((len(rows), longest - 1), np.float32)
    for k, row in enumerate(rows):
        points[k, : len(row)] = row
        mask[k, : len(row) - 1] = 1
    text = text_batch([model.alphabet.encode(t) for t in texts], max(map(len, texts)) + 1)
    single = network.clone(styles=1)

    def nats(vector: jax.Array) -> jax.Array:
        params = {**model.params, "styles": vector[None]}
        y = single.apply({"params": params}, points[:, :-1], text)
        return -(mdn.log_prob(single.mixture(y), points[:, 1:]) * mask).sum() / mask.sum()

    loss = jax.jit(jax.value_and_grad(nats))
    rule = optax.adam(rate)
    vector = jnp.asarray(model.params["styles"][0])
    state = rule.init(vector)
    best = (np.inf, vector)
    before = None
    for _ in range(steps):
        value, gradient = loss(vector)
        before = float(value) if before is None else before
        best = min(best, (float(value), vector), key=lambda pair: pair[0])
        updates, state = rule.update(gradient, state)
        vector = vector + updates
        progress(float(value))
    value = float(nats(vector))
    best = min(best, (value, vector), key=lambda pair: pair[0])
    return Style(np.asarray(best[1]), len(rows), int(mask.sum()), value if before is None else before, best[0])


def read_lines(folder: Path) -> list[Ink]:
    """The lines of ink in a folder: every .json file, in the order of names.

    Raises ValueError for a folder without any, `InvalidInkFile` for a file that holds none.
    """
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        raise ValueError(f"{folder} holds no .json files; give a folder of lines as sample.py --format json makes them")
    return [read_json(file) for file in files]


def save_style(folder: Path, style: Style) -> Path:
    """Writes the style into a folder; returns the file."""
    path = Path(folder) / FILE
    about = {"lines": style.lines, "points": style.points, "before": style.before, "after": style.after}
    write_text(path, json.dumps({"style": [float(x) for x in style.vector], **about}, indent=1) + "\n")
    return path


def load_style(path: str | os.PathLike) -> np.ndarray:
    """The vector [s] in a file, or in the folder that holds it. Raises `InvalidStyle`."""
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        vector = np.array(json.loads(path.read_text("utf-8"))["style"], np.float32)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InvalidStyle(
            f"{path} holds no style ({type(error).__name__}: {error}); make one with train.py adapt"
        ) from error
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise InvalidStyle(f"{path}: its style has the shape {vector.shape}; expected finite numbers [s]")
    return vector


__all__ = ["InvalidStyle", "Style", "UnfitInk", "fit", "load_style", "read_lines", "save_style"]

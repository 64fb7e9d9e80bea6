"""Which of a hand's lines writing goes on from.

Behind a forced line the window must stand at the end of its text: where it has lost its way in ink that it cannot read,
what is written next is garbled.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model
from writemate_jax.data import own_ink
from writemate_jax.hands.padding import LINES_GRAIN, POINTS_GRAIN, stacked, up
from writemate_jax.hands.styles import kept
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network, text_batch
from writemate_jax.strokes import Rows

LONGEST = 256  # points, where there is such a line: more costs time and tells no more of the hand
TEXT_GRAIN = 128  # characters that texts are padded to a multiple of
ASTRAY = 1  # characters that the window may be before or behind the space after the line


def best(
    model: Model, rows: Sequence[Rows], texts: Sequence[str], style: np.ndarray, points_grain: int = POINTS_GRAIN
) -> int | None:
    """The index of the line to go on from, None if none will do.

    Of those that are `usable` and behind which the window stands right, the longest of at most `LONGEST` points, or
    else the shortest. Arguments: rows [T, 3] as the corpus has them, their texts, a style of the hand
    (`Style.whole`), and what arrays are as long as a multiple of.
    """
    if " " not in model.alphabet.characters:  # none can stand between the line and what follows
        return None
    fitting = [i for i, text in enumerate(texts) if len(text.replace(" ", "")) >= own_ink.PRIMER_LETTERS]
    if not fitting:
        return None
    astray = strays(model, [rows[i] for i in fitting], [texts[i] for i in fitting], style, points_grain)
    right = [i for i, far in zip(fitting, astray, strict=True) if abs(far) <= ASTRAY]
    right.sort(key=lambda i: -len(rows[i]) if len(rows[i]) <= LONGEST else len(rows[i]))
    return next((i for i in right if usable(rows[i], texts[i])), None)  # to ask all would take a while


def usable(row: Rows, text: str) -> bool:
    """Whether writing can go on from a line once it is kept: `Writer` asks the same of any primer.

    What is too long is cut then, at a gap between words that is sure; a line without one is of no use, as is one of a
    few letters.
    """
    try:
        own_ink.primer(kept(row), text)
    except own_ink.UnfitInk:
        return False
    return len(text) <= MAX_CHARACTERS


def strays(
    model: Model, rows: Sequence[Rows], texts: Sequence[str], style: np.ndarray, points_grain: int = POINTS_GRAIN
) -> np.ndarray:
    """How many characters the window is behind (or, negative, before) the space after each line when it is forced.

    int [lines]. Each line's text is followed by a space and itself, as if it were to be written once more.
    """
    starts = np.array([[0, 0, 1]], np.float32)
    inks = [strokes.normalise(np.concatenate([starts, row]), model.mean, model.std) for row in rows]
    count = up(len(inks), LINES_GRAIN)
    points = stacked(inks, count, up(max(map(len, inks)), points_grain))
    last = np.array([len(ink) - 1 for ink in inks] + [0] * (count - len(inks)))
    codes = [model.alphabet.encode(f"{text} {text}") for text in texts]
    nothing = [np.zeros(0, np.int32)] * (count - len(inks))
    text = text_batch(codes + nothing, up(1 + max(map(len, codes)), TEXT_GRAIN))
    network = model.network()
    styles = np.zeros((count, network.longest_style), np.float32)
    styles[:, : len(style)] = style
    place = np.asarray(_places(network, model.params, points, last, text, styles))
    return place[: len(inks)] - np.array([len(text) for text in texts])


@functools.partial(jax.jit, static_argnums=0)
@exact
def _places(network: Network, params: Any, points: jax.Array, last: jax.Array, text, styles: jax.Array) -> jax.Array:
    """The place that the window reads most after point `last` [b] of each line."""
    variables = {"params": params}
    gates = network.apply(variables, styles, method="style_gates")
    weights = network.apply(variables, method="weights")

    def step(carry, x):
        carry, _ = network.apply(variables, carry, x, text, gates, weights, method="step")
        return carry, carry.window.phi.argmax(axis=-1)

    _, places = lax.scan(step, network.initial_carry(len(points), text.codes.shape[1]), points.swapaxes(0, 1))
    return places[last, jnp.arange(len(points))]

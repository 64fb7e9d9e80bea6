"""The hand of a primer: what a network with styles continues a line in where no style is asked for.

Forcing a line on such a network hardly tells it whose hand it is: it learned to take that from the style. So the style
that makes the primer likelier is looked for, too, by a few steps from that of a hand not known, and then what is added
to the gates besides. More steps, or the likeliest of the training's styles, suit the primer better and other lines of
its writer less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from writemate_jax.strokes import Rows
from writemate_jax.training import adapt
from writemate_jax.training.models import Model

STEPS, GATE_STEPS = 10, 8
NEATER = 1.5  # times the network's default bias, in an own hand: the primer keeps the hand, and it is read better


def hand(model: Model, primer: Rows, text: str) -> np.ndarray:
    """The style (`adapt.Style.whole`) of a primer [T, 3] in the network's unit, from its origin on the baseline.

    model: with styles, trained on lines between rests. text: what the ink says, in the network's alphabet.
    """
    return hands(model, [primer], [text])[0]


def hands(model: Model, primers: Sequence[Rows], texts: Sequence[str]) -> np.ndarray:
    """`hand` of several primers, float32 [primers, s + layers * 4h]."""
    whose = range(len(primers))
    styles = adapt.fit_hands(model, primers, texts, whose, steps=STEPS)
    styles = adapt.deepen(model, primers, texts, whose, styles, steps=GATE_STEPS)
    return np.stack([style.whole for style in styles])

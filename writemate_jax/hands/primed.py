"""The hand of a primer: what a network with styles continues a line in where no style is asked for.

Forcing a line on such a network hardly tells it whose hand it is: it learned to take that from the style. So the style
that makes the primer likelier is looked for, too, by a few steps from that of a hand not known, and then what is added
to the gates besides. More steps, or the likeliest of the training's styles, suit the primer better and other lines of
its writer less.
"""

from __future__ import annotations

import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.hands import adapt
from writemate_jax.strokes import Rows

STEPS, GATE_STEPS = 10, 8


def hand(model: Model, primer: Rows, text: str) -> np.ndarray:
    """The style (`styles.Style.whole`) of a primer [T, 3] in the network's unit, from its origin on the baseline.

    model: with styles, trained on lines between rests. text: what the ink says, in the network's alphabet.
    """
    styles = adapt.fit_hands(model, [primer], [text], [0], steps=STEPS)
    [style] = adapt.deepen(model, [primer], [text], [0], styles, steps=GATE_STEPS)
    return style.whole

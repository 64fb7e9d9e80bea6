"""Fits of hands in shapes that are compiled at the start, so that no request compiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.data.own_ink import OwnInk
from writemate_jax.hands import adapt, primers, text_fit
from writemate_jax.hands.padding import LINES_GRAIN
from writemate_jax.hands.styles import Style
from writemate_jax.web.server import settings

# Ink that is fitted has at most so many points and characters (`own_ink.POINTS`, `settings.FIT_CHARACTERS`).
SIZES = text_fit.Capacities((512, 1024), (64,))


def fit(model: Model, ink: OwnInk, progress: Callable[[float], None]) -> Style:
    """`adapt.fit` of ink that says its texts. Raises what that does, and `UnfitInk`, as `text_fit.check`."""
    text_fit.check(model, ink, SIZES, progress)
    deep = len(ink.rows) >= settings.FIT_DEEP
    return adapt.fit(model, ink, deep=deep, progress=progress, points_grain=settings.FIT_GRAIN)


def warm(model: Model, letter: str, room: int, stopping: Callable[[], bool]) -> None:
    """Compiles what `fit` needs for lines of up to so many points; a letter that the network knows is what they say.

    stopping: whether to leave it.
    """
    if not model.learns_hands:
        return
    grain = settings.FIT_GRAIN
    said = "".join(sorted(model.alphabet.characters, key=str.isalnum))[-settings.FIT_CHARACTERS :]
    for least in (0, *SIZES.points[:-1]):  # each size is of lines with more points than the one before
        if least < room and text_fit.can_tell(model) and not stopping():
            text_fit.gains(model, [(np.zeros((least + 1, 3), np.float32), said)], SIZES)
    for length in range(grain, room + 1, grain):
        row = np.full((length - 2, 3), 0.1, np.float32)  # two rests come to it
        row[:, 2] = 0
        for count in sorted({1, *range(LINES_GRAIN, settings.FIT_LINES + 1, LINES_GRAIN)}):
            if stopping():
                return
            rows, texts = [row] * count, [letter] * count
            steps = int(length == grain)  # what a step needs besides is the same for all lengths
            style = adapt.fit_rows(model, rows, texts, steps=steps, points_grain=grain)
            if count >= settings.FIT_DEEP:
                adapt.deepen(model, rows, texts, [0] * count, [style], steps=steps, points_grain=grain)
            primers.strays(model, rows, [letter * settings.FIT_CHARACTERS] * count, style.vector, grain)

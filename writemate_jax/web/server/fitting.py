"""Fits of hands in shapes that are compiled at the start, so that no request compiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.data.own_ink import OwnInk
from writemate_jax.hands import adapt, primers
from writemate_jax.hands.padding import LINES_GRAIN
from writemate_jax.hands.styles import Style
from writemate_jax.web.server import settings


def fit(model: Model, ink: OwnInk, progress: Callable[[float], None]) -> Style:
    """`adapt.fit`; what it raises."""
    deep = len(ink.rows) >= settings.FIT_DEEP
    return adapt.fit(model, ink, deep=deep, progress=progress, points_grain=settings.FIT_GRAIN)


def warm(model: Model, letter: str, room: int, stopping: Callable[[], bool]) -> None:
    """Compiles what `fit` needs for lines of up to so many points; a letter that the network knows is what they say.

    stopping: whether to leave it.
    """
    if not model.learns_hands:
        return
    grain = settings.FIT_GRAIN
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

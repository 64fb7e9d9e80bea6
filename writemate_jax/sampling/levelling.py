"""Levels a written line and puts it on the baseline, where the lines that the network learned from were."""

from __future__ import annotations

from writemate_jax import strokes
from writemate_jax.data.letter_size import baseline, deskewed
from writemate_jax.strokes import Rows


def level(line: Rows) -> Rows:
    """The line [T, 3] without its slope; the slant of its letters, its pen and its number of points stay.

    Where a network takes a step off the line it does not know how far off it is by now: what is left of a slope in its
    corpus adds up. Short lines, of which the slope cannot be told, stay as they are.
    """
    return strokes.join(deskewed(strokes.split(line)))


def on_baseline(line: Rows, text: str) -> Rows:
    """The line [T, 3] in x-heights, with the baseline of its letters at 0; of its rows only the first changes.

    A line begins on the baseline, but where its slope was taken out about its middle, or a primer ended above or below,
    its letters lie as far off: beside each other or on ruled paper lines would stand higher and lower.
    """
    placed = line.copy()
    placed[0, 1] -= baseline(strokes.split(line), text)
    return placed

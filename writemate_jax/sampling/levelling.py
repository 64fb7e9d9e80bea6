"""Levels a written line, as the lines that the network learned from were levelled."""

from __future__ import annotations

from writemate_jax import strokes
from writemate_jax.data.letter_size import deskewed
from writemate_jax.strokes import Rows


def level(line: Rows) -> Rows:
    """The line [T, 3] without its slope; the slant of its letters, its pen and its number of points stay.

    Where a network takes a step off the line it does not know how far off it is by now: what is left of a slope in its
    corpus adds up. Short lines, of which the slope cannot be told, stay as they are.
    """
    return strokes.join(deskewed(strokes.split(line)))

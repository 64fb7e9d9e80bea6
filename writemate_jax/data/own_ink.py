"""Ink that somebody brings, made like the open corpus' lines: letter size, baseline, order and points."""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.data import letter_size
from writemate_jax.data.delayed_strokes import in_reading_order
from writemate_jax.data.pieces import resampled
from writemate_jax.strokes import Rows

# How wide ink is against what its text lets expect, and points for each character: beyond, they hardly belong together.
WIDTH = (0.4, 2.5)
POINTS = (2.0, 22.0)


class UnfitInk(ValueError):
    """A line of ink cannot be used; the message says why and what to do."""


def like_the_corpus(line: Rows, text: str, name: str = "ink") -> Rows:
    """The line [T, 3], in any unit and y up, as one of the open corpus: x-heights, from the left edge on the baseline.

    Args:
      line: its ink; its size and place do not matter.
      text: what it says.
      name: what errors call it.

    Raises:
      UnfitInk: no ink, a text with characters of no known shape, or ink that can hardly be that text.
    """
    text = " ".join(text.split())
    unknown = sorted({c for c in text if c != " " and c not in letter_size.PARTS})
    if not text or unknown:
        wanted = f"without {''.join(unknown)!r}" if unknown else "of at least one character"
        raise UnfitInk(f"{name}: its text is {text!r}; expected one {wanted}")
    try:
        strokes = [stroke.astype(float) for stroke in ink.split(ink.check(line))]
    except ink.InvalidInk as error:
        raise UnfitInk(f"{name}: {error}") from error
    scale = letter_size.measure(strokes, text).scale
    if not scale > 0:
        raise UnfitInk(f"{name}: the ink has no height; expected a line that says {text!r}")
    # The size is measured again when the slope is gone, which it would count as height.
    strokes = letter_size.deskewed(in_reading_order(strokes, scale))
    strokes = letter_size.normalise(strokes, text, letter_size.measure(strokes, text).scale)
    width = max(s[:, 0].max() for s in strokes) / letter_size.expected_width(text)
    if not WIDTH[0] < width < WIDTH[1]:
        raise UnfitInk(f"{name}: the ink is {width:.1f} times as wide as {text!r} should be for its height; check that"
                       " it says this text, on one line, and that every pen lift is marked")  # fmt: skip
    strokes = resampled(strokes)
    points = sum(map(len, strokes)) / len(text.replace(" ", ""))
    if not POINTS[0] <= points <= POINTS[1]:
        raise UnfitInk(f"{name}: the ink has {points:.0f} points for each character of {text!r}; expected {POINTS[0]:g}"
                       f" to {POINTS[1]:g}: check that it says this text and nothing else")  # fmt: skip
    return ink.join([np.asarray(stroke) for stroke in strokes])

"""Dots and crossbars written after the word, moved back to the stroke that they belong to.

A network that reads its text forwards can only write what lies at its place in the text: a dot that comes at the end of
the word would ask it to run backwards.
"""

from __future__ import annotations

from writemate_jax.strokes import Stroke


def in_reading_order(strokes: list[Stroke], delay: float) -> list[Stroke]:
    """The strokes with each delayed one put just after the last stroke that begins left of its middle.

    A stroke is delayed if its middle lies more than `delay` (in the ink's unit) left of the right edge of what has been
    written. Ink that is written from left to right stays as it is; nothing but the order changes.
    """
    ordered: list[tuple[float, Stroke]] = []  # left edge, stroke
    front = float("-inf")
    for stroke in strokes:
        left, right = float(stroke[:, 0].min()), float(stroke[:, 0].max())
        middle = (left + right) / 2
        place = len(ordered)
        if middle < front - delay:
            while place > 0 and ordered[place - 1][0] > middle:
                place -= 1
        ordered.insert(place, (left, stroke))
        front = max(front, right)
    return [stroke for _, stroke in ordered]

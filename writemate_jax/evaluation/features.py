"""What a hand is described by: eight measures of a line of ink and its text.

A measure yields values with weights, several or none a line: a short line has no drift, a single word no gap.
Lengths are in the ink's unit, an x-height.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax import strokes
from writemate_jax.strokes import Rows, Stroke

STEEP = np.deg2rad(50.0)  # ink that leans less than this is a stem
FEWEST_FEET = 6  # a line with fewer says nothing about its drift
DRIFT_WIDTH = 5.0  # x-heights: nor does a narrower one


class Values(NamedTuple):
    """values, weights: float64 [n], n >= 0, weights positive."""

    values: np.ndarray
    weights: np.ndarray


class Measure(NamedTuple):
    """A measure, and the unit of its values."""

    of: Callable[[list[Stroke], str], Values]
    unit: str


def describe(line: Rows, text: str) -> dict[str, Values]:
    """Every measure of a line ``[T, 3]`` in x-heights."""
    ink = strokes.split(line)
    return {name: measure.of(ink, text) for name, measure in MEASURES.items()}


def pool(described: Sequence[dict[str, Values]], name: str) -> Values:
    """All values of one measure in some lines."""
    return Values(*(np.concatenate(parts) for parts in zip(*(line[name] for line in described), strict=True)))


def means(described: Sequence[dict[str, Values]]) -> np.ndarray:
    """The mean of each measure in each line, float64 [lines, measures]; NaN where a line has no value."""
    return np.array([
        [np.average(values, weights=weights) if len(values) else np.nan for values, weights in line.values()]
        for line in described
    ])  # fmt: skip


def stroke_length(ink: list[Stroke], text: str) -> Values:
    """Length of the pen's way between touching down and lifting."""
    return _even([strokes.arc_length(stroke)[-1] for stroke in ink])


def curvature(ink: list[Stroke], text: str) -> Values:
    """1 / radius at each inner point of a stroke, positive in left turns; it weighs as much as the ink around it.

    2 sin(turn / 2) over the mean of both neighbouring distances: exact for even points on a circle, finite where the
    pen turns round.
    """
    found, weights = [np.zeros(0)], [np.zeros(0)]
    for stroke in ink:
        steps = np.diff(stroke, axis=0)
        lengths = np.hypot(*steps.T)
        steps, lengths = steps[lengths > 0], lengths[lengths > 0]
        direction = np.arctan2(steps[:, 1], steps[:, 0])
        turn = (np.diff(direction) + np.pi) % (2 * np.pi) - np.pi
        around = (lengths[:-1] + lengths[1:]) / 2
        found.append(2 * np.sin(turn / 2) / around)
        weights.append(around)
    return Values(np.concatenate(found), np.concatenate(weights))


def slant(ink: list[Stroke], text: str) -> Values:
    """Degrees by which the line's stems lean to the right of upright: the mean over steep ink, by length."""
    steps = np.concatenate([np.diff(stroke, axis=0) for stroke in ink])
    steps *= np.where(steps[:, 1:] < 0, -1.0, 1.0)  # downstrokes and upstrokes alike
    lean = np.arctan2(steps[:, 0], steps[:, 1])
    steep = (np.abs(lean) < STEEP) & (steps[:, 1] > 0)
    if not steep.any():
        return _even([])
    return _even([np.rad2deg(np.average(lean[steep], weights=np.hypot(*steps[steep].T)))])


def point_spacing(ink: list[Stroke], text: str) -> Values:
    """Distance from point to point, pen down."""
    return _even(np.concatenate([np.hypot(*np.diff(stroke, axis=0).T) for stroke in ink]))


def pen_lifts(ink: list[Stroke], text: str) -> Values:
    """Strokes for each character that is no space."""
    return _even([len(ink) / len(text.replace(" ", ""))])


def letter_height(ink: list[Stroke], text: str) -> Values:
    """The line's robust height (`strokes.height`), where it has one."""
    height = strokes.height(strokes.join(ink))
    return _even([height] if height > 0 else [])


def word_gap(ink: list[Stroke], text: str) -> Values:
    """Clear width of the widest gaps, as many as the text has spaces."""
    count = text.count(" ")
    edges = np.array(sorted((stroke[:, 0].min(), stroke[:, 0].max()) for stroke in ink))
    gaps = edges[1:, 0] - np.maximum.accumulate(edges[:, 1])[:-1]
    return _even(np.sort(gaps)[max(0, len(gaps) - count) :])


def baseline_drift(ink: list[Stroke], text: str) -> Values:
    """Rise of the baseline from the line's left end to its right one.

    The line is the Theil-Sen one through the feet, the lowest points of each arc: descenders, and the feet of what
    stands higher, do not turn it as long as they are fewer than a quarter.
    """
    from scipy.stats import theilslopes

    feet = np.concatenate([_feet(stroke) for stroke in ink])
    width = max(stroke[:, 0].max() for stroke in ink) - min(stroke[:, 0].min() for stroke in ink)
    if len(feet) < FEWEST_FEET or width < DRIFT_WIDTH or not np.ptp(feet[:, 0]) > 0:
        return _even([])
    return _even([theilslopes(feet[:, 1], feet[:, 0])[0] * width])


def _feet(stroke: Stroke) -> np.ndarray:
    """Local minima of y, ends included."""
    y = np.concatenate([[np.inf], stroke[:, 1], [np.inf]])
    return stroke[(y[1:-1] < y[:-2]) & (y[1:-1] <= y[2:])]


def _even(values) -> Values:
    values = np.asarray(values, np.float64)
    return Values(values, np.ones(len(values)))


MEASURES: dict[str, Measure] = {
    "stroke length": Measure(stroke_length, "x-heights"),
    "curvature": Measure(curvature, "1 / x-height"),
    "slant": Measure(slant, "degrees"),
    "point spacing": Measure(point_spacing, "x-heights"),
    "pen lifts": Measure(pen_lifts, "per character"),
    "letter height": Measure(letter_height, "x-heights"),
    "word gap": Measure(word_gap, "x-heights"),
    "baseline drift": Measure(baseline_drift, "x-heights"),
}

"""A sheet of ink as a Matplotlib figure of its real size: what PDF and pages' PNG are drawn with.

Matplotlib is needed anyway, and has cubic curves, round caps and real sizes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from writemate_jax.drawing.curves import bezier
from writemate_jax.drawing.sheet import DOT, DOT_WIDTH, RULE_COLOR, RULE_WIDTH, Sheet
from writemate_jax.strokes import Stroke

MM = 1 / 25.4  # in inches
POINTS = 72 * MM  # in a millimetre
GRID = 0.01 / POINTS  # mm that places are rounded to, from the lower left: a PDF with six decimals is twice as large


def as_it_is():
    """A context in which a figure is saved at its size, whatever the user's matplotlibrc says."""
    import matplotlib

    return matplotlib.rc_context({"savefig.bbox": None})


def figure(ink: Sheet):
    """The figure: paper first, then the ink, in mm with y down."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.figure import Figure

    drawn = Figure((ink.width * MM, ink.height * MM))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, ink.width), ylim=(ink.height, 0))

    def add(strokes: Sequence[Stroke], color: str, width: float) -> None:
        axes.add_collection(
            PathCollection([_curve(stroke, ink.height) for stroke in strokes], facecolors="none", edgecolors=color,
                           linewidths=width * POINTS, capstyle="round", joinstyle="round", snap=False),
            autolim=False,
        )  # fmt: skip

    if len(ink.rules):
        axes.add_collection(LineCollection(ink.rules, colors=RULE_COLOR, linewidths=RULE_WIDTH * POINTS), autolim=False)
    if len(ink.dots):
        add(ink.dots[:, None], RULE_COLOR, DOT_WIDTH)
    add([stroke for line in ink.lines for stroke in line.strokes], ink.ink, ink.pen)
    return drawn


def _curve(stroke: Stroke, height: float):
    from matplotlib.path import Path as Curve

    segments = bezier(stroke)
    if not len(segments):
        return Curve([stroke[0], stroke[0] + (DOT, 0)], [Curve.MOVETO, Curve.LINETO])
    places = np.concatenate([segments[:1, 0], segments[:, 1:].reshape(-1, 2)])
    corner = np.array([0.0, height])
    places = corner + np.round((places - corner) / GRID) * GRID
    return Curve(places, [Curve.MOVETO] + [Curve.CURVE4] * 3 * len(segments))

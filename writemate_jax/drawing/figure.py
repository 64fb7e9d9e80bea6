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


def figure(ink: Sheet):
    """The figure: paper first, then the ink, in mm with y down."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.figure import Figure

    drawn = Figure((ink.width * MM, ink.height * MM))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, ink.width), ylim=(ink.height, 0))

    corner = np.array([0.0, ink.height])

    def add(strokes: Sequence[Stroke], color: str, width: float) -> None:
        paths = [curve(stroke, DOT) for stroke in strokes]
        for path in paths:
            path.vertices = corner + np.round((path.vertices - corner) / GRID) * GRID
        axes.add_collection(
            PathCollection(paths, facecolors="none", edgecolors=color, linewidths=width * POINTS, capstyle="round",
                           joinstyle="round", snap=False),
            autolim=False,
        )  # fmt: skip

    if len(ink.rules):
        axes.add_collection(LineCollection(ink.rules, colors=RULE_COLOR, linewidths=RULE_WIDTH * POINTS), autolim=False)
    if len(ink.dots):
        add(ink.dots[:, None], RULE_COLOR, DOT_WIDTH)
    add([stroke for line in ink.lines for stroke in line.strokes], ink.ink, ink.pen)
    return drawn


def curve(stroke: Stroke, dot: float):
    """A stroke ``[n, 2]`` as a Matplotlib path along its `bezier`; one of a single place is ``dot`` wide and high."""
    from matplotlib.path import Path

    segments = bezier(stroke)
    if not len(segments):
        # Agg draws no cap on a segment without length, or on an upright one that it snaps to one pixel.
        return Path([stroke[0], stroke[0] + dot], [Path.MOVETO, Path.LINETO])
    controls = segments[:, 1:].reshape(-1, 2)
    return Path([stroke[0], *controls], [Path.MOVETO] + [Path.CURVE4] * len(controls))

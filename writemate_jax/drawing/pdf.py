"""Ink as PDF: vector curves at their real size.

Matplotlib draws them, since it is needed anyway and its PDF has cubic curves, round caps and real sizes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from writemate_jax.drawing.curves import bezier
from writemate_jax.drawing.sheet import DOT, Sheet, title
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Stroke

MM = 1 / 25.4  # in inches


def write_pdf(path: str | os.PathLike, sheets: Sequence[Sheet]) -> None:
    """Writes a PDF with a page of its size for each sheet; its title is the first line of the text.

    Raises ValueError without sheets.
    """
    if not sheets:
        raise ValueError("no sheets to write; expected at least one")
    from matplotlib.backends.backend_pdf import PdfPages

    notes = {"Title": title(sheets[0]).split("\n")[0], "Creator": "WriteMate JAX"}
    with replacing(path) as temporary, PdfPages(temporary, metadata=notes) as pdf:
        for ink in sheets:
            pdf.savefig(_figure(ink), transparent=True)


def _figure(ink: Sheet):
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

    figure = Figure((ink.width * MM, ink.height * MM))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, ink.width), ylim=(ink.height, 0))
    paths = [_curve(stroke) for line in ink.lines for stroke in line.strokes]
    axes.add_collection(
        PathCollection(paths, facecolors="none", edgecolors=ink.ink, linewidths=ink.pen * MM * 72, capstyle="round",
                       joinstyle="round"),
        autolim=False,
    )
    return figure


def _curve(stroke: Stroke):
    from matplotlib.path import Path as Curve

    segments = bezier(stroke)
    if not len(segments):
        return Curve([stroke[0], stroke[0] + (DOT, 0)], [Curve.MOVETO, Curve.LINETO])
    controls = segments[:, 1:].reshape(-1, 2)
    return Curve([stroke[0], *controls], [Curve.MOVETO] + [Curve.CURVE4] * len(controls))

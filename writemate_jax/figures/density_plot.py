"""The density map of a line above the weights of the mixture's components: the paper's figures 10 and 14."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.contact_sheet import draw_ink
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.letters import PEN, letter_height
from writemate_jax.figures.course import Course
from writemate_jax.figures.density import Box, density_map
from writemate_jax.figures.ink_blocks import GREY, REAL
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

# Inches.
WIDTH, LEFT, RIGHT = 8.4, 0.75, 1.0  # of the maps; beside them
TALLEST = 4.0  # the map of the density
LOWER, BETWEEN, BELOW, HEADING, NOTE = 1.7, 0.6, 0.5, 0.3, 0.19
DECADES = 4  # of density that the colours span
AROUND = 0.6  # of the letters' height: what is shown around the points, rests among them
CLOSE = 0.15  # likewise, around the ink alone


@default_rc()
def plot_density(
    line: Rows, course: Course, path: str | os.PathLike, *, heading: str, notes: Sequence[str] = (), unit: str,
    dpi: int = 150,
) -> None:  # fmt: skip
    """Writes a PNG: the line [T, 3] itself, the density of its `follow`, and the weights of the components.

    unit: of lengths, for the axes. A pixel of the upper map is one of the picture.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    letter = letter_height([line])
    _, bottom, _, top = strokes.bounds(line)
    places = np.concatenate([course.starts, course.targets])
    box = Box(*(places.min(axis=0) - AROUND * letter), *(places.max(axis=0) + AROUND * letter))
    zoom = min(WIDTH / (box.right - box.left), TALLEST / (box.top - box.bottom))  # inches a unit
    drawn = density_map(course, box, 1 / (zoom * dpi))
    box = drawn.box
    width, height = (box.right - box.left) * zoom, (box.top - box.bottom) * zoom
    above = 0.15 + HEADING + NOTE * len(notes) + 0.05
    own = (bottom - CLOSE * letter, top + CLOSE * letter)
    tall = (own[1] - own[0]) * zoom  # of the ink alone
    below = above + tall + 0.1
    size = (LEFT + width + RIGHT, below + height + BETWEEN + LOWER + BELOW)
    figure = Figure(size)

    def cell(y: float, tall: float):
        """Axes so far from the top, so tall; inches."""
        return figure.add_axes((LEFT / size[0], 1 - (y + tall) / size[1], width / size[0], tall / size[1]))

    def bar(y: float, tall: float, image, label: str, **more) -> None:
        axes = figure.add_axes(((LEFT + width + 0.12) / size[0], 1 - (y + tall) / size[1], 0.13 / size[0],
                                tall / size[1]))  # fmt: skip
        found = figure.colorbar(image, cax=axes, **more)
        found.set_label(label, fontsize=8)
        axes.tick_params(labelsize=7)

    figure.text(LEFT / size[0], 1 - 0.15 / size[1], heading, fontsize=11, va="top", parse_math=False)
    for i, note in enumerate(notes):
        y = 0.15 + HEADING + NOTE * i
        figure.text(LEFT / size[0], 1 - y / size[1], note, fontsize=8, va="top", color=GREY, parse_math=False)

    ink = cell(above, tall)
    ink.set(xlim=(box.left, box.right), ylim=own)
    ink.set_axis_off()
    draw_ink(ink, strokes.split(line), PEN / 2 * letter * zoom * 72, REAL)

    map_ = cell(below, height)
    most = drawn.density.max()
    image = map_.imshow(
        np.maximum(drawn.density, most * 10.0**-DECADES), norm=LogNorm(most * 10.0**-DECADES, most), cmap="magma",
        origin="lower", extent=(box.left, box.right, box.bottom, box.top), interpolation="none", aspect="auto",
    )  # fmt: skip
    map_.set_xlabel(f"x ({unit})", fontsize=8, labelpad=1)
    map_.set_ylabel(f"y ({unit})", fontsize=8)
    map_.tick_params(labelsize=7)
    bar(below, height, image, f"points / ({unit})\u00b2", extend="min")

    y = below + height + BETWEEN
    weights = np.exp(course.mixture.log_pi)
    shown = cell(y, LOWER)
    # The component that has most of the weight over the line comes first.
    order = np.argsort(-weights.sum(axis=0), kind="stable")
    image = shown.imshow(weights[:, order].T, cmap="magma", vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest",
                         extent=(0, len(weights), len(order), 0))  # fmt: skip
    shown.set_xlabel("step (white ticks: the pen is lifted)", fontsize=8, labelpad=1)
    shown.set_ylabel("component", fontsize=8)
    shown.set_yticks(np.array([1, *range(5, len(order) + 1, 5)]) - 0.5, [1, *range(5, len(order) + 1, 5)])
    shown.tick_params(labelsize=7)
    lifts = np.flatnonzero(course.lifted) + 0.5
    shown.vlines(lifts, len(order) * 0.94, len(order), color="white", linewidth=0.8)
    bar(y, LOWER, image, "weight")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png", pil_kwargs={"optimize": True})

"""Many labelled lines in one picture."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from writemate_jax import strokes
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.figure import curve
from writemate_jax.drawing.letters import PADDING, PEN, letter_height
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows, Stroke

LETTER_INCHES = 0.35
WIDEST_INCHES = 60.0
DOT = 1e-3  # length that a dot is drawn with


@default_rc()
def contact_sheet(
    lines: Sequence[Rows], titles: Sequence[str], path: str | os.PathLike, *, columns: int = 1, dpi: int = 100,
    title_points: float = 8.0,
) -> None:  # fmt: skip
    """Writes a PNG of lines ``[T, 3]``, all at one scale, each under its title.

    Raises ValueError unless there is one title for each line, and at least one line.
    """
    if len(lines) != len(titles) or not len(lines):
        raise ValueError(f"{len(lines)} lines, {len(titles)} titles; expected lines, and as many titles")
    from matplotlib.figure import Figure

    lines = [strokes.check(line) for line in lines]
    letter = letter_height(lines)
    boxes = [strokes.bounds(line) for line in lines]
    padding = PADDING * letter
    width = max(right - left for left, _, right, _ in boxes) + 2 * padding
    low = min(bottom for _, bottom, _, _ in boxes) - padding
    high = max(top for _, _, _, top in boxes) + padding
    inches = min(LETTER_INCHES / letter, WIDEST_INCHES / (width * columns))
    rows = math.ceil(len(lines) / columns)
    cell_inches = max(3.0, width * inches), (high - low) * inches + title_points / 32
    figure = Figure((cell_inches[0] * columns, cell_inches[1] * rows), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for cell in cells:
        cell.set_axis_off()
    for cell, line, title, (left, _, _, _) in zip(cells[: len(lines)], lines, titles, boxes, strict=True):
        cell.set_xlim(left - padding, left - padding + width)
        cell.set_ylim(low, high)
        cell.set_aspect("equal", anchor="W")
        cell.set_title(title, loc="left", fontsize=title_points, color="#1f4e9c", pad=2, parse_math=False)
        draw_ink(cell, strokes.split(line), PEN * letter * inches * 72)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png")


def draw_ink(axes, ink: Sequence[Stroke], width: float, colors: str | Sequence = "black") -> None:
    """Draws strokes ``[n, 2]`` on Matplotlib axes, ``width`` points wide, in one colour or one for each."""
    from matplotlib.collections import PathCollection

    axes.add_collection(
        PathCollection(
            [curve(stroke, DOT) for stroke in ink], facecolors="none", edgecolors=colors, linewidths=max(width, 0.8),
            capstyle="round", joinstyle="round",
        ),
        autolim=False,
    )

"""Where the window looked while a line was written (the paper's figure 13)."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.contact_sheet import draw_ink
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.letters import PADDING, PEN, letter_height
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

COLORS = ("#1b6ca8", "#d1495b", "#2e7d32", "#8e44ad", "#c77700", "#00838f")
WIDTH_INCHES = 12.0


class Attended(Protocol):
    """A line ``strokes`` ``[T, 3]``, its ``text`` of U characters, and ``phi`` ``[T, >= U + 1]``.

    Row t of phi is from the step that drew point t; columns after U + 1 are left out. A line that is not complete is
    labelled so.
    """

    strokes: np.ndarray
    text: str
    phi: np.ndarray | None
    complete: bool


@default_rc()
def plot_attention_sheet(
    written: Sequence[Attended], path: str | os.PathLike, *, dpi: int = 100, heading: str = ""
) -> None:
    """Writes a PNG: each line of ink above its phi(t, u), time from left to right, text from top to bottom.

    Ink has the colour of the character that the window was most on when the point was drawn; the same colours
    name the rows of the map. The last row is the place one past the end. heading: what stands above all.

    Raises ValueError without lines, or where phi is missing or does not fit its line and text.
    """
    if not written:
        raise ValueError("no lines to draw; expected at least one")
    from matplotlib.figure import Figure

    maps = [_map(line) for line in written]
    sizes = [_ink_inches(line.strokes) for line in written]
    heights = [inches for size, phi in zip(sizes, maps, strict=True) for inches in (size, 0.5 + 0.16 * phi.shape[1])]
    figure = Figure((WIDTH_INCHES, sum(heights) + 0.35 * len(written)), layout="constrained")
    cells = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for line, phi, ink_cell, map_cell in zip(written, maps, cells[::2], cells[1::2], strict=True):
        title = line.text if line.complete else f"{line.text}   (cut before its end)"
        ink_cell.set_title(title, loc="left", fontsize=10, parse_math=False)
        _draw_line(ink_cell, line.strokes, phi.argmax(axis=1))
        _draw_map(map_cell, line.text, phi)
    if heading:
        figure.suptitle(heading, x=0.01, ha="left", fontsize=11, parse_math=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png")


def _map(line: Attended) -> np.ndarray:
    needed = (len(line.strokes), len(line.text) + 1)
    if line.phi is None:
        raise ValueError(f"{line.text!r} has no phi; write it with attention=True")
    phi = np.asarray(line.phi)
    if phi.ndim != 2 or len(phi) != needed[0] or phi.shape[1] < needed[1]:
        raise ValueError(f"phi has the shape {phi.shape}; a line of {needed[0]} points with {len(line.text)} characters"
                         f" needs {needed}")
    return phi[:, : needed[1]]


def _ink_inches(line: Rows) -> float:
    left, bottom, right, top = strokes.bounds(strokes.check(line))
    padding = 2 * PADDING * letter_height([line])
    return float(np.clip(WIDTH_INCHES * (top - bottom + padding) / (right - left + padding), 0.4, 2.5))


def _draw_line(axes, line: Rows, attended: np.ndarray) -> None:
    letter = letter_height([line])
    left, bottom, right, top = strokes.bounds(line)
    padding = PADDING * letter
    axes.set_axis_off()
    axes.set_xlim(left - padding, right + padding)
    axes.set_ylim(bottom - padding, top + padding)
    axes.set_aspect("equal", anchor="W")
    width, height = right - left + 2 * padding, top - bottom + 2 * padding
    inches = min(WIDTH_INCHES / width, _ink_inches(line) / height)  # a unit of the ink
    # A stroke changes colour with the character: cut it there, the point at the cut belonging to both pieces.
    pieces, colors, start = [], [], 0
    for stroke in strokes.split(line):
        owner = attended[start : start + len(stroke)]
        cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1), len(stroke)]
        for first, end in itertools.pairwise(cuts):
            pieces.append(stroke[max(first - 1, 0) : end])
            colors.append(COLORS[owner[first] % len(COLORS)])
        start += len(stroke)
    draw_ink(axes, pieces, PEN * letter * inches * 72, colors)


def _draw_map(axes, text: str, phi: np.ndarray) -> None:
    # phi has no bound: no peak may hide the rest.
    brightest = max(float(np.quantile(phi.max(axis=1), 0.9)), 1e-6)
    axes.imshow(phi.T, aspect="auto", cmap="Greys", vmin=0.0, vmax=brightest, interpolation="nearest")
    names = [*("\u2423" if c == " " else c for c in text), "end"]
    axes.set_yticks(range(len(names)), names, fontsize=8, family="monospace", parse_math=False)
    for i, label in enumerate(axes.get_yticklabels()):
        label.set_color(COLORS[i % len(COLORS)])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("point", fontsize=8)

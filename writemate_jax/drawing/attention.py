"""Where the window looked while a line was written (the paper's figure 13)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.contact_sheet import draw_ink
from writemate_jax.drawing.page import PADDING, PEN, letter_height
from writemate_jax.drawing.replacing import replacing
from writemate_jax.strokes import Rows

COLORS = ("#1b6ca8", "#d1495b", "#2e7d32", "#8e44ad", "#c77700", "#00838f")
WIDTH_INCHES = 12.0


def plot_attention(line: Rows, text: str, phi: np.ndarray, path: str | os.PathLike) -> None:
    """Writes a PNG of a line ``[T, 3]`` above its attention map ``[T, U + 1]``; see `attention_sheet`."""
    attention_sheet([line], [text], [phi], path)


def attention_sheet(
    lines: Sequence[Rows],
    texts: Sequence[str],
    phis: Sequence[np.ndarray],
    path: str | os.PathLike,
    *,
    titles: Sequence[str] | None = None,
    dpi: int = 100,
) -> None:
    """Writes a PNG: each line of ink above its phi(t, u), time from left to right, text from top to bottom.

    Ink has the colour of the character that the window was most on when the point was drawn; the same colours
    name the rows of the map. The last row is the place one past the end.

    Args:
      lines: ink ``[T, 3]``.
      texts: U characters each.
      phis: ``[T, >= U + 1]``, row t from the step that drew point t; columns after U + 1 are left out.

    Raises ValueError where these do not fit each other.
    """
    if not len(lines) or not len(lines) == len(texts) == len(phis):
        raise ValueError(f"{len(lines)} lines, {len(texts)} texts, {len(phis)} maps; expected as many each")
    from matplotlib.figure import Figure

    maps = [_map(line, text, phi) for line, text, phi in zip(lines, texts, phis)]
    sizes = [_ink_inches(line) for line in lines]
    heights = [inches for size, phi in zip(sizes, maps) for inches in (size, 0.5 + 0.16 * phi.shape[1])]
    figure = Figure((WIDTH_INCHES, sum(heights) + 0.35 * len(lines)), layout="constrained")
    cells = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for i, (line, text, phi) in enumerate(zip(lines, texts, maps)):
        title = text if titles is None else titles[i]
        cells[2 * i].set_title(title.replace("$", r"\$"), loc="left", fontsize=10)
        _draw_line(cells[2 * i], line, phi.argmax(axis=1))
        _draw_map(cells[2 * i + 1], text, phi)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png")


def _map(line: Rows, text: str, phi: np.ndarray) -> np.ndarray:
    phi = np.asarray(phi)
    if phi.ndim != 2 or len(phi) != len(line) or phi.shape[1] < len(text) + 1:
        raise ValueError(
            f"phi has the shape {phi.shape}; a line of {len(line)} points with {len(text)} characters needs"
            f" ({len(line)}, {len(text) + 1})"
        )
    return phi[:, : len(text) + 1]


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
        for first, end in zip(cuts[:-1], cuts[1:]):
            pieces.append(stroke[max(first - 1, 0) : end])
            colors.append(COLORS[owner[first] % len(COLORS)])
        start += len(stroke)
    draw_ink(axes, pieces, PEN * letter * inches * 72, colors)


def _draw_map(axes, text: str, phi: np.ndarray) -> None:
    # phi has no bound: no peak may hide the rest.
    brightest = max(float(np.quantile(phi.max(axis=1), 0.9)), 1e-6)
    axes.imshow(phi.T, aspect="auto", cmap="Greys", vmin=0.0, vmax=brightest, interpolation="nearest")
    names = [*("\u2423" if c == " " else c for c in text), "end"]
    names = [name.replace("$", r"\$") for name in names]
    axes.set_yticks(range(len(names)), names, fontsize=8, family="monospace")
    for i, label in enumerate(axes.get_yticklabels()):
        label.set_color(COLORS[i % len(COLORS)])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("point", fontsize=8)

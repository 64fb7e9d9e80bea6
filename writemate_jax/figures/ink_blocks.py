"""Blocks of labelled rows of ink, all at one scale, as the paper's figures of samples are set."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.contact_sheet import draw_ink
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.letters import PEN, letter_height
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

# Inches.
LETTER = 0.21  # height of letters, where the width has room for it
WIDEST, HIGHEST = 9.6, 40.0
MARGIN, LABEL, GAP = 0.15, 0.7, 0.3  # around everything; of the labels' column, at least; between columns
CHARACTER = 0.072  # of a small text; the heading is of larger ones
LEADING, BEFORE_TITLE, TITLE, HEADING, NOTE, COLUMN = 0.1, 0.22, 0.16, 0.3, 0.19, 0.2
REAL, GREY = "#1f4e9c", "#555555"
COLORS = 48  # of a PNG: two inks and their edges


class Cell(NamedTuple):
    """A line of ink [T, 3]. real: a person's, drawn in blue."""

    line: Rows
    real: bool = False


class Row(NamedTuple):
    """Cells side by side, one for each column; None for an empty one."""

    label: str
    cells: tuple[Cell | None, ...]


class Block(NamedTuple):
    """Rows below a title, which may be empty."""

    title: str
    rows: tuple[Row, ...]


@default_rc()
def draw_blocks(
    blocks: Sequence[Block], paths: Sequence[str | os.PathLike], *, heading: str, notes: Sequence[str] = (),
    columns: Sequence[str] = (), letter: float = LETTER, dpi: int = 150,
) -> None:  # fmt: skip
    """Writes the blocks one below the other to each path, as its suffix says: .png or .svg.

    heading, notes: lines above all. columns: what stands above each column. letter: the height of letters, in inches,
    where the width has room for it. Raises ValueError without rows or for a row without ink, and `strokes.InvalidInk`
    for what is none.
    """
    rows = [row for block in blocks for row in block.rows]
    if not rows or not all(any(row.cells) for row in rows):
        raise ValueError("no ink to draw; expected blocks of rows, each with ink")
    from matplotlib.figure import Figure

    cells = [cell for row in rows for cell in row.cells if cell]
    lines = [strokes.check(cell.line) for cell in cells]
    # People's letters are the measure where there are some: lines that drift are higher than their letters.
    unit = letter_height([line for line, cell in zip(lines, cells, strict=True) if cell.real] or lines)
    boxes = [[cell and strokes.bounds(cell.line) for cell in row.cells] for row in rows]
    count = max(map(len, boxes))
    widths = [max((row[c][2] - row[c][0] for row in boxes if row[c : c + 1] and row[c]), default=0.0)
              for c in range(count)]  # fmt: skip
    lows = [min(box[1] for box in row if box) for row in boxes]
    heights = [max(box[3] for box in row if box) - low for row, low in zip(boxes, lows, strict=True)]
    labels = max(LABEL, 0.1 + CHARACTER * max(len(part) for row in rows for part in row.label.split("\n")))
    room = WIDEST - 2 * MARGIN - labels - GAP * (count - 1)
    zoom = min(letter / unit, room / max(sum(widths), unit), HIGHEST / max(sum(heights), unit))
    said = max(CHARACTER * 1.4 * len(heading), *(CHARACTER * len(text) for text in notes), 0.0)
    wide = [zoom * width for width in widths]
    for c, column in enumerate(columns[:count]):
        wide[c] = max(wide[c], CHARACTER * len(column))
    width = 2 * MARGIN + max(labels + GAP * (count - 1) + sum(wide), said)
    titles = sum(BEFORE_TITLE + TITLE for block in blocks if block.title)
    above = HEADING + NOTE * len(notes) + COLUMN * bool(columns)
    height = 2 * MARGIN + above + titles + sum(zoom * tall + LEADING for tall in heights)
    figure = Figure((width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(0, height))
    left = MARGIN + labels + np.concatenate([[0.0], np.cumsum(np.array(wide) + GAP)])

    def say(x: float, y: float, text: str, **look) -> None:
        axes.text(x, y, text, parse_math=False, **{"fontsize": 8, "va": "top"} | look)

    y = height - MARGIN
    say(MARGIN, y, heading, fontsize=11)
    y -= HEADING
    for note in notes:
        say(MARGIN, y, note, color=GREY)
        y -= NOTE
    if columns:
        for x, column in zip(left, columns, strict=False):
            say(x, y - 0.06, column, color=GREY)
        y -= COLUMN
    placed = iter(zip(boxes, lows, heights, strict=True))
    for block in blocks:
        if block.title:
            say(MARGIN, y - BEFORE_TITLE, block.title, color=REAL)
            y -= BEFORE_TITLE + TITLE
        for row in block.rows:
            own, low, tall = next(placed)
            y -= zoom * tall + LEADING
            say(MARGIN, y + zoom * tall / 2, row.label, color=GREY, va="center")
            for x, cell, box in zip(left, row.cells, own, strict=False):
                if cell:
                    ink = [(stroke - [box[0], low]) * zoom + [x, y] for stroke in strokes.split(cell.line)]
                    draw_ink(axes, ink, PEN * unit * zoom * 72, REAL if cell.real else "black")
    for path in paths:
        with replacing(path) as temporary:
            if temporary.suffix == ".svg":
                _save_svg(figure, temporary)
            else:
                _save_png(figure, temporary, dpi)


def _save_png(figure, path: os.PathLike, dpi: int) -> None:
    """A palette of few colours makes a third of the bytes."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=dpi, format="png")
    picture = Image.open(drawn).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True, dpi=(dpi, dpi))


def _save_svg(figure, path: os.PathLike) -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "writemate"}):  # the same ink gives the same bytes
        figure.savefig(path, metadata={"Date": None})

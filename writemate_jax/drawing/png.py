"""Ink as PNG: black on white, antialiased."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np

from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.page import Page, lay_out
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

LINE_PIXELS = 160  # height of a line unless told otherwise
LARGEST_SIDE = 30_000  # pixels: a picture that is larger is a mistake
LARGEST_AREA = 32e6  # pixels, half a gigabyte while they are drawn: of pages of many lines, unless told otherwise
OVERSAMPLING = 4


def write_png(
    path: str | os.PathLike, lines: Rows | Sequence[Rows], title: str = "", *, height: int | None = None
) -> None:
    """Writes a picture of lines ``[T, 3]``, one below the other, ``height`` pixels high (None: 160 a line, or
    fewer where the page would become too large).

    ``title`` is stored in the file. Raises ValueError for a height below 1 or a picture beyond 30,000 pixels.
    """
    from PIL.PngImagePlugin import PngInfo

    page = lay_out(lines)
    rows = 1 if isinstance(lines, np.ndarray) and lines.ndim == 2 else len(lines)
    picture = render(page, _handy_height(page, rows) if height is None else height)
    notes = PngInfo()
    if title:
        notes.add_itxt("Title", title)
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG", pnginfo=notes, optimize=True)


def _handy_height(page: Page, rows: int) -> int:
    shape = page.width / page.height
    most = min(LARGEST_SIDE, (LARGEST_SIDE - 1) / shape, math.sqrt(LARGEST_AREA / shape))
    return max(1, min(LINE_PIXELS * rows, int(most)))


def render(page: Page, height: int):
    """The page as a greyscale `PIL.Image.Image` of that height in pixels."""
    from PIL import Image, ImageDraw

    zoom = height / page.height
    width = math.ceil(page.width * zoom)
    if not 1 <= height <= LARGEST_SIDE or width > LARGEST_SIDE:
        raise ValueError(
            f"a picture of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side: choose another"
            " height, or split the text into more lines"
        )
    zoom *= OVERSAMPLING
    picture = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 255)
    draw = ImageDraw.Draw(picture)
    pen = max(page.pen * zoom, 1.5 * OVERSAMPLING)  # thinner than 1.5 pixels fades to grey
    for stroke in page.strokes:
        segments = bezier(stroke)
        points = (flatten(segments) if len(segments) else stroke[:1]) * zoom
        if len(points) > 1:
            draw.line([tuple(point) for point in points], fill=0, width=round(pen))
        for x, y in points:  # round caps and joins
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=0)
    return picture.resize((width, height), Image.Resampling.BOX)

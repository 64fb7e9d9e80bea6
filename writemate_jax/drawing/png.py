"""Ink as PNG, antialiased."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.page import Page, lay_out
from writemate_jax.drawing.sheet import X_HEIGHT, sheet
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Rows

LINE_PIXELS = 160  # height of a line unless told otherwise
LARGEST_SIDE = 30_000  # pixels: a picture that is larger is a mistake
LARGEST_AREA = 32e6  # pixels, half a gigabyte while they are drawn: of pages of many lines, unless told otherwise
LARGEST_ASKED = 150e6  # pixels, told otherwise: A4 at 1,200 dpi, and 2.4 gigabytes while they are drawn
OVERSAMPLING = 4


def write_png(
    path: str | os.PathLike, lines: Rows | Sequence[Rows], title: str = "", *, height: int | None = None,
    dpi: float | None = None, x_height: float = X_HEIGHT, pen: float | None = None, color: str = "#000000",
    transparent: bool = False,
) -> None:
    """Writes a picture of lines ``[T, 3]``, one below the other, on white or on nothing.

    It is ``height`` pixels high; or, with ``dpi``, as large as ``x_height`` mm for a unit of the ink makes it; or, with
    neither, 160 pixels a line, or fewer where the page would become too large. pen: its width in mm of that size.
    ``title`` is stored in the file. Raises ValueError for a height below 1, a picture beyond 30,000 pixels a side
    or 150 million in all, or what `sheet` refuses.
    """
    from PIL.PngImagePlugin import PngInfo

    lines = [lines] if isinstance(lines, np.ndarray) and lines.ndim == 2 else list(lines)
    if dpi is not None and not 0 < dpi < math.inf:
        raise ValueError(f"dpi is {dpi}; expected dots an inch, more than 0")
    ink = sheet(lines, x_height=x_height, pen=pen, color=color)
    page = lay_out(lines)
    page = replace(page, pen=ink.pen / x_height)
    if dpi is None:
        shades = render(page, _handy_height(page, len(lines)) if height is None else height)
    else:
        zoom = x_height * dpi / 25.4
        shades = render(page, math.ceil(min(page.height * zoom, 1e9)), zoom)
    notes = PngInfo()
    if title:
        notes.add_itxt("Title", title)
    with replacing(path) as temporary:
        resolution = {} if dpi is None else {"dpi": (dpi, dpi)}
        _coloured(shades, color, transparent).save(temporary, format="PNG", pnginfo=notes, optimize=True, **resolution)


def _coloured(shades, color: str, transparent: bool):
    """A picture of black ink on white in another colour, or on nothing."""
    from PIL import Image, ImageColor, ImageOps

    ink = ImageColor.getrgb(color)
    if transparent:
        picture = Image.new("RGB", shades.size, ink)
        picture.putalpha(ImageOps.invert(shades))
        return picture
    return shades if ink == (0, 0, 0) else ImageOps.colorize(shades, ink, (255, 255, 255))


def _handy_height(page: Page, rows: int) -> int:
    shape = page.width / page.height
    most = min(LARGEST_SIDE, (LARGEST_SIDE - 1) / shape, math.sqrt(LARGEST_AREA / shape))
    return max(1, min(LINE_PIXELS * rows, int(most)))


def render(page: Page, height: int, zoom: float | None = None):
    """The page as a greyscale `PIL.Image.Image` of that height in pixels; ``zoom`` of them (None: all) are a unit."""
    from PIL import Image, ImageDraw

    zoom = zoom or height / page.height
    width = math.ceil(page.width * zoom)
    if not 1 <= height <= LARGEST_SIDE or width > LARGEST_SIDE or width * height > LARGEST_ASKED:
        raise ValueError(
            f"a picture of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side and at most"
            f" {LARGEST_ASKED / 1e6:g} million: choose another height or other dpi, or split the text into more lines"
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

"""Ink as PNG, antialiased."""

from __future__ import annotations

import math
import os

from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.figure import MM
from writemate_jax.drawing.sheet import InkSheet
from writemate_jax.replacing import replacing

LINE_PIXELS = 160  # height of a line unless told otherwise
LARGEST_SIDE = 30_000  # pixels: a picture that is larger is a mistake
LARGEST_AREA = 32e6  # pixels, half a gigabyte while they are drawn: of pages of many lines, unless told otherwise
LARGEST_ASKED = 150e6  # pixels, told otherwise: A4 at 1,200 dpi, and 2.4 gigabytes while they are drawn
OVERSAMPLING = 4


def write_png(
    path: str | os.PathLike, ink: InkSheet, *, dpi: float | None = None, transparent: bool = False
) -> None:
    """Writes a picture of a sheet, on white or on nothing; what it says is stored in the file.

    It is as large as ``dpi`` makes it; without, 160 pixels high for each line, or less where it would become too large.
    Raises ValueError for a picture beyond 30,000 pixels a side or 150 million in all.
    """
    from PIL.PngImagePlugin import PngInfo

    if dpi is None:
        height = _handy_height(ink)
        shades = render(ink, height, height / ink.height)
    else:
        zoom = dpi * MM
        shades = render(ink, math.ceil(min(ink.height * zoom, 1e9)), zoom)
    notes = PngInfo()
    if ink.text:
        notes.add_itxt("Title", ink.text)
    with replacing(path) as temporary:
        resolution = {} if dpi is None else {"dpi": (dpi, dpi)}
        picture = _coloured(shades, ink.ink, transparent)
        picture.save(temporary, format="PNG", pnginfo=notes, optimize=True, **resolution)


def _coloured(shades, color: str, transparent: bool):
    """A picture of black ink on white in another colour, or on nothing."""
    from PIL import Image, ImageColor, ImageOps

    ink = ImageColor.getrgb(color)
    if transparent:
        picture = Image.new("RGB", shades.size, ink)
        picture.putalpha(ImageOps.invert(shades))
        return picture
    return shades if ink == (0, 0, 0) else ImageOps.colorize(shades, ink, (255, 255, 255))


def _handy_height(ink: InkSheet) -> int:
    shape = ink.width / ink.height
    most = min(LARGEST_SIDE, (LARGEST_SIDE - 1) / shape, math.sqrt(LARGEST_AREA / shape))
    return max(1, min(LINE_PIXELS * len(ink.lines), int(most)))


def check_size(width: int, height: int) -> None:
    """Raises ValueError for a picture of fewer or more pixels than can be drawn."""
    if not (1 <= min(width, height) and max(width, height) <= LARGEST_SIDE and width * height <= LARGEST_ASKED):
        raise ValueError(
            f"a picture of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side and at most"
            f" {LARGEST_ASKED / 1e6:g} million: choose other dpi, or split the text into more lines"
        )


def render(ink: InkSheet, height: int, zoom: float):
    """The sheet as a greyscale `PIL.Image.Image` of that height in pixels, of which ``zoom`` are a mm."""
    from PIL import Image, ImageDraw

    width = math.ceil(ink.width * zoom)
    check_size(width, height)
    zoom *= OVERSAMPLING
    picture = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 255)
    draw = ImageDraw.Draw(picture)
    pen = max(ink.pen * zoom, 1.5 * OVERSAMPLING)  # thinner than 1.5 pixels fades to grey
    for stroke in (stroke for line in ink.lines for stroke in line.strokes):
        segments = bezier(stroke)
        points = (flatten(segments) if len(segments) else stroke[:1]) * zoom
        if len(points) > 1:
            draw.line([tuple(point) for point in points], fill=0, width=round(pen))
        for x, y in points:  # round caps and joins
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=0)
    return picture.resize((width, height), Image.Resampling.BOX)

"""Written lines as the bytes of a file."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.drawing.look import Look
from writemate_jax.drawing.page import lay_out
from writemate_jax.sampling.written import FORMATS, Written, save

MEDIA_TYPES = {
    "svg": "image/svg+xml", "plotter": "image/svg+xml", "animated": "image/svg+xml", "png": "image/png",
    "pdf": "application/pdf", "gcode": "text/x-gcode; charset=utf-8",
}  # fmt: skip
DPI = 300.0
LARGEST_AREA = 6e6  # pixels of a PNG; a letter is drawn coarser where it would have more


def picture(lines: Sequence[Written], kind: str, look: Look) -> bytes:
    """The lines, one below the other, as a file of a format in `MEDIA_TYPES`.

    Raises ValueError (`gcode.OffTheBed` is one) for what the format cannot hold.
    """
    if kind == "png":
        page = lay_out([line.strokes for line in lines])
        inches = page.width * page.height * (look.x_height / 25.4) ** 2
        look = Look(look.x_height, look.pen, look.color, dpi=min(DPI, math.sqrt(LARGEST_AREA / inches)))
    with tempfile.TemporaryDirectory(prefix="writemate-") as folder:
        path = Path(folder) / f"ink{FORMATS[kind]}"
        save(lines, path, look)
        return path.read_bytes()

"""Written lines as the bytes of a file."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.drawing.figure import MM
from writemate_jax.drawing.files import save, sheet_of
from writemate_jax.drawing.formats import FORMATS
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.png import write_png
from writemate_jax.sampling.written import Written

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
    with tempfile.TemporaryDirectory(prefix="writemate-") as folder:
        path = Path(folder) / f"ink{FORMATS[kind]}"
        if kind == "png":
            ink = sheet_of(lines, look)
            write_png(path, ink, dpi=min(DPI, math.sqrt(LARGEST_AREA / (ink.width * ink.height)) / MM))
        else:
            save(lines, path, look)
        return path.read_bytes()

"""A line that a network wrote."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from writemate_jax.drawing import png, strokes_json, svg

FORMATS = ("svg", "png", "json")


@dataclass(frozen=True, eq=False)
class Written(strokes_json.Ink):
    """Ink, how it came about, and the window's course if it was asked for.

    phi: float32 [T, U + 1], row t from the step that drew point t; None unless asked for.
    kappa: float32 [T, K], the window's places, likewise.
    """

    phi: np.ndarray | None = None
    kappa: np.ndarray | None = None

    def save(self, path: str | os.PathLike) -> None:
        """Writes the line as the path's suffix says: .svg, .png or .json. Raises ValueError for another."""
        save([self], path)

    def _repr_svg_(self) -> str:
        return svg.to_svg(self.strokes, self.text)


def save(lines: Sequence[strokes_json.Ink], path: str | os.PathLike) -> None:
    """Writes lines into one file, one below the other, as its suffix says; a .json file holds a single line.

    Raises ValueError for another suffix, or for several lines in JSON.
    """
    suffix = Path(path).suffix.lower()
    if suffix.lstrip(".") not in FORMATS:
        raise ValueError(f"{path}: {suffix or 'no suffix'} is no known format; expected .svg, .png or .json")
    if suffix == ".json":
        if len(lines) != 1:
            raise ValueError(f"{path}: a JSON file holds one line, not {len(lines)}; write them into a folder")
        strokes_json.write_json(path, lines[0])
        return
    write = {".svg": svg.write_svg, ".png": png.write_png}[suffix]
    write(path, [line.strokes for line in lines], "\n".join(line.text for line in lines))

"""A line that a network wrote."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from writemate_jax.drawing import svg
from writemate_jax.drawing.files import save, sheet_of
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.strokes_json import Ink


@dataclass(frozen=True, eq=False)
class Written(Ink):
    """Ink, how it came about, and the window's course if it was asked for.

    phi: float32 [T, U + 1], row t from the step that drew point t; None unless asked for.
    kappa: float32 [T, K], the window's places, likewise.
    """

    phi: np.ndarray | None = None
    kappa: np.ndarray | None = None

    def save(self, path: str | os.PathLike, **look) -> None:
        """Writes the line as the path's suffix says, one of `drawing.formats`, with the fields of `Look`.

        Raises ValueError for another suffix, and `gcode.OffTheBed`.
        """
        save([self], path, Look(**look))

    def _repr_svg_(self) -> str:
        return svg.to_svg(sheet_of([self], Look()))

"""How ink is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from writemate_jax.drawing.gcode import Machine
from writemate_jax.drawing.sheet import X_HEIGHT, check_look


@dataclass(frozen=True)
class Look:
    """How ink is drawn.

    x_height: mm of an x-height. pen: its width in mm; None for one that suits the letters. color: #rrggbb. by_speed: in
    an SVG, the pen is thinner where it was quick. dpi: of a PNG; None for 160 pixels a line. transparent: a PNG without
    paper. machine: what a G-code program is for; None for `Machine`'s own values.
    """

    x_height: float = X_HEIGHT
    pen: float | None = None
    color: str = "#000000"
    by_speed: bool = False
    dpi: float | None = None
    transparent: bool = False
    machine: Machine | None = None

    def __post_init__(self):
        check_look(self.x_height, self.pen, self.color)
        if self.dpi is not None and not 0 < self.dpi < math.inf:
            raise ValueError(f"dpi is {self.dpi}; expected dots an inch, more than 0")

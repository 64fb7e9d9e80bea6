"""Lines of ink in millimetres: what the files that leave the screen are drawn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.letters import LEADING, PADDING, PEN, letter_height
from writemate_jax.strokes import Rows, Stroke

X_HEIGHT = 3.0  # mm, of a pen's everyday writing
SMALLEST, LARGEST = 0.01, 1000.0  # mm that an x-height may have
DOT = 0.01  # mm that a dot is drawn long; some programs leave out a path without length
RULE_COLOR, RULE_WIDTH, DOT_WIDTH = "#bccbdc", 0.15, 0.4  # of a paper's lines and dots, mm
COLOR = re.compile("#[0-9a-fA-F]{6}")


class Line(Protocol):
    """Strokes ``[n, 2]`` in mm, x right, y **down**, in the order of writing, and what they say."""

    text: str
    strokes: tuple[Stroke, ...]


class Sheet(Protocol):
    """Ink in mm from the upper left corner, with the colour #rrggbb and the width in mm of its pen.

    rules: [n, 2, 2], the paper's lines, from and to. dots: [m, 2], the paper's dots. text: what the sheet says.
    """

    width: float
    height: float
    lines: Sequence[Line]
    rules: np.ndarray
    dots: np.ndarray
    ink: str
    pen: float

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, eq=False)
class InkLine:
    """See `Line`. pace: points per second at which it was written."""

    text: str
    strokes: tuple[Stroke, ...]
    pace: float | None = None


@dataclass(frozen=True, eq=False)
class InkSheet:
    """See `Sheet`: the smallest sheet around its lines, with a margin, of blank paper."""

    width: float
    height: float
    lines: tuple[InkLine, ...]
    ink: str = "#000000"
    pen: float = 0.21
    rules: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, 2)))
    dots: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def sheet(
    lines: Sequence[Rows], texts: Sequence[str] | None = None, *, x_height: float = X_HEIGHT, pen: float | None = None,
    color: str = "#000000", paces: Sequence[float | None] | None = None, own_x_height: float = 0.0,
) -> InkSheet:
    """Lines ``[T, 3]``, one below the other, origins aligned, a unit of their ink being ``x_height`` mm.

    The distance between baselines is even, and large enough that ink of neighbouring lines does not touch. pen: its
    width in mm; None for that of the letters' height that looks natural. own_x_height: of the ink, in its unit; 0 where
    that is not known. Raises ValueError for a size that is not positive, a colour that is not #rrggbb, and without
    lines; `strokes.InvalidInk` for an array that is no line.
    """
    check_look(x_height, pen, color)
    if not lines:
        raise ValueError("no lines to draw; expected at least one")
    lines = [strokes.check(line) for line in lines]
    texts = [""] * len(lines) if texts is None else texts
    paces = [None] * len(lines) if paces is None else paces
    letter = letter_height(lines, own_x_height)
    left, bottom, right, top = np.array([strokes.bounds(line) for line in lines]).T
    pitch = max(top[1:] - bottom[:-1], default=0.0) + LEADING * letter
    padding = PADDING * letter
    corner = np.array([padding - left.min(), padding + top[0]])
    lowest = max(row * pitch - low for row, low in enumerate(bottom))

    def placed(row: int, line: Rows) -> tuple[Stroke, ...]:
        return tuple(
            (corner + [0.0, row * pitch] + stroke * [1.0, -1.0]) * x_height for stroke in strokes.split(line)
        )

    return InkSheet(
        width=float(right.max() - left.min() + 2 * padding) * x_height,
        height=float(top[0] + lowest + 2 * padding) * x_height,
        lines=tuple(
            InkLine(text, placed(row, line), pace)
            for row, (line, text, pace) in enumerate(zip(lines, texts, paces, strict=True))
        ),
        ink=color,
        pen=PEN * letter * x_height if pen is None else pen,
    )


def color(name: str) -> str:
    """The colour as #rrggbb, from whatever CSS calls it. Raises ValueError.

    >>> color("navy")
    '#000080'
    """
    from PIL import ImageColor

    try:
        red, green, blue, *alpha = ImageColor.getrgb(name)
        found = f"#{red:02x}{green:02x}{blue:02x}"
        if alpha or not COLOR.fullmatch(found):
            raise ValueError("of more than a byte, or with an opacity")
    except ValueError as error:
        raise ValueError(f"{name!r}, which is no colour; expected a name such as navy, or #rrggbb") from error
    return found


def check_look(x_height: float, pen: float | None, color: str) -> None:
    """Raises ValueError for sizes that no sheet has, and unless the colour is #rrggbb."""
    if not SMALLEST <= x_height <= LARGEST:
        raise ValueError(f"x_height is {x_height}; expected a letter size of {SMALLEST:g} to {LARGEST:g} mm")
    if pen is not None and not 0 < pen < float("inf"):
        raise ValueError(f"pen is {pen}; expected millimetres, more than 0")
    if not COLOR.fullmatch(color):
        raise ValueError(f"color is {color!r}; expected #rrggbb, such as #1a3a8f")

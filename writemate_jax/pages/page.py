"""A page of handwriting, whatever it is drawn with: nothing but places in millimetres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from writemate_jax.strokes import Stroke


@dataclass(frozen=True, eq=False)
class PlacedLine:
    """A line of ink where it stands.

    text: what it says. strokes: positions of the pen, see `Page`. after: what the text has between this line and the
    next: " "; "" inside a word; "-" inside a word, the hyphen being added; or newlines at a paragraph's end.
    """

    text: str
    strokes: tuple[Stroke, ...]
    after: str = "\n"


@dataclass(frozen=True, eq=False)
class Page:
    """Ink and paper in millimetres from the upper left corner, x right, y **down**.

    rules: float64 [n, 2, 2], the paper's lines, from and to. dots: float64 [m, 2], the paper's dots.
    ink: colour #rrggbb. pen: width of the pen. letter: height of an x.
    """

    width: float
    height: float
    lines: tuple[PlacedLine, ...]
    rules: np.ndarray
    dots: np.ndarray
    ink: str
    pen: float
    letter: float

    @property
    def text(self) -> str:
        """What the page says: words that were broken are whole again."""
        return text_of(self.lines)

    def _repr_svg_(self) -> str:
        from writemate_jax.pages.drawing import to_svg

        return to_svg(self)


def text_of(lines: Iterable[PlacedLine]) -> str:
    """The text of lines that follow each other, also over several pages.

    >>> text_of([PlacedLine("by the win-", (), "-"), PlacedLine("dow", (), " "), PlacedLine("there", ())])
    'by the window there'
    """
    return "".join(line.text[:-1] if line.after == "-" else line.text + line.after for line in lines).rstrip("\n")

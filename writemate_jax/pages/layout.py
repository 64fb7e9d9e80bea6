"""The choices of a page: its size, margins, letters, lines, paper and pen, in millimetres."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from writemate_jax.drawing.sheet import color

SIZES = {
    "a3": (297.0, 420.0),
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "a6": (105.0, 148.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
}
ALIGNMENTS = ("left", "justified")
PAPERS = ("blank", "ruled", "dotted", "squared")
LARGEST_SIDE = 5000.0  # mm: the longest side that PDF viewers show
ASCENT, DESCENT = 2.0, 1.0  # x-heights kept free above the first and below the last baseline
HIGHEST_START = 3.0  # x-heights above the first baseline that a large heading may take
NARROWEST = 6.0  # x-heights that a line is at least long: below, no word fits
SQUARE = 5.0  # mm, about the distance of squares and dots


class InvalidPage(ValueError):
    """A page that cannot be: the message names the value and says what to do."""


@dataclass(frozen=True)
class Layout:
    """How pages look. Raises `InvalidPage` for choices that leave no room for a line, or are none.

    page: a name of `SIZES`, "WxH" or (width, height). margins: one for all sides, or top, right, bottom, left.
    letter: height of an x. line_spacing: between baselines; by default 3.2 letters. align: see `ALIGNMENTS`.
    paper: see `PAPERS`. ink: a colour, by name or #rrggbb. pen: its width. drift: how far lines wander off the margin
    and the baseline, 0 for not at all, 1 as usual. language: whose rules long words are broken by ("en_US"), or None.
    reflow: whether a single line break is but a space.
    """

    page: str | tuple[float, float] = "A4"
    margins: float | tuple[float, ...] = 20.0
    letter: float = 2.5
    line_spacing: float | None = None
    align: str = "left"
    paper: str = "blank"
    ink: str = "#1a2a5e"
    pen: float = 0.35
    drift: float = 1.0
    language: str | None = "en_US"
    reflow: bool = False

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # as frozen dataclasses allow while they are made
        set_field(self, "page", page_size(self.page))
        set_field(self, "margins", _margins(self.margins))
        try:
            set_field(self, "ink", color(self.ink))
        except ValueError as error:
            raise InvalidPage(f"ink is {error}") from error
        _check("letter", self.letter, 0.2, 100)
        if self.line_spacing is None:
            set_field(self, "line_spacing", 3.2 * self.letter)
        _check("line_spacing", self.line_spacing, 1.5 * self.letter, 1000)
        _check("pen", self.pen, 0.01, 50)
        _check("drift", self.drift, 0, 5)
        for name, choices in (("align", ALIGNMENTS), ("paper", PAPERS)):
            if getattr(self, name) not in choices:
                raise InvalidPage(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(choices)}")
        hyphenation(self.language)
        if self.line_width < NARROWEST:
            raise InvalidPage(
                f"a line would be {self.line_width * self.letter:.1f} mm long, too short for letters of"
                f" {self.letter:g} mm, which need {NARROWEST * self.letter:g} mm; choose a wider page, smaller margins"
                " or smaller letters"
            )
        if self.rows < 1:
            raise InvalidPage(
                f"no line fits between margins {self.height - self.margins[0] - self.margins[2]:.1f} mm apart: one of"
                f" {self.letter:g} mm letters needs {self.letter * (self._start + DESCENT):.1f} mm; choose a higher"
                " page, smaller margins or smaller letters"
            )

    @property
    def width(self) -> float:
        return self.page[0]

    @property
    def height(self) -> float:
        return self.page[1]

    @property
    def left(self) -> float:
        return self.margins[3]

    @property
    def wander(self) -> float:
        """x-heights that lines may begin right of the margin."""
        return 0.8 * self.drift

    @property
    def line_width(self) -> float:
        """x-heights that are free for the ink of a line, wherever it begins."""
        return (self.width - self.margins[1] - self.left) / self.letter - self.wander

    @property
    def _start(self) -> float:
        return float(np.clip(self.line_spacing / self.letter, ASCENT, HIGHEST_START))

    @property
    def rows(self) -> int:
        """Lines that fit on a page."""
        free = self.height - self.margins[0] - self.margins[2] - (self._start + DESCENT) * self.letter
        return 1 + math.floor(free / self.line_spacing + 1e-9)

    def baseline(self, row: int) -> float:
        """y of the baseline of a row, from 0, in mm from the upper edge."""
        return self.margins[0] + self._start * self.letter + row * self.line_spacing


def page_size(page: str | tuple[float, float]) -> tuple[float, float]:
    """Width and height in mm.

    >>> page_size("A5"), page_size("100x150")
    ((148.0, 210.0), (100.0, 150.0))
    """
    size = page
    if isinstance(page, str):
        size = SIZES.get(page.strip().lower())
        if size is None:
            numbers = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*[xX\u00d7]\s*(\d+(?:\.\d*)?)\s*(?:mm)?\s*", page)
            if not numbers:
                names = ", ".join(name.capitalize() for name in SIZES)
                raise InvalidPage(f"page is {page!r}; expected {names}, or width x height in mm, as in 100x150")
            size = numbers.groups()
    width, height = (float(side) for side in size)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise InvalidPage(f"page is {width:g} x {height:g} mm; expected sides of up to {LARGEST_SIDE:g} mm")
    return width, height


def hyphenation(language: str | None):
    """The `pyphen.Pyphen` of a language, or None for none."""
    if language is None or language == "none":
        return None
    import pyphen

    known = pyphen.language_fallback(language)
    if known is None:
        raise InvalidPage(f"language is {language!r}, whose hyphenation is not known; expected en_US, de_DE, fr, ...,"
                          " or none")
    return pyphen.Pyphen(lang=known)


def rules(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """The paper's lines [n, 2, 2] and dots [m, 2], so that the baselines lie on them."""
    lines, dots = np.zeros((0, 2, 2)), np.zeros((0, 2))
    if layout.paper == "ruled":
        y = np.array([layout.baseline(row) for row in range(layout.rows)])
        lines = _segments(y, layout.width)
    elif layout.paper != "blank":
        step = layout.line_spacing / max(1, round(layout.line_spacing / SQUARE))
        x, y = _grid(layout.left, step, layout.width), _grid(layout.baseline(0), step, layout.height)
        if layout.paper == "dotted":
            dots = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        else:
            lines = np.concatenate([_segments(y, layout.width), _segments(x, layout.height)[:, :, ::-1]])
    return lines, dots


def _grid(through: float, step: float, end: float) -> np.ndarray:
    """The places between 0 and ``end`` that are whole steps from ``through``."""
    first = through % step
    return first + step * np.arange(math.floor((end - first) / step + 1e-9) + 1)


def _segments(y: np.ndarray, width: float) -> np.ndarray:
    """Level lines [n, 2, 2] from 0 to ``width``."""
    return np.stack([np.stack([np.zeros_like(y), y], 1), np.stack([np.full_like(y, width), y], 1)], axis=1)


def _margins(margins: float | tuple[float, ...]) -> tuple[float, float, float, float]:
    given = tuple(np.atleast_1d(np.asarray(margins, float)).tolist())
    if len(given) not in (1, 4) or not all(0 <= margin <= LARGEST_SIDE for margin in given):
        raise InvalidPage(f"margins are {margins}; expected one number of mm from 0 up, or four: top, right, bottom,"
                          " left")
    return given * 4 if len(given) == 1 else given


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidPage(f"{name} is {value:g}; expected {least:g} to {most:g}")

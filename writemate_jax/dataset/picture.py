"""A line of ink as a picture of a line on paper: other pens, papers and small distortions, drawn by a random generator.

Lines that look all alike teach a recogniser their look. So each has its own slant, size, pen, paper and light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.letters import letter_height
from writemate_jax.strokes import Rows

HEIGHTS = (16, 512)  # pixels, the least and the most
OVERSAMPLING = 3
PIECES = 4  # chords of each segment of the curve
LARGEST_LETTER = 0.45  # of the picture's height: a mere dash does not fill it
LONGEST = 60.0  # widths in heights: a line that ran away is drawn smaller
MARGIN = (0.04, 0.14)  # of the height, on each side
CLEAN = 0.25  # share of the lines on white, even paper


@dataclass(frozen=True)
class Look:
    """How a line looks on paper; `draw` makes one. Angles in degrees, shares of the letters' or the picture's height.

    rotation: counterclockwise. slant: shear to the right. aspect: width over what it was. pen: width, of the letters'
    height. margins: left, right, above, below, of the picture's height. ink, paper: grey values, 0 is black. light:
    grey values that the paper is darker at its left and at its top (or brighter, below 0). grain: deviation of the
    paper's grey values. blur: deviation of the camera's blur, of the picture's height. rule: grey values by which a
    ruled line on the baseline is darker than the paper; 0 for none.
    """

    rotation: float
    slant: float
    aspect: float
    pen: float
    margins: tuple[float, float, float, float]
    ink: int
    paper: int
    light: tuple[float, float]
    grain: float
    blur: float
    rule: int


def draw(rng: np.random.Generator) -> Look:
    """A look at random."""
    clean = rng.random() < CLEAN
    ruled = not clean and rng.random() < 0.25
    return Look(
        rotation=round(float(np.clip(rng.normal(0, 0.7), -2, 2)), 2),
        slant=round(float(np.clip(rng.normal(0, 5), -12, 12)), 1),
        aspect=round(float(np.exp(np.clip(rng.normal(0, 0.08), -0.2, 0.2))), 3),
        pen=round(float(rng.uniform(0.04, 0.13)), 3),
        margins=tuple(round(float(m), 3) for m in rng.uniform(*MARGIN, 4)),
        ink=0 if clean else int(rng.integers(0, 100)),
        paper=255 if clean else int(rng.integers(190, 256)),
        light=(0.0, 0.0) if clean else tuple(round(float(x), 1) for x in rng.normal(0, 8, 2)),
        grain=0.0 if clean else round(float(rng.uniform(0, 4)), 1),
        blur=round(float(rng.uniform(0, 0.012)), 4),
        rule=int(rng.integers(15, 60)) if ruled else 0,
    )


def picture(
    line: Rows, look: Look, height: int, rng: np.random.Generator, x_height: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Grey values uint8 ``[height, width]`` of a line ``[T, 3]`` in any unit, and where its points are there.

    x_height: of the line, in that unit; 0 where it is not known, and marks alone are drawn as large as letters.
    The second is the affine map float64 ``[2, 3]`` from the line's points (`strokes.to_points`, y up) to pixels, x
    right, y down, (0, 0) the upper left corner of the picture: pixels = A[:, :2] @ point + A[:, 2].
    Raises `strokes.InvalidInk` for an array that is no line.
    """
    line = strokes.check(line)
    letter = letter_height([line], x_height)
    affine, width = _placed(line, look, height, letter)
    zoom = math.sqrt(abs(np.linalg.det(affine[:, :2])))
    cover = _cover(line, affine, (height, width), look.pen * letter * zoom, look.blur * height)
    paper = _paper((height, width), look, affine, rng)
    return np.rint(np.clip(paper + (look.ink - paper) * cover, 0, 255)).astype(np.uint8), affine


def _placed(line: Rows, look: Look, height: int, letter: float) -> tuple[np.ndarray, int]:
    """The map to pixels and the picture's width."""
    turn = math.radians(look.rotation)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    shape = rotation @ np.array([[look.aspect, math.tan(math.radians(look.slant))], [0, 1]])
    points = strokes.to_points(line) @ shape.T
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    left, right, above, below = np.array(look.margins) * height
    free = height - above - below
    zoom = min(
        free / max(extent[1], 1e-9),
        LARGEST_LETTER * height / letter,
        (LONGEST * height - left - right) / max(extent[0], 1e-9),
    )
    slack = (free - extent[1] * zoom) / 2  # ink that is lower than the picture lies in the middle
    flip = np.array([[zoom, 0], [0, -zoom]])
    offset = [left - low[0] * zoom, above + slack + high[1] * zoom]
    width = max(math.ceil(extent[0] * zoom + left + right), height // 4)
    return np.column_stack([flip @ shape, offset]), width


def _cover(line: Rows, affine: np.ndarray, size: tuple[int, int], pen: float, blur: float) -> np.ndarray:
    """How much of each pixel is under ink, float ``[height, width]`` from 0 to 1; pen and blur in pixels."""
    from PIL import Image, ImageDraw, ImageFilter

    height, width = size
    pen = max(pen, 1.0) * OVERSAMPLING
    page = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 0)
    brush = ImageDraw.Draw(page)
    for stroke in strokes.split(line):
        knots = (stroke @ affine[:, :2].T + affine[:, 2]) * OVERSAMPLING
        segments = bezier(knots)
        if len(segments):
            brush.line(flatten(segments, PIECES).ravel().tolist(), fill=255, width=round(pen))
        for x, y in knots.tolist():  # round ends and bends
            brush.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    page = page.resize((width, height), Image.Resampling.BOX)
    if blur > 0:
        page = page.filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(page, np.float32) / 255


def _paper(size: tuple[int, int], look: Look, affine: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The paper's grey values float32 ``[height, width]``."""
    height, width = size
    across, down = np.linspace(1, 0, width, dtype=np.float32), np.linspace(1, 0, height, dtype=np.float32)[:, None]
    paper = look.paper - np.float32(look.light[0]) * across - np.float32(look.light[1]) * down
    if look.rule:
        # Of the baseline's image: y over x.
        slope = affine[1, 0] / affine[0, 0]
        y = affine[1, 2] + slope * (np.arange(width) + 0.5 - affine[0, 2])
        apart = np.abs(np.arange(height)[:, None] + 0.5 - y) / (0.5 + height / 128)
        paper = paper - look.rule * np.maximum(1 - apart, 0).astype(np.float32)
    if look.grain > 0:
        # Grain of the paper, as wide as four pixels, and of the camera.
        coarse = rng.standard_normal((height // 4 + 1, width // 4 + 1), np.float32)
        fine = rng.standard_normal((height, width), np.float32)
        paper = paper + np.float32(look.grain) * (0.6 * fine + 0.8 * _enlarged(coarse)[:height, :width])
    return paper


def _enlarged(values: np.ndarray) -> np.ndarray:
    """Values ``[h, w]`` as ``[4 h, 4 w]``, each four times in both directions."""
    return values.repeat(4, axis=0).repeat(4, axis=1)

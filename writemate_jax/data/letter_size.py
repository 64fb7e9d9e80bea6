"""How large a piece of writing should be, from its text alone.

Every character has parts: strokes with a typical vertical extent and length in x-heights. From a text follows then how
its ink spreads in y, and comparing that with the ink's own spread gives the size of its letters and its baseline.
"""

from __future__ import annotations

import numpy as np

from writemate_jax.strokes import Stroke

ASCENDER, CAPITAL, DIGIT, DESCENDER = 1.9, 1.8, 1.6, -0.9
STEEPEST = 0.3  # slope of a line of writing
SIZES = 1.25  # of letters that are meant to be an x-height tall, over and under that
FEW = 4  # letters, of which a measured baseline counts half

# (bottom, top, length of ink) of the parts of a character, in x-heights.
Part = tuple[float, float, float]


def _parts() -> dict[str, tuple[Part, ...]]:
    table: dict[str, tuple[Part, ...]] = {}
    for c, length in zip("aceimnorsuvwxz", (3.2, 2.0, 2.6, 1.1, 4.5, 3.0, 2.8, 1.7, 2.2, 2.8, 2.1, 3.8, 2.6, 2.7),
                         strict=True):
        table[c] = ((0.0, 1.0, length),)
    table["i"] = ((0.0, 1.0, 1.1), (1.5, 1.6, 0.1))
    for c, bowl in zip("bdhk", (2.5, 2.5, 2.0, 1.7), strict=True):
        table[c] = ((0.0, 1.0, bowl), (0.0, ASCENDER, 2.1))
    table["l"] = ((0.0, ASCENDER, 2.3),)
    table["t"] = ((0.0, 1.6, 1.8), (1.0, 1.2, 0.8))
    table["f"] = ((-0.2, ASCENDER, 2.6), (0.8, 1.0, 0.6))
    for c, bowl in zip("gpqy", (2.8, 2.3, 2.8, 2.0), strict=True):
        table[c] = ((0.0, 1.0, bowl), (DESCENDER, 0.8, 2.2))
    table["j"] = ((DESCENDER, 1.0, 2.2), (1.5, 1.6, 0.1))
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        table[c] = ((0.0, CAPITAL, 3.0 if c in "ILJ" else 5.0),)
    for c in "0123456789":
        table[c] = ((0.0, DIGIT, 1.7 if c == "1" else 3.4),)
    table |= {
        ".": ((0.0, 0.1, 0.1),), ",": ((-0.4, 0.15, 0.6),), ":": ((0.1, 0.2, 0.1), (0.8, 0.9, 0.1)),
        ";": ((-0.4, 0.15, 0.6), (0.8, 0.9, 0.1)), "!": ((0.5, CAPITAL, 1.3), (0.0, 0.1, 0.1)),
        "?": ((0.5, CAPITAL, 2.4), (0.0, 0.1, 0.1)), "'": ((1.3, 1.9, 0.6),), "`": ((1.3, 1.9, 0.6),),
        '"': ((1.3, 1.9, 1.2),), "-": ((0.55, 0.65, 0.8),), "_": ((-0.3, -0.2, 1.2),), "=": ((0.4, 0.9, 2.0),),
        "+": ((0.2, 1.2, 1.0), (0.65, 0.75, 1.0)), "*": ((0.6, 1.6, 2.4),), "/": ((-0.2, 1.9, 2.3),),
        "\\": ((-0.2, 1.9, 2.3),), "|": ((-0.3, 1.9, 2.2),), "(": ((-0.3, 1.9, 2.4),), ")": ((-0.3, 1.9, 2.4),),
        "[": ((-0.3, 1.9, 3.0),), "]": ((-0.3, 1.9, 3.0),), "{": ((-0.3, 1.9, 3.0),), "}": ((-0.3, 1.9, 3.0),),
        "<": ((0.1, 1.3, 2.4),), ">": ((0.1, 1.3, 2.4),), "#": ((0.0, 1.6, 3.2), (0.5, 1.1, 2.4)),
        "$": ((-0.2, 1.9, 2.1), (0.1, 1.6, 3.4)), "%": ((0.0, 1.7, 5.0),), "&": ((0.0, 1.7, 5.0),),
        "@": ((-0.2, 1.7, 6.0),), "~": ((0.5, 0.9, 1.2),), "^": ((1.1, 1.8, 1.6),),
    }
    return table


PARTS = _parts()

# Width of a character with the space to its neighbour, in x-heights.
WIDTHS = (dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 1.5) | dict.fromkeys("0123456789", 1.1)
          | dict(zip("abcdefghijklmnopqrstuvwxyz",
                     (1.15, 1.05, 0.9, 1.15, 0.9, 0.8, 1.1, 1.1, 0.5, 0.6, 1.1, 0.55, 1.75, 1.15, 1.0, 1.1, 1.15, 0.85,
                      0.85, 0.75, 1.15, 1.05, 1.6, 1.05, 1.1, 1.0), strict=True))
          | {"I": 0.8, "J": 1.3, "M": 2.0, "W": 2.0, "1": 0.6}
          | dict.fromkeys(".,;:!'`|", 0.4) | dict.fromkeys('"()[]{}/\\', 0.7) | dict.fromkeys("-?*^~", 0.9)
          | dict.fromkeys("+=<>_#$", 1.2) | dict.fromkeys("%&@", 1.6))
WORD_GAP = 1.0
UNKNOWN_WIDTH = 1.1  # of a character that the table lacks


def extents(character: str) -> tuple[float, float]:
    """Expected bottom and top of a character, in x-heights above the baseline. KeyError for one without a shape."""
    bottoms, tops, _ = zip(*PARTS[character], strict=True)
    return min(bottoms), max(tops)


def expected_moments(text: str) -> tuple[float, float]:
    """Mean and standard deviation of y over the ink of a text, in x-heights.

    A part's ink is taken to be spread evenly over its extent. Raises KeyError for a character without a shape.
    """
    parts = np.array([part for c in text if c != " " for part in PARTS[c]])
    bottom, top, length = parts.T
    mean = np.average((bottom + top) / 2, weights=length)
    square = np.average((bottom**2 + bottom * top + top**2) / 3, weights=length)
    return float(mean), float(np.sqrt(max(square - mean**2, 1e-4)))


def expected_width(text: str) -> float:
    """Width of a text in x-heights, word gaps included; to be scaled by how wide a hand is."""
    return sum(WORD_GAP if c == " " else WIDTHS.get(c, UNKNOWN_WIDTH) for c in text)


def ink_moments(strokes: list[Stroke]) -> tuple[float, float]:
    """Mean and standard deviation of y over the ink, each stretch weighted by its length."""
    starts = np.concatenate([stroke[:-1] for stroke in strokes] or [np.zeros((0, 2))])
    ends = np.concatenate([stroke[1:] for stroke in strokes] or [np.zeros((0, 2))])
    length = np.hypot(*(ends - starts).T)
    if not length.sum() > 0:
        points = np.concatenate(strokes)
        return float(points[:, 1].mean()), 0.0
    a, b = starts[:, 1], ends[:, 1]
    mean = np.average((a + b) / 2, weights=length)
    square = np.average(((a - mean) ** 2 + (a - mean) * (b - mean) + (b - mean) ** 2) / 3, weights=length)
    return float(mean), float(np.sqrt(square))


def measure(strokes: list[Stroke], text: str) -> float:
    """Height of an x in the ink's own unit: its spread in y over the expected one; 0 for ink without height."""
    return ink_moments(strokes)[1] / expected_moments(text)[1]


def baseline(strokes: list[Stroke], text: str) -> float:
    """Where the baseline of written ink lies, in x-heights, whose letters are about as tall: within 1 of 0.

    Of few letters, whose own shape tells more than where they stand, it is nearer to 0. 0 for a lone point, and for a
    text without a character that has a shape.
    """
    known = [c for c in text if c in PARTS]
    if not known or sum(map(len, strokes)) < 2:
        return 0.0
    (mean, spread), (expected_mean, expected_spread) = ink_moments(strokes), expected_moments("".join(known))
    # A dash has next to no height of its own that would tell the size.
    scale = np.clip(spread / expected_spread, 1 / SIZES, SIZES)
    return len(known) / (len(known) + FEW) * float(np.clip(mean - expected_mean * scale, -1.0, 1.0))


def shrunk(scale: float, letters: int, usual: float, trust: float = 20.0) -> float:
    """A scale drawn towards the writer's usual one: a text of `trust` letters counts as much as the writer."""
    own = letters / (letters + trust)
    return float(np.exp(own * np.log(scale) + (1 - own) * np.log(usual)))


def normalise(strokes: list[Stroke], text: str, scale: float) -> list[Stroke]:
    """The ink with 1 = one x-height, the baseline at y = 0, and its left edge at x = 0."""
    mean, _ = ink_moments(strokes)
    base = mean - expected_moments(text)[0] * scale
    left = min(stroke[:, 0].min() for stroke in strokes)
    return [(stroke - (left, base)) / scale for stroke in strokes]


def deskewed(strokes: list[Stroke]) -> list[Stroke]:
    """The ink with its slope taken out: a straight line fitted to y over x, robustly (Huber weights).

    A slope beyond `STEEPEST` is not the line's own and is left. Rotating would change letters less for a steep slope,
    but at these slopes a shear keeps their slant and does the same.
    """
    starts = np.concatenate([stroke[:-1] for stroke in strokes])
    ends = np.concatenate([stroke[1:] for stroke in strokes])
    lengths = np.hypot(*(ends - starts).T)
    x, y = ((starts + ends) / 2).T
    if len(x) < 20 or not np.ptp(x) > 4 * np.std(y):
        return strokes
    x = x - x.mean()
    weights = np.ones(len(x))
    for _ in range(8):
        slope, offset = np.polyfit(x, y, 1, w=np.sqrt(weights * lengths))
        residual = np.abs(y - slope * x - offset)
        threshold = 1.345 * max(float(np.median(residual)) * 1.4826, 1e-9)
        weights = np.minimum(1.0, threshold / np.maximum(residual, 1e-9))
    if abs(slope) > STEEPEST:
        return strokes
    middle = ((starts + ends) / 2)[:, 0].mean()
    return [np.stack([s[:, 0], s[:, 1] - slope * (s[:, 0] - middle)], axis=1) for s in strokes]


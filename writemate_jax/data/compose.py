"""Lines made of smaller pieces of one writer: words beside words, characters beside characters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from writemate_jax.data.letter_size import extents
from writemate_jax.strokes import Stroke


@dataclass(frozen=True)
class Piece:
    """Ink with its text: 1 = one x-height, baseline at y = 0, left edge at x = 0."""

    strokes: list[Stroke]
    text: str
    source: str


def width(piece: Piece) -> float:
    return max(float(stroke[:, 0].max()) for stroke in piece.strokes)


def beside(pieces: list[Piece], gaps: list[float], lifts: list[float], separator: str) -> Piece:
    """The pieces from left to right: `gaps[i]` in front of piece i + 1, piece i raised by `lifts[i]` (x-heights)."""
    strokes: list[Stroke] = []
    left = 0.0
    for piece, gap, lift in zip(pieces, [0.0, *gaps], lifts, strict=True):
        left += gap
        strokes += [stroke + (left, lift) for stroke in piece.strokes]
        left = max(float(stroke[:, 0].max()) for stroke in strokes)
    sources = dict.fromkeys(piece.source.split("#")[0] for piece in pieces)
    return Piece(strokes, separator.join(piece.text for piece in pieces), "+".join(sources))


def widest_gaps(piece: Piece) -> float:
    """How far apart the piece's own letters stand: the 80th percentile of the clear spaces between its strokes."""
    boxes = np.array([(s[:, 0].min(), s[:, 0].max()) for s in piece.strokes])
    front = np.maximum.accumulate(boxes[:, 1])
    clear = boxes[1:, 0] - front[:-1]
    return float(np.percentile(np.maximum(clear, 0.0), 80)) if len(clear) else 0.0


def words_beside(words: list[Piece], rng: np.random.Generator) -> Piece:
    """Words on one baseline, with word gaps as people leave them and a little unsteadiness.

    Where letters stand apart, words stand further apart.
    """
    usual = rng.uniform(0.7, 1.25)
    inner = [widest_gaps(word) for word in words]
    gaps = [min(max(usual, 0.5 + 1.2 * max(pair)), 3.0) * rng.uniform(0.85, 1.15)
            for pair in zip(inner, inner[1:], strict=False)]
    return beside(words, gaps, list(rng.normal(0.0, 0.05, len(words))), " ")


def characters_beside(characters: list[Piece], rng: np.random.Generator) -> Piece:
    """Characters as one word: close to each other, punctuation closer."""
    usual = rng.uniform(0.16, 0.32)
    gaps = [usual * rng.uniform(0.7, 1.3) * (0.8 if c.text in ".,':;" else 1.0) for c in characters[1:]]
    return beside(characters, gaps, list(rng.normal(0.0, 0.03, len(characters))), "")


def placed_character(strokes: list[Stroke], character: str, scale: float, source: str) -> Piece:
    """An isolated character, of unknown place on the page, set where a line has it.

    `scale` is the x-height in the ink's unit. Its vertical middle comes to the middle of the character's expected
    extent; where it is taller or lower than that, both sides share the difference.
    """
    points = np.concatenate(strokes)
    (left, bottom), top = points.min(axis=0), points[:, 1].max()
    low, high = extents(character)
    base = (bottom + top) / 2 - scale * (low + high) / 2
    if character not in "gjpqyfz" and low == 0.0:  # what stands on the baseline really stands on it
        base = bottom
    return Piece([(stroke - (left, base)) / scale for stroke in strokes], character, source)

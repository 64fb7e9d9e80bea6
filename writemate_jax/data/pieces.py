"""Pieces of ink with their texts, of which the open corpus' lines are made: cut out of UNIPEN's samples and normalised.

A piece is a stretch of a sentence, a word or an isolated character of one writer. Samples with several words are cut
at their word gaps; ink that hardly can be its text is left out. 1 unit = 1 x-height, baseline at y = 0, left edge at
x = 0, strokes in reading order, about ten points a character.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.data import compose, letter_size
from writemate_jax.data.compose import Piece
from writemate_jax.data.delayed_strokes import in_reading_order
from writemate_jax.data.labels import clean_label
from writemate_jax.data.report import Report
from writemate_jax.data.unipen import Sample, contributors, read_samples
from writemate_jax.data.word_cuts import cut_words, split_rows
from writemate_jax.strokes import Stroke

# People of one institution took part in several collections under one name: they stay one writer.
GROUPS = ({c: "apple" for c in ("apa", "apb", "apc", "apd", "ape", "app")}
          | {c: "bbn" for c in ("bba", "bbb", "bbc", "bbd")} | {c: "hp" for c in ("hpp", "hpb", "sta")}
          | {c: "cedar" for c in ("cea", "ceb", "cec", "ced", "cee")})
NOT_ENGLISH = {"abm": "German", "atu": "German", "sie": "German", "lav": "scrambled strings"}
NOT_LINES = {**NOT_ENGLISH, "att": "program text in stray layout", "ced": "characters in boxes"}
CHARACTER_SOURCES = ("aga", "apa", "apb", "app", "art", "cea", "ceb", "ced", "gmd", "ibm", "imp", "pri", "syn", "tos",
                     "uqb", "val")

SPACING, TURN = 0.86, 1.02  # a point for each 0.86 x-heights of ink and each 1.02 radians of turn
FINE, SIGMA = 0.06, 2.0  # smoothing: Gaussian of 2 points 0.06 x-heights apart
DOT = 0.15  # x-heights: ink shorter than this is a dot
TOUCH = np.array([0.02, -0.02])  # from the middle of a dot, where the pen touched the paper without moving, to its end
POINTS = (2.0, 22.0)  # for each character: with fewer or more, ink and text hardly belong together


@dataclass(frozen=True)
class RawPiece:
    """Ink of a text in device units, before its letter size is settled."""

    strokes: list[Stroke]
    text: str
    writer: str
    kind: str  # "line" (cut from a sentence), "word" (written alone), "cut word" (of a sentence)
    device: str  # contributor and category: one writer's size is comparable within
    source: str
    scale: float


def writer_name(sample: Sample) -> str:
    return f"{GROUPS.get(sample.contributor, sample.contributor)}/{sample.writer}"


def _samples(root: Path, category: str, contributor: str, level: str, report: Report,
             excluded: dict[str, str]) -> Iterator[Sample]:
    for sample in read_samples(root, category, contributor, report, (level,)):
        writer = writer_name(sample)
        if writer in excluded:
            report.skip("writer on the list of exclusions", f"{writer} ({excluded[writer]})")
        else:
            yield sample


# Lines and words


def writer_pieces(root: Path, report: Report, excluded: dict[str, str]) -> dict[str, dict[str, list[Piece]]]:
    """For each writer the normalised pieces by kind: "line", "word" and "cut word"."""
    raw: list[RawPiece] = []
    for category, level in (("8", "TEXT"), ("7", "WORD")):
        for contributor in contributors(root, category):
            reason = (NOT_LINES if category == "8" else NOT_ENGLISH).get(contributor)
            if reason:
                report.skip(f"contributor: {reason}", f"{category}/{contributor}")
                continue
            for sample in _samples(root, category, contributor, level, report, excluded):
                raw += raw_pieces(sample, report)
    return normalised(raw, report)


def raw_pieces(sample: Sample, report: Report) -> list[RawPiece]:
    """What a sample's ink and label give: a word, or the lines and words of a sentence."""
    text = clean_label(sample.text, sample.contributor)
    if text is None or sample.quality == "BAD":
        report.skip("label or ink marked unusable", sample.source)
        return []
    writer, device = writer_name(sample), f"{sample.contributor}/{sample.category}"
    words = text.split(" ")
    if len(words) == 1:
        scale = letter_size.measure(sample.strokes, text)
        if not scale > 0:
            report.skip("ink without height", sample.source)
            return []
        strokes = in_reading_order(sample.strokes, scale)
        return [RawPiece(strokes, text, writer, "word", device, sample.source, scale)]
    return _sentence(sample, words, writer, device, report)


def _sentence(sample: Sample, words: list[str], writer: str, device: str, report: Report) -> list[RawPiece]:
    rows = split_rows(sample.strokes)
    width = sum(np.ptp(np.concatenate([s[:, 0] for s, r in zip(sample.strokes, rows, strict=True) if r == row]))
                for row in set(rows))
    unit = width / letter_size.expected_width(" ".join(words))
    strokes: list[Stroke] = []
    for row in sorted(set(rows)):
        strokes += letter_size.deskewed(
            in_reading_order([s for s, r in zip(sample.strokes, rows, strict=True) if r == row], unit))
    cuts = cut_words(strokes, rows, words)
    if cuts is None or cuts.misfit > (1.3 if rows[-1] == 0 else 0.9):
        report.skip("words not found in the ink", sample.source)
        return []
    pieces = []
    rng = np.random.default_rng(list(sample.source.encode()))
    start = 0
    goal = rng.integers(14, 44) if rng.random() < 0.85 else rng.integers(44, 72)
    for w in range(1, len(words) + 1):
        ended = w == len(words)
        if not ended and np.isfinite(cuts.gaps[w]) and len(" ".join(words[start:w + 1])) <= goal:
            continue
        inner = cuts.gaps[start + 1:w]
        group = [s for a, b in cuts.spans[start:w] for s in strokes[a:b]]
        label = " ".join(words[start:w])
        if inner and min(inner) < 0.25:
            report.skip("no gap between words", sample.source)
        else:
            scale = letter_size.measure(group, label)
            if scale > 0:
                straight = letter_size.deskewed(group)
                pieces.append(RawPiece(straight, label, writer, "line", device, sample.source, scale))
        start = w
        goal = rng.integers(14, 44) if rng.random() < 0.85 else rng.integers(44, 72)
    for (a, b), word in zip(cuts.spans, words, strict=True):
        scale = letter_size.measure(strokes[a:b], word)
        if scale > 0:
            pieces.append(RawPiece(strokes[a:b], word, writer, "cut word", device, sample.source, scale))
    return pieces


def normalised(raw: list[RawPiece], report: Report) -> dict[str, dict[str, list[Piece]]]:
    """Pieces in x-heights, filtered and resampled, by writer and kind."""
    scales = defaultdict(list)
    for piece in raw:
        letters = len(piece.text.replace(" ", ""))
        if letters >= 3:
            scales[piece.writer, piece.device].append(np.log(piece.scale))
    usual = {key: float(np.exp(np.median(values))) for key, values in scales.items() if len(values) >= 3}
    sized = []
    for piece in raw:
        scale = usual.get((piece.writer, piece.device))
        if scale is None:
            report.skip("too little ink of the writer to know the letter size", piece.source)
            continue
        letters = len(piece.text.replace(" ", ""))
        if letters >= 3 and not 0.55 < piece.scale / scale < 1.8:
            report.skip("letter size far from the writer's", piece.source)
            continue
        if letters < 3:  # the spread of one or two characters says little
            own = scale
        else:
            own = letter_size.shrunk(piece.scale, letters, scale, 8.0 if piece.kind == "line" else 16.0)
        strokes = letter_size.normalise(piece.strokes, piece.text, own)
        wide = max(s[:, 0].max() for s in strokes) / letter_size.expected_width(piece.text)
        sized.append((piece, strokes, wide))
    widths = defaultdict(list)
    for piece, _, wide in sized:
        widths[piece.writer].append(wide)
    median = {writer: float(np.median(values)) for writer, values in widths.items()}
    result: dict[str, dict[str, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for piece, strokes, wide in sized:
        reason = implausible(strokes, piece.text, wide / median[piece.writer])
        if reason is None:
            strokes = resampled(strokes)
            per_letter = sum(map(len, strokes)) / len(piece.text.replace(" ", ""))
            reason = None if POINTS[0] <= per_letter <= POINTS[1] else "points a character"
        if reason:
            report.skip(reason, piece.source)
        else:
            result[piece.writer][piece.kind].append(Piece(strokes, piece.text, piece.source))
    return result


def implausible(strokes: list[Stroke], text: str, relative_width: float) -> str | None:
    """Why normalised ink can hardly be this text, or None."""
    points = np.concatenate(strokes)
    if not -2.2 < points[:, 1].min() <= points[:, 1].max() < 3.6:
        return "ink far above or below the line"
    middles = np.array([(stroke[:, 1].min() + stroke[:, 1].max()) / 2 for stroke in strokes])
    if middles.min() < -1.1 or middles.max() > 2.2:
        return "ink far above or below the line"
    if len(text) >= 3 and not 0.55 < relative_width < 1.8:
        return "width far from the writer's"
    jumps = np.array([after[0, 0] - before[-1, 0] for before, after in zip(strokes, strokes[1:], strict=False)])
    if len(jumps) and jumps.min() < -3.5:
        return "pen jumps back"
    if len(jumps) and jumps.max() > 4.5:
        return "pen jumps ahead"
    low, high = zip(*(letter_size.extents(c) for c in text if c != " "), strict=True)
    if points[:, 1].max() > max(high) + 1.3 or points[:, 1].min() < min(low) - 1.2:
        return "ink beyond the letters' extent"
    return None


def resampled(strokes: list[Stroke], sigma: float = SIGMA) -> list[Stroke]:
    """Each stroke lightly smoothed, with points denser in curves; a dot becomes a short stroke of two points.

    No stroke is a single point, so that the rest behind a line (`strokes.add_rests`) is the only one.
    """
    result = []
    for stroke in strokes:
        fine = ink.resample_uniform(stroke, FINE)
        if ink.arc_length(fine)[-1] < DOT:
            half = max((fine[-1] - fine[0]) / 2, TOUCH, key=np.linalg.norm)
            result.append(fine.mean(axis=0) + np.stack([-half, half]))
            continue
        result.append(ink.resample_by_curvature(ink.smooth(fine, sigma), SPACING, TURN))
    return result


# Isolated characters


def writer_characters(root: Path, report: Report, excluded: dict[str, str]) -> dict[str, list[Piece]]:
    """For each writer the isolated characters, set where a line has them."""
    raw: dict[tuple[str, str], list[tuple[Sample, float | None]]] = defaultdict(list)
    for category in ("1a", "1b", "1c", "1d"):
        for contributor in contributors(root, category):
            if contributor not in CHARACTER_SOURCES:
                continue
            for sample in _samples(root, category, contributor, "CHARACTER", report, excluded):
                if len(sample.text) == 1 and sample.text in letter_size.PARTS and sample.quality != "BAD":
                    height = np.ptp(np.concatenate(sample.strokes)[:, 1])
                    low, high = letter_size.extents(sample.text)
                    tall = high - low >= 0.9 and sample.text not in "fjz"
                    raw[writer_name(sample), contributor].append((sample, height / (high - low) if tall else None))
    result: dict[str, list[Piece]] = defaultdict(list)
    for (writer, _), samples in raw.items():
        scales = [np.log(scale) for _, scale in samples if scale]
        if len(scales) < 5:
            continue
        usual = float(np.exp(np.median(scales)))
        for sample, scale in samples:
            if scale is not None and not 0.6 < scale / usual < 1.6:
                report.skip("letter size far from the writer's", sample.source)
                continue
            own = usual if scale is None else float(np.sqrt(usual * scale))
            piece = compose.placed_character(sample.strokes, sample.text, own, sample.source)
            height = np.ptp(np.concatenate(piece.strokes)[:, 1])
            low, high = letter_size.extents(sample.text)
            if height > 1.3 * (high - low) + 0.4 or compose.width(piece) > 2.0 * letter_size.WIDTHS[sample.text] + 0.3:
                report.skip("isolated character far larger than its kind", sample.source)
                continue
            strokes = resampled(in_reading_order(piece.strokes, 1.0))
            if sum(map(len, strokes)) <= 30:
                result[writer].append(Piece(strokes, sample.text, sample.source))
    return result

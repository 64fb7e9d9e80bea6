"""The open corpus: single lines of Latin script with their texts, made from UNIPEN.

Sentences are cut at their word gaps, words of one writer are set beside each other, and texts that are rare (digits,
capitals, punctuation) are coined from isolated characters of one writer. Every line has 1 unit = 1 x-height, its
baseline at y = 0, its left edge at x = 0, strokes in reading order and about ten points a character.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.data import compose, letter_size
from writemate_jax.data.coined import coin
from writemate_jax.data.compose import Piece
from writemate_jax.data.corpus import Line
from writemate_jax.data.delayed_strokes import in_reading_order
from writemate_jax.data.labels import clean_label
from writemate_jax.data.report import Report
from writemate_jax.data.unipen import Sample, check_root, contributors, read_samples
from writemate_jax.data.word_cuts import cut_words, split_rows
from writemate_jax.strokes import Stroke

UNIT = "x-height"
QUANTUM = 1 / 64
PROVENANCE = {
    "title": "UNIPEN train_r01_v07",
    "authors": "I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet; International Unipen Foundation",
    "publication": "UNIPEN project of on-line data exchange and recognizer benchmarks, ICPR 1994, "
                   "https://doi.org/10.1109/ICPR.1994.576870",
    "source": "https://doi.org/10.5281/zenodo.1195803",
    "licence": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    "earlier terms": "The CD-ROM of 1999 granted use for research and forbade commercial distribution; "
                     "the publication on Zenodo is under CC BY 4.0.",
    "changes": "Selected; cut into lines and composed of words and characters of one writer; letter size and baseline "
               "normalised, slope removed, strokes put in reading order, smoothed, resampled, rounded to a grid.",
}

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
DOT = 0.15  # ink shorter than this is one point
RARE = 30  # lines with characters that occur less often are left out


@dataclass(frozen=True)
class RawPiece:
    """Ink of a text in device units, before its letter size is settled."""

    strokes: list[Stroke]
    text: str
    writer: str
    kind: str  # "line" (cut from a sentence), "word"
    device: str  # contributor and category: one writer's size is comparable within
    source: str
    scale: float


def build(root: Path, seed: int = 0) -> tuple[list[Line], Report]:
    """The corpus' lines, a function of the files and the seed, and what was kept and left out.

    Raises UnipenError where `root` is not the unpacked distribution.
    """
    report = Report("UNIPEN open corpus")
    root = check_root(Path(root))
    excluded = exclusions()
    pieces = writer_pieces(root, report, excluded)
    characters = writer_characters(root, report, excluded)
    lines: list[tuple[str, Piece]] = []
    used: Counter = Counter()
    for writer in sorted(pieces.keys() | characters.keys()):
        rng = np.random.default_rng([seed, *writer.encode()])
        lines += [(writer, piece) for piece in writer_lines(pieces.get(writer, {}), characters.get(writer, []), used, rng)]
    lines = _drop_rare(lines, report)
    split = split_writers(Counter(writer for writer, _ in lines), seed)
    result = [Line(ink.join(p.strokes), p.text, writer, split[writer], p.source) for writer, p in lines]
    for name in ("train", "validation"):
        report.count(f"{name} lines", sum(line.split == name for line in result))
        report.count(f"{name} writers", len({line.writer for line in result if line.split == name}))
    report.count("characters", sum(len(line.text) for line in result))
    report.count("points", sum(len(line.strokes) for line in result))
    return result, report


def exclusions() -> dict[str, str]:
    """Writers that are left out, with the reason, as an earlier look at their ink found."""
    file = resources.files("writemate_jax.data") / "open_corpus_exclusions.json"
    return json.loads(file.read_text("utf-8"))["writers"] if file.is_file() else {}


def writer_name(sample: Sample) -> str:
    return f"{GROUPS.get(sample.contributor, sample.contributor)}/{sample.writer}"


# From samples to pieces


def writer_pieces(root: Path, report: Report, excluded: dict[str, str]) -> dict[str, dict[str, list[Piece]]]:
    """For each writer the normalised pieces by kind: "line" and "word"."""
    raw: list[RawPiece] = []
    for category, level in (("8", "TEXT"), ("7", "WORD")):
        for contributor in contributors(root, category):
            reason = (NOT_LINES if category == "8" else NOT_ENGLISH).get(contributor)
            if reason:
                report.skip(f"contributor: {reason}", f"{category}/{contributor}")
                continue
            for sample in read_samples(root, category, contributor, report, (level,)):
                if writer_name(sample) in excluded:
                    report.skip("writer on the list of exclusions", f"{writer_name(sample)} ({excluded[writer_name(sample)]})")
                    continue
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
        size = letter_size.measure(sample.strokes, text)
        if not size.scale > 0:
            report.skip("ink without height", sample.source)
            return []
        strokes = in_reading_order(sample.strokes, size.scale)
        return [RawPiece(strokes, text, writer, "word", device, sample.source, size.scale)]
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
            scale = letter_size.measure(group, label).scale
            if scale > 0:
                pieces.append(RawPiece(letter_size.deskewed(group), label, writer, "line", device, sample.source, scale))
        start = w
        goal = rng.integers(14, 44) if rng.random() < 0.85 else rng.integers(44, 72)
    for (a, b), word in zip(cuts.spans, words, strict=True):
        scale = letter_size.measure(strokes[a:b], word).scale
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
            reason = None if 2.0 <= per_letter <= 22.0 else "points a character"
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


def resampled(strokes: list[Stroke]) -> list[Stroke]:
    """Each stroke lightly smoothed, with points denser in curves; a dot becomes one point."""
    result = []
    for stroke in strokes:
        fine = ink.resample_uniform(stroke, FINE)
        if ink.arc_length(fine)[-1] < DOT:
            result.append(fine.mean(axis=0, keepdims=True))
            continue
        result.append(ink.resample_by_curvature(ink.smooth(fine, SIGMA), SPACING, TURN))
    return result


def writer_characters(root: Path, report: Report, excluded: dict[str, str]) -> dict[str, list[Piece]]:
    """For each writer the isolated characters, set where a line has them."""
    raw: dict[tuple[str, str], list[tuple[Sample, float | None]]] = defaultdict(list)
    for category in ("1a", "1b", "1c", "1d"):
        for contributor in contributors(root, category):
            if contributor not in CHARACTER_SOURCES:
                continue
            for sample in read_samples(root, category, contributor, report, ("CHARACTER",)):
                if writer_name(sample) in excluded:
                    report.skip("writer on the list of exclusions", f"{writer_name(sample)} ({excluded[writer_name(sample)]})")
                elif len(sample.text) == 1 and sample.text in letter_size.PARTS and sample.quality != "BAD":
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


# From pieces to lines

LINES, WORDS, COINED, COINED_ONLY = 8000, 1800, 520, 520  # characters of a writer, at most


def writer_lines(pieces: dict[str, list[Piece]], characters: list[Piece], used: Counter,
                 rng: np.random.Generator) -> list[Piece]:
    """A writer's lines: cut from sentences, words beside words, and coined ones. Adds to `used` what they write."""
    lines: list[Piece] = []
    for k in rng.permutation(len(pieces.get("line", []))):
        if sum(len(p.text) for p in lines) > LINES:
            break
        lines.append(pieces["line"][k])
    words = pieces.get("word", [])
    pool = words + pieces.get("cut word", [])
    budget = WORDS - 0.5 * sum(len(p.text) for p in lines)
    lines += _composed(words, budget, rng)
    for piece in lines:
        used.update(piece.text)
    if characters:
        kept = _coined(characters, pool, used, rng, COINED if lines else COINED_ONLY)
        lines += kept
    return lines


def _composed(words: list[Piece], budget: float, rng: np.random.Generator) -> list[Piece]:
    lines, queue = [], []
    short: Counter = Counter()
    for _ in range(2):  # each word about twice
        queue += [words[k] for k in rng.permutation(len(words))]
    while queue and budget > 0:
        count = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.07, 0.17, 0.23, 0.22, 0.17, 0.14]))
        goal = rng.integers(10, 45)
        taken: list[Piece] = []
        while queue and len(taken) < count and sum(len(p.text) + 1 for p in taken) < goal:
            word = queue.pop()
            if not any(c.isalnum() for c in word.text):
                continue  # a mark alone is no word
            if len(word.text) == 1 and word.text not in "aI":  # a lone character: seldom worth a place
                short[word.text] += 1
                if short[word.text] > 3:
                    continue
            taken.append(word)
        if not taken or (len(taken) == 1 and len(taken[0].text) < 2):
            continue
        line = compose.words_beside(taken, rng)
        lines.append(line)
        budget -= len(line.text)
    return lines


def _coined(characters: list[Piece], pool: list[Piece], used: Counter, rng: np.random.Generator,
            budget: int) -> list[Piece]:
    by_character: dict[str, list[Piece]] = defaultdict(list)
    for piece in characters:
        by_character[piece.text].append(piece)
    available = Counter({c: len(group) for c, group in by_character.items()})
    budget = min(budget, 5 * len(characters))
    marks = [c for c in ".,;:!?'\"" if c in available]
    pool = [p for p in pool if len(p.text) > 1 and p.text.isalpha()]
    lines = []
    while budget > 0:
        tokens: list[Piece] = []
        for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.2, 0.3, 0.3, 0.2]))):
            kind = str(rng.choice(["number", "capitals", "small", "word"], p=[0.4, 0.25, 0.1, 0.25]))
            if kind == "word" and pool and marks:
                mark = min(rng.choice(marks, 3), key=lambda c: used[c])
                word, sign = pool[rng.integers(len(pool))], _pick(by_character[mark], rng)
                ends = [sign, word, _pick(by_character[mark], rng)] if mark in "'\"" else [word, sign]
                token = compose.beside(ends, [rng.uniform(0.1, 0.3)] * (len(ends) - 1), [0.0] * len(ends), "")
            else:
                text = coin(kind if kind != "word" else "capitals", available, used, rng)
                if text is None:
                    continue
                token = compose.words_beside(
                    [compose.characters_beside([_pick(by_character[c], rng) for c in word], rng)
                     for word in text.split(" ")], rng)
            tokens.append(token)
            used.update(token.text)
        if not tokens:
            budget -= 20  # these characters coin little
            continue
        line = compose.words_beside(tokens, rng)
        lines.append(line)
        budget -= len(line.text)
    return lines


def _pick(pieces: list[Piece], rng: np.random.Generator) -> Piece:
    return pieces[rng.integers(len(pieces))]


def _drop_rare(lines: list[tuple[str, Piece]], report: Report) -> list[tuple[str, Piece]]:
    while True:
        counts = Counter("".join(piece.text for _, piece in lines))
        rare = {c for c, count in counts.items() if count < RARE}
        if not rare:
            return lines
        for _, piece in lines:
            if set(piece.text) & rare:
                report.skip(f"character that occurs fewer than {RARE} times", f"{piece.source} ({piece.text})")
        lines = [(writer, piece) for writer, piece in lines if not set(piece.text) & rare]


def split_writers(lines_of: Counter, seed: int, share: float = 0.06, least: int = 36) -> dict[str, str]:
    """Each writer's split: at least `least` writers and about `share` of the lines are for validation."""
    rng = np.random.default_rng([seed, 1])
    names = sorted(lines_of)
    total, held, split = sum(lines_of.values()), 0, dict.fromkeys(names, "train")
    chosen = 0
    for k in rng.permutation(len(names)):
        if chosen >= least and held >= share * total:
            break
        if lines_of[names[k]] <= 0.01 * total:
            split[names[k]] = "validation"
            held += lines_of[names[k]]
            chosen += 1
    return split

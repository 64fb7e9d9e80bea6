"""The open corpus: single lines of Latin script with their texts, made from UNIPEN.

Sentences are cut at their word gaps, words of one writer are set beside each other, and texts that are rare (digits,
capitals, punctuation) are coined from isolated characters of one writer. Every line has 1 unit = 1 x-height, its
baseline at y = 0, its left edge at x = 0, strokes in reading order and about ten points a character.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from importlib import resources
from pathlib import Path

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.data import compose
from writemate_jax.data.coined import coin
from writemate_jax.data.compose import Piece
from writemate_jax.data.corpus import Line
from writemate_jax.data.pieces import writer_characters, writer_pieces
from writemate_jax.data.report import Report
from writemate_jax.data.unipen import check_root

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

RARE = 30  # lines with characters that occur less often are left out
LINES, WORDS, COINED, COINED_ONLY = 8000, 2100, 560, 600  # characters of a writer, at most
LONE = 0.1  # share of the coined lines that are one character
HELD_OUT, SHARE = 36, 0.06  # of the validation split: its writers, at least, and lines of all, about


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
        written = writer_lines(pieces.get(writer, {}), characters.get(writer, []), used, rng)
        lines += [(writer, piece) for piece in written]
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
    return json.loads(file.read_text("utf-8"))["writers"]


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
        count = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.1, 0.17, 0.22, 0.21, 0.17, 0.13]))
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
        if rng.random() < LONE:
            drafts = rng.choice(sorted(available), 4)
            lines.append(_pick(by_character[min(drafts, key=lambda c: used[c])], rng))
            used.update(lines[-1].text)
            budget -= 1
            continue
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


def split_writers(lines_of: Counter, seed: int) -> dict[str, str]:
    """Each writer's split: at least `HELD_OUT` writers and about `SHARE` of the lines are for validation."""
    rng = np.random.default_rng([seed, 1])
    names = sorted(lines_of)
    total, held, split = sum(lines_of.values()), 0, dict.fromkeys(names, "train")
    chosen = 0
    for k in rng.permutation(len(names)):
        if chosen >= HELD_OUT and held >= SHARE * total:
            break
        if lines_of[names[k]] <= 0.01 * total:
            split[names[k]] = "validation"
            held += lines_of[names[k]]
            chosen += 1
    return split

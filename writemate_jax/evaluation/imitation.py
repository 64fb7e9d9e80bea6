"""Whether hands can be copied: lines primed with held-out writers' ink, or adapted to it, before a judge of hands.

Of each writer some real lines are known to the recogniser, one or some others are given to the network to copy the hand
from, and the texts of a third part are written (`held_out`). How often the real lines of those texts are ascribed to
their writer is the ceiling; how often what was written in nobody's hand is, the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from writemate_jax.data.corpus import Corpus
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.evaluation import legibility
from writemate_jax.evaluation.bootstrap import Interval, ratio_interval
from writemate_jax.evaluation.held_out import HeldOut
from writemate_jax.evaluation.legibility import Line
from writemate_jax.evaluation.prompts import Prompt
from writemate_jax.evaluation.recogniser import Recogniser
from writemate_jax.evaluation.writer_recogniser import WriterRecogniser, form
from writemate_jax.hands import adapt
from writemate_jax.hands.styles import Style
from writemate_jax.sampling.writer import Writer

REAL, UNKNOWN, DEFAULT, PRIMED, ADAPTED = "real", "unprimed", "default", "primed", "adapted"
TOGETHER = 4  # writers whose styles are fitted side by side
LACKING_LINES = 2  # for each writer, of characters that their given lines lack


@dataclass(frozen=True, eq=False)
class Copies:
    """Lines written one way, or real ones, and what was made of them; a row for each line.

    ink: what they are. writers: int [lines], whose they should be. ascribed: int [lines], whose they were taken for.
    errors, characters: int [lines], of the recogniser of text.
    """

    ink: Sequence[Line]
    writers: np.ndarray
    ascribed: np.ndarray
    errors: np.ndarray
    characters: np.ndarray


@dataclass(frozen=True)
class Figures:
    """Of one way. Intervals are of 95% and over writers (bootstrap); the ratios' draw the same writers on both sides.

    share: of the lines, ascribed rightly. of_ceiling: divided by that of real lines. cer: wrong characters for each
    wanted one. cer_ratio: divided by that of unprimed lines. complete: share of lines that ended by themselves.
    """

    lines: int
    share: float
    share_interval: Interval
    of_ceiling: float
    of_ceiling_interval: Interval
    cer: float
    cer_interval: Interval
    cer_ratio: float
    cer_ratio_interval: Interval
    complete: float


@dataclass(frozen=True, eq=False)
class Hands:
    """What the network is given of each hand.

    primers: a line each. adapted: fitted to all given.
    """

    primers: Sequence[Ink]
    adapted: Sequence[Style]


def hands(
    writer: Writer, corpus: Corpus, people: Sequence[HeldOut], *, progress: Callable[[], object] = lambda: None
) -> Hands:
    """Fits a style to each writer's given lines, as `train.py adapt` does, and chooses one of them as the primer."""
    model = writer.model
    adapted = {}
    # Lines of like length side by side: the longest of some writers sets the time of all.
    order = sorted(range(len(people)), key=lambda k: max(corpus.lengths[i] for i in people[k].given))
    for first in range(0, len(order), TOGETHER):
        group = order[first : first + TOGETHER]
        given = [(k, i) for k, w in enumerate(group) for i in people[w].given]
        rows, texts = [corpus.strokes(i) for _, i in given], [corpus.text(i) for _, i in given]
        whose = [k for k, _ in given]
        styles = adapt.deepen(model, rows, texts, whose, adapt.fit_hands(model, rows, texts, whose))
        for w, style in zip(group, styles, strict=True):
            own = [(corpus.strokes(i), corpus.text(i)) for i in people[w].given]
            adapted[w] = adapt.with_ink(model, style, *zip(*own, strict=True))
            progress()
    lines = [
        adapted[w].primer or Ink(corpus.strokes(one.given[0]), corpus.text(one.given[0]))
        for w, one in enumerate(people)
    ]
    return Hands(lines, [adapted[w] for w in range(len(people))])


def write(
    writer: Writer, corpus: Corpus, people: Sequence[HeldOut], copied: Hands, *, bias: float | None,
    candidates: int | None, seed: int = 0,
) -> dict[str, list[Line]]:  # fmt: skip
    """The texts of all tested lines, real and written each way.

    Line i with seed + i, the best of so many candidates; None for what the writer does by default.
    """
    tested = [i for one in people for i in one.tested]
    whose = np.repeat(np.arange(len(people)), [len(one.tested) for one in people])
    texts = [corpus.text(i) for i in tested]
    seeds = [seed + i for i in range(len(texts))]
    options = {"bias": bias, "candidates": candidates}

    def of_writer(k: int) -> dict[str, Any]:
        own = np.flatnonzero(whose == k).tolist()
        return {"texts": [texts[i] for i in own], "seed": [seeds[i] for i in own], **options}

    primed_lines = [
        line
        for k, primer in enumerate(copied.primers)
        for line in writer.write(prime=primer, **of_writer(k))
    ]
    adapted_lines = [
        line
        for k, style in enumerate(copied.adapted)
        for line in writer.write(style=style, **of_writer(k))
    ]
    written = {
        UNKNOWN: writer.write(texts, seed=seeds, style="unknown", **options),
        DEFAULT: writer.write(texts, seed=seeds, **options),
        PRIMED: primed_lines,
        ADAPTED: adapted_lines,
    }
    lines = {way: [Line(way, one.text, one.strokes, one.complete) for one in own] for way, own in written.items()}
    return lines | {REAL: legibility.real_lines(corpus, tested)}


def judge(
    lines: Mapping[str, Sequence[Line]],
    corpus: Corpus,
    people: Sequence[HeldOut],
    whose: WriterRecogniser,
    reader: Recogniser,
    *,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, Copies]:
    """Lets both recognisers look at every line of `write`."""
    known = [[form(corpus.strokes(i), quantum=corpus.quantum) for i in one.known] for one in people]
    writers = np.repeat(np.arange(len(people)), [len(one.tested) for one in people])
    found = {}
    for way, own in lines.items():
        ascribed = whose.ascribe([form(line.strokes, quantum=corpus.quantum) for line in own], known)
        records = legibility.judge(reader, own, progress=progress)
        errors = np.array([record.edits.total for record in records])
        found[way] = Copies(own, writers, ascribed, errors, np.array([len(line.text) for line in own]))
    return found


def figures(found: Mapping[str, Copies], *, seed: int = 0) -> dict[str, Figures]:
    """The figures of each way, beside those of `REAL` and `UNKNOWN`, which must be among them."""
    count = int(found[REAL].writers.max()) + 1

    def of_writers(copies: Copies, values: np.ndarray) -> np.ndarray:
        """Sums for each writer, float64 [writers]."""
        return np.bincount(copies.writers, values, count)

    right = {way: of_writers(copies, copies.ascribed == copies.writers) for way, copies in found.items()}
    errors = {way: of_writers(copies, copies.errors) for way, copies in found.items()}
    summary = {}
    for way, copies in found.items():
        lines, characters = of_writers(copies, np.ones(len(copies.writers))), of_writers(copies, copies.characters)
        pairs = [
            (right[way], lines), (right[way], right[REAL]), (errors[way], characters), (errors[way], errors[UNKNOWN]),
        ]  # fmt: skip
        values = [_ratio(*pair) for pair in pairs]
        intervals = [ratio_interval(*pair, seed=seed) for pair in pairs]
        each = [value for both in zip(values, intervals, strict=True) for value in both]
        complete = float(np.mean([line.complete for line in copies.ink]))
        summary[way] = Figures(len(copies.ink), *each, complete)
    return summary


@dataclass(frozen=True)
class Lacking:
    """Character errors on texts with characters that the given lines lack: written as by a hand not known, and adapted.

    characters: how many of them the given lines lack, of `wanted` in all.
    """

    lines: int
    characters: int
    wanted: int
    unprimed: float
    adapted: float
    ratio_interval: Interval


def lacking(
    writer: Writer,
    corpus: Corpus,
    people: Sequence[HeldOut],
    copied: Hands,
    prompts: Sequence[Prompt],
    reader: Recogniser,
    *,
    bias: float | None,
    candidates: int | None,
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> Lacking:
    """Whether adapting forgets: for each writer the prompts with the most characters that the given lines lack.

    No prompt is taken twice; who comes first by name chooses first.
    """
    texts, new, whose = [], 0, []
    for k, one in enumerate(people):
        had = set("".join(corpus.text(i) for i in one.given))
        missing = [sum(c != " " and c not in had for c in prompt.text) for prompt in prompts]
        order = np.argsort(missing, kind="stable")[::-1]
        for i in [i for i in order if prompts[i].text not in texts][:LACKING_LINES]:
            texts.append(prompts[i].text)
            new += sum(c != " " and c not in had for c in prompts[i].text)
            whose.append(k)
    seeds = [seed + i for i in range(len(texts))]
    options = {"bias": bias, "candidates": candidates}
    adapted = []
    for k, style in enumerate(copied.adapted):
        own = [i for i, w in enumerate(whose) if w == k]
        adapted += writer.write([texts[i] for i in own], seed=[seeds[i] for i in own], style=style, **options)
    errors = []
    for written in (writer.write(texts, seed=seeds, style="unknown", **options), adapted):
        lines = [Line("lacking", one.text, one.strokes, one.complete) for one in written]
        records = legibility.judge(reader, lines, progress=progress)
        errors.append(np.bincount(whose, [record.edits.total for record in records]))
    wanted = sum(map(len, texts))
    interval = ratio_interval(errors[1], errors[0], seed=seed)
    return Lacking(len(texts), new, wanted, errors[0].sum() / wanted, errors[1].sum() / wanted, interval)


def _ratio(above: np.ndarray, below: np.ndarray) -> float:
    return float(above.sum() / below.sum()) if below.sum() else float("nan")

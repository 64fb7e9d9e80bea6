"""Legibility: how well an independent recogniser reads lines of ink, group by group, beside real ink.

A line's record is made once (`judge`), and every figure is a sum over records (`summarise`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from writemate_jax.data.corpus import Corpus
from writemate_jax.evaluation.bootstrap import Interval, ratio_interval
from writemate_jax.evaluation.edit_distance import Edits, compare
from writemate_jax.evaluation.prompts import Prompt
from writemate_jax.evaluation.recogniser import Recogniser
from writemate_jax.sampling.stray_ticks import starts_with_tick
from writemate_jax.sampling.writer import Writer
from writemate_jax.strokes import Rows


class Way(NamedTuple):
    """How lines are written: with which bias, and the best of how many candidates; None for the network's default."""

    bias: float
    candidates: int | None = 1

    def __str__(self) -> str:
        if self.candidates is None:
            return f"bias {self.bias:g}, best by default"
        return f"bias {self.bias:g}" + (f", best of {self.candidates}" if self.candidates > 1 else "")


@dataclass(frozen=True, eq=False)
class Line:
    """Ink that should say a text.

    strokes: float32 [T, 3]. complete: it ended by itself. seconds: to write it, its share of the whole call's; NaN
    for real ink.
    """

    group: str
    text: str
    strokes: Rows
    complete: bool = True
    seconds: float = math.nan


@dataclass(frozen=True, eq=False)
class Record:
    """What the recogniser made of a line. nll: of its text, nats. tick: it starts with a stray one."""

    line: Line
    read: str
    edits: Edits
    nll: float
    tick: bool

    @property
    def group(self) -> str:
        """The line's."""
        return self.line.group

    @property
    def error_rate(self) -> float:
        """Edits for each character of the text."""
        return self.edits.total / len(self.line.text)

    @property
    def nll_per_character(self) -> float:
        """Nats for each character of the text."""
        return self.nll / len(self.line.text)


@dataclass(frozen=True)
class Summary:
    """Figures of some lines.

    cer: character error rate, all edits over all wanted characters, with its 95% bootstrap interval. nll: of the
    wanted texts, nats a character, over the lines that are wide enough to say theirs; NaN if none is. missing, extra,
    wrong: shares of the wanted characters, which sum to cer. complete: share of lines that ended by themselves;
    runaway: the others. cut_short: share of lines that are complete and in whose reading the last character is missing;
    trailing: share with characters after it. Real ink has some of both, as the recogniser overlooks full stops. tick:
    share with a stray tick in front. points, seconds: a line.
    """

    lines: int
    characters: int
    cer: float
    cer_interval: Interval
    nll: float
    missing: float
    extra: float
    wrong: float
    complete: float
    runaway: float
    cut_short: float
    trailing: float
    tick: float
    points: float
    seconds: float


def write_prompts(
    writer: Writer, prompts: Sequence[Prompt], way: Way, *, seed: int, style: str | None = None
) -> list[Line]:
    """Writes each prompt; prompt i with seed + i, however it is written."""
    start = time.perf_counter()
    seeds = range(seed, seed + len(prompts))
    texts = [prompt.text for prompt in prompts]
    bias = None if way.candidates is None else way.bias  # the default is more than two numbers
    written = writer.write(texts, bias=bias, seed=seeds, style=style, candidates=way.candidates)
    share = (time.perf_counter() - start) / len(prompts)
    return [
        Line(prompt.group, line.text, line.strokes, line.complete, share)  # the text that the network was given
        for prompt, line in zip(prompts, written, strict=True)
    ]


def real_lines(corpus: Corpus, indices: Iterable[int], group: str = "real") -> list[Line]:
    """Lines of a corpus as one group: the floor of a measure."""
    return [Line(group, corpus.text(i), corpus.strokes(i)) for i in indices]


def judge(
    recogniser: Recogniser, lines: Iterable[Line], *, x_height: float = 1.0, progress: Callable[[], None] = lambda: None
) -> list[Record]:
    """Lets the recogniser read each line; ``x_height`` in the ink's unit. ``progress`` is called after each."""
    records = []
    for line in lines:
        reading = recogniser.read(line.strokes)
        read = reading.text()
        tick = starts_with_tick(line.strokes, line.text, x_height)
        records.append(Record(line, read, compare(line.text, read), reading.nll(line.text), tick))
        progress()
    return records


def summarise(records: Sequence[Record]) -> Summary:
    """The figures of at least one line."""
    characters = np.array([len(record.line.text) for record in records])
    edits = np.array([record.edits for record in records])
    errors = dict(zip(Edits._fields, edits.sum(axis=0) / characters.sum(), strict=True))
    total = np.array([record.edits.total for record in records])
    complete = np.array([record.line.complete for record in records])
    nats = np.array([record.nll for record in records])
    wide = np.isfinite(nats)
    return Summary(
        lines=len(records),
        characters=int(characters.sum()),
        cer=float(total.sum() / characters.sum()),
        cer_interval=ratio_interval(total, characters),
        nll=float(nats[wide].sum() / characters[wide].sum()) if wide.any() else math.nan,
        missing=float(errors["missing"]),
        extra=float(errors["extra"]),
        wrong=float(errors["wrong"]),
        complete=float(complete.mean()),
        runaway=float(1 - complete.mean()),
        cut_short=_share(record.line.complete and record.edits.missing_end > 0 for record in records),
        trailing=_share(record.edits.extra_end > 0 for record in records),
        tick=_share(record.tick for record in records),
        points=float(np.mean([len(record.line.strokes) for record in records])),
        seconds=float(np.mean([record.line.seconds for record in records])),
    )


def _share(values: Iterable[bool]) -> float:
    return float(np.mean(list(values)))

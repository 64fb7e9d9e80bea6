"""Alignment: whether the window of a network goes through its text in order, and how sharply it looks.

At every point the window is *on* the place where phi is largest: a character, or the end behind the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from writemate_jax.evaluation.groups import ALL
from writemate_jax.evaluation.prompts import Prompt
from writemate_jax.sampling.candidates import MOST, loop_of
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written


@dataclass(frozen=True, eq=False)
class Record:
    """The window's course over one line.

    in_order: characters, spaces too, that it was on first after all those before them that it was on at all.
    skipped: positions of those it was never on; a skipped space is counted apart, as a pen-up move takes one point or
    none. stalled: positions, U for the end, that it was on for more points in all than a loop has. width: how many
    places it looks at, the mean over points of exp(entropy of phi / sum(phi)); 1 is a needle. weight: of all places,
    the mean of sum(phi), which goes into the network unnormalised. reached: it came to the end.
    """

    group: str
    line: Written
    in_order: int
    skipped: tuple[int, ...]
    skipped_spaces: int
    stalled: tuple[int, ...]
    width: float
    weight: float
    reached: bool

    @property
    def faults(self) -> int:
        """Characters skipped, stalled at, or out of order; for finding the worst lines."""
        visited = len(self.line.text) - len(self.skipped) - self.skipped_spaces
        return len(self.skipped) + len(self.stalled) + visited - self.in_order


@dataclass(frozen=True)
class Summary:
    """Shares of the characters of some lines (skipped: of those that are no space), means over lines, shares of lines.

    clean: share of lines without a fault.
    """

    lines: int
    characters: int
    in_order: float
    skipped: float
    skipped_spaces: float
    stalled: float
    width: float
    weight: float
    reached: float
    complete: float
    clean: float


def write_prompts(
    writer: Writer,
    prompts: Sequence[Prompt],
    *,
    bias: float | None,
    seed: int,
    style: str | None = None,
    candidates: int | None = None,
) -> list[Record]:
    """Writes each prompt with its window; prompt i with seed + i. The network's defaults where something is None."""
    seeds = range(seed, seed + len(prompts))
    written = writer.write(
        [p.text for p in prompts], bias=bias, seed=seeds, style=style, candidates=candidates, attention=True
    )
    most = loop_of(writer.model.config.model.kappa_scale)
    return [follow(line, prompt.group, most) for prompt, line in zip(prompts, written, strict=True)]


def follow(line: Written, group: str = ALL, most: int = MOST) -> Record:
    """The record of a line with phi ``[T, U + 1]``; of more points than `most` on it a character is stalled at."""
    text = line.text
    phi = np.asarray(line.phi, np.float64)[:, : len(text) + 1]
    on = phi.argmax(axis=1)
    points = np.bincount(on, minlength=len(text) + 1)
    visited = np.flatnonzero(points[:-1])
    first = np.array([np.flatnonzero(on == place)[0] for place in visited])
    before = np.maximum.accumulate(np.concatenate([[-1], first]))[:-1]
    weight = phi.sum(axis=1)
    shares = phi / np.maximum(weight, 1e-30)[:, None]
    entropy = -(shares * np.log(np.maximum(shares, 1e-30))).sum(axis=1)
    absent = [place for place in range(len(text)) if not points[place]]
    return Record(
        group=group,
        line=line,
        in_order=int((first > before).sum()),
        skipped=tuple(place for place in absent if text[place] != " "),
        skipped_spaces=sum(text[place] == " " for place in absent),
        stalled=tuple(map(int, np.flatnonzero(points > most))),
        width=float(np.exp(entropy).mean()),
        weight=float(weight.mean()),
        reached=bool(points[-1]),
    )


def summarise(records: Sequence[Record]) -> Summary:
    """The figures of at least one line."""
    characters = sum(len(r.line.text) for r in records)
    spaces = sum(r.line.text.count(" ") for r in records)
    return Summary(
        lines=len(records),
        characters=characters,
        in_order=sum(r.in_order for r in records) / characters,
        skipped=sum(len(r.skipped) for r in records) / (characters - spaces),
        skipped_spaces=sum(r.skipped_spaces for r in records) / max(1, spaces),
        stalled=sum(len(r.stalled) for r in records) / characters,
        width=float(np.mean([r.width for r in records])),
        weight=float(np.mean([r.weight for r in records])),
        reached=float(np.mean([r.reached for r in records])),
        complete=float(np.mean([r.line.complete for r in records])),
        clean=float(np.mean([r.faults == 0 for r in records])),
    )

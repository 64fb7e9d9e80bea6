"""How a text that was read differs from the one that was to be written."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Edits(NamedTuple):
    """The fewest changes that turn the wanted text into the one that was read.

    missing, extra, wrong: characters left out, added, taken for another. missing_end, extra_end: those of them after
    the last character that was read as itself or another one; 0 where none was.
    """

    missing: int
    extra: int
    wrong: int
    missing_end: int
    extra_end: int

    @property
    def total(self) -> int:
        """The Levenshtein distance."""
        return self.missing + self.extra + self.wrong


def compare(wanted: str, read: str) -> Edits:
    """The edits between two texts. Of several alignments with as few, that of `align` is counted."""
    steps = align(wanted, read)
    kinds = "".join("-" if b is None else "+" if a is None else "=" if a == b else "x" for a, b in steps)
    there = kinds.rstrip("-+")
    end = kinds[len(there) :] if there else ""
    return Edits(
        missing=kinds.count("-"), extra=kinds.count("+"), wrong=kinds.count("x"),
        missing_end=end.count("-"), extra_end=end.count("+"),
    )


def align(wanted: str, read: str) -> list[tuple[str | None, str | None]]:
    """Pairs (wanted, read) in order; None stands for a character that the other text lacks.

    Of several with as few edits one that, from the end, pairs characters wherever it can.
    """
    m, n = len(wanted), len(read)
    cost = np.zeros((m + 1, n + 1), np.int64)
    cost[:, 0], cost[0] = np.arange(m + 1), np.arange(n + 1)
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            differs = wanted[i - 1] != read[j - 1]
            cost[i, j] = min(cost[i - 1, j - 1] + differs, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    steps: list[tuple[str | None, str | None]] = []
    i, j = m, n
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (wanted[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            steps.append((wanted[i], read[j]))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            steps.append((wanted[i], None))
        else:
            j -= 1
            steps.append((None, read[j]))
    return steps[::-1]

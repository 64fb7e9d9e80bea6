"""Where the words of a labelled line lie in its ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from writemate_jax.data.letter_size import WORD_GAP, expected_width
from writemate_jax.strokes import Stroke

Span = tuple[int, int]  # first and one past the last stroke


@dataclass(frozen=True)
class WordCuts:
    """The strokes of each word, the gap in front of each (in expected x-heights; infinite at the start of a line),
    the mean misfit of a word's width (1: one standard deviation), and how sure the cut in front of each word is: the
    cost that the best cuts elsewhere have more."""

    spans: tuple[Span, ...]
    gaps: tuple[float, ...]
    misfit: float
    margins: tuple[float, ...]


def split_rows(strokes: list[Stroke], *, short: bool = False) -> list[int]:
    """The row (line of writing) of each stroke: a new one begins where the pen goes far left and down.

    Far: more than three median heights of the taller strokes left, and most of one lower than the row's middle. short:
    whether to where the row began is far enough, as behind a row of a few letters; what follows must lie as low then,
    or it is but a comma.
    """
    boxes = np.array([[*s.min(axis=0), *s.max(axis=0)] for s in strokes])
    heights = boxes[:, 3] - boxes[:, 1]
    height = float(np.median(heights[heights >= np.median(heights)])) or 1.0
    rows, start = [0], 0
    for k in range(1, len(strokes)):
        middle = np.median((boxes[start:k, 1] + boxes[start:k, 3]) / 2)
        left = boxes[k, 0] < boxes[start:k, 2].max() - 3 * height
        down = (boxes[k, 1] + boxes[k, 3]) / 2 < middle - 0.9 * height
        if short and boxes[k, 0] < boxes[start:k, 0].min() + 2 * height:
            left = np.median((boxes[k : k + 3, 1] + boxes[k : k + 3, 3]) / 2) < middle - 0.9 * height
        if left and down:
            start = k
        rows.append(rows[-1] + (start == k))
    return rows


def cut_words(strokes: list[Stroke], rows: list[int], words: list[str]) -> WordCuts | None:
    """Shares the strokes (in reading order) out to the words, by dynamic programming.

    The best cuts give each word about its expected width and lie at wide gaps; a word stays in one row. None where
    there are fewer strokes than words or no cut respects the rows.
    """
    count, expected = len(strokes), np.array([expected_width(word) for word in words])
    if count < len(words):
        return None
    row = np.array(rows)
    low = np.array([s[:, 0].min() for s in strokes])
    high = np.array([s[:, 0].max() for s in strokes])
    total = sum(high[row == r].max() - low[row == r].min() for r in np.unique(row))
    unit = total / (expected.sum() + WORD_GAP * max(len(words) - len(np.unique(row)), 0))
    if not unit > 0:
        return None

    # width[i, j] of strokes i to j; infinite across rows
    right = np.maximum.accumulate(np.triu(np.broadcast_to(high, (count, count))) +
                                  np.tril(np.full((count, count), -np.inf), -1), axis=1)
    left = np.minimum.accumulate(np.triu(np.broadcast_to(low, (count, count))) +
                                 np.tril(np.full((count, count), np.inf), -1), axis=1)
    valid = (row[:, None] == row[None, :]) & (np.arange(count)[:, None] <= np.arange(count)[None, :])
    width = np.where(valid, right - left, np.inf) / unit

    gap = np.full(count, np.inf)  # gap[j]: clear space between strokes ..j and j + 1.. of the row
    for r in np.unique(row):
        members = np.flatnonzero(row == r)
        front = np.maximum.accumulate(high[members])
        rest = np.minimum.accumulate(low[members][::-1])[::-1]
        gap[members[:-1]] = (rest[1:] - front[:-1]) / unit
    gap_cost = np.square(np.clip(1.0 - gap, 0.0, 2.5) / 0.4)

    best = np.full(count + 1, np.inf)  # best[j]: cost of the words so far on the strokes before j
    best[0] = 0.0
    choices, starts, deviations = [], [], (0.22 * expected + 0.3)
    for w, (ideal, deviation) in enumerate(zip(expected, deviations, strict=True)):
        cost = np.square((width - ideal) / deviation)
        before = best[:-1] + (np.concatenate([[0.0], gap_cost[:-1]]) if w else 0.0)
        totals = before[:, None] + cost
        choices.append(np.argmin(totals, axis=0))
        starts.append(before)
        best = np.concatenate([[np.inf], np.min(totals, axis=0)])
    if not np.isfinite(best[-1]):
        return None
    spans, stop = [], count
    for choice in reversed(choices):
        start = int(choice[stop - 1])
        spans.append((start, stop))
        stop = start
    spans.reverse()
    widths = np.array([width[a, b - 1] for a, b in spans])
    gaps = (np.inf, *(float(gap[a - 1]) for a, _ in spans[1:]))
    # The same from behind: rest[j] is the cost of the words from one on, on the strokes from j on.
    margins = [np.inf]
    rest = np.append(np.full(count, np.inf), 0.0)
    for w in range(len(words) - 1, 0, -1):
        cost = np.square((width - expected[w]) / deviations[w])
        rest = np.append(np.min(cost + rest[1:], axis=1), np.inf)
        through = starts[w] + rest[:-1]  # of all cuts with one in front of this stroke
        margins.append(float(np.partition(through, 1)[1] - through[spans[w][0]]) if count > 1 else np.inf)
        rest[:-1] += np.concatenate([[0.0], gap_cost[:-1]])
    return WordCuts(
        tuple(spans), gaps, float(np.mean(np.abs(widths - expected) / deviations)), (np.inf, *margins[:0:-1])
    )

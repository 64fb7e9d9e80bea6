"""Windows of lines, in batches of one shape, for the small networks that judge ink."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np

from writemate_jax.strokes import Rows


def cover(line: Rows, width: int) -> list[Rows]:
    """Windows of at most ``width`` points over the whole line [T, 3], by half over each other, the last at its end."""
    starts = [*range(0, max(1, len(line) - width), width // 2), max(0, len(line) - width)]
    return [line[start : start + width] for start in dict.fromkeys(starts)]


def draw(line: Rows, width: int, rng: np.random.Generator) -> Rows:
    """A window of at most ``width`` points at a random place of the line."""
    start = rng.integers(max(1, len(line) - width + 1))
    return line[start : start + width]


def padded(windows: Sequence[Rows], width: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """A batch of always the same shape: rows float32 [batch, width, 3] and lengths [batch], at least 1."""
    rows, lengths = np.zeros((batch, width, 3), np.float32), np.ones(batch, np.int32)
    for i, window in enumerate(windows):
        rows[i, : len(window)], lengths[i] = window, len(window)
    return rows, lengths


def over_lines(
    network: Callable[[np.ndarray, np.ndarray], jax.Array], lines: Sequence[Rows], width: int, batch: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A network's outputs [n, ...] for the windows over all lines, the line of each [n], and its points [n].

    network: of rows [batch, width, 3] and lengths [batch], as `padded` makes them.
    """
    parts = [(i, rows) for i, line in enumerate(lines) for rows in cover(line, width)]
    outputs = [
        np.asarray(network(*padded([rows for _, rows in parts[first : first + batch]], width, batch)))
        for first in range(0, len(parts), batch)
    ]
    owners, points = np.array([(i, len(rows)) for i, rows in parts]).T
    return np.concatenate(outputs)[: len(parts)], owners, points

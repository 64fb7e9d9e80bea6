"""How badly the package's reader reads the lines of a set, so that labels which the ink does not say can be found.

By JAX, many lines at once: `Reader.nats`, which is NumPy's, takes longer for a line than writing it does.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.reading.batch import batch_nats
from writemate_jax.reading.reader import Reader

MOST = 99.0  # nats a character: JSON has no infinity, which ink with too few points for its text would have
DIGITS = 3
SHORTEST = 128  # points that lines are padded to; more are doubled, so that few programs are compiled

_nats = jax.jit(batch_nats)


def unread(reader: Reader, inks: Sequence[Ink], at_once: int) -> list[float]:
    """-ln P(text | ink) by the reader, in nats for each of its `Reader.codes`, of each line; at most `MOST`.

    inks: in x-heights, from the left edge on the baseline. at_once: lines of a batch.
    """
    found, texts = np.zeros(len(inks)), [reader.codes(ink.text) for ink in inks]
    order = np.argsort([len(ink.strokes) for ink in inks], kind="stable")  # of one length, so that little is padding
    for first in range(0, len(inks), at_once):
        places = order[first : first + at_once]
        batch = _padded([inks[i] for i in places], [texts[i] for i in places], at_once)
        found[places] = np.asarray(_nats(reader.params, *batch))[: len(places)]
    # fmin passes over what is no number: ink that ran away without end.
    return np.round(np.fmin(found / [len(codes) for codes in texts], MOST), DIGITS).tolist()


def _padded(
    inks: Sequence[Ink], texts: Sequence[np.ndarray], size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows [size, capacity, 3], their numbers [size] and codes [size, characters] of at most so many lines."""
    longest = max(len(ink.strokes) for ink in inks)
    capacity = max(SHORTEST, 1 << (longest - 1).bit_length())
    rows = np.zeros((size, capacity, 3), np.float32)
    lengths, codes = np.full(size, 2, np.int32), np.zeros((size, MAX_CHARACTERS), np.int32)
    for i, (ink, text) in enumerate(zip(inks, texts, strict=True)):
        rows[i, : len(ink.strokes)], lengths[i] = ink.strokes, len(ink.strokes)
        codes[i, : len(text)] = text
    return rows, lengths, codes

"""Batches of whole lines, grouped by length so that little of a batch is padding and few shapes are compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from writemate_jax import strokes
from writemate_jax.alphabet import Alphabet
from writemate_jax.config import ConfigurationError
from writemate_jax.data.corpus import Corpus

# Bucket lengths are multiples of this: the choice of buckets is then among a few hundred lengths at most.
GRAIN = 8


class Batch(NamedTuple):
    """Lines side by side; b, t and u1 depend on the bucket.

    inputs: float32 [b, t, 3] points, offsets normalised. targets: float32 [b, t, 3], the point after each.
    mask: float32 [b, t], 1 for real points. codes: int32 [b, u1], padded with 0. text_length: int32 [b].
    hands: int32 [b], place of the line's writer among those with a style, from 1; 0 for one without.
    ids: int32 [b], the line's index in the corpus; -1 for a row that only fills the batch (its mask is 0).
    """

    inputs: np.ndarray
    targets: np.ndarray
    mask: np.ndarray
    codes: np.ndarray
    text_length: np.ndarray
    hands: np.ndarray
    ids: np.ndarray


class _Bucket(NamedTuple):
    """All lines of one length class, padded; one more row of zeros at the end stands for "no line".

    rows: float32 [n + 1, t + 1, 3]; steps: int32 [n + 1]; the rest as in `Batch`. size: lines of a batch. width: b,
    that many and what has to be added so that the devices share it out.
    """

    rows: np.ndarray
    steps: np.ndarray
    codes: np.ndarray
    text_length: np.ndarray
    hands: np.ndarray
    ids: np.ndarray
    size: int
    width: int

    @property
    def lines(self) -> int:
        return len(self.ids) - 1

    @property
    def length(self) -> int:
        return self.rows.shape[1] - 1

    @property
    def batches(self) -> int:
        return -(-self.lines // self.size)

    def take(self, chosen: np.ndarray) -> Batch:
        rows = self.rows[chosen]
        mask = (np.arange(self.length) < self.steps[chosen, None]).astype(np.float32)
        columns = (column[chosen] for column in (self.codes, self.text_length, self.hands, self.ids))
        return Batch(rows[:, :-1], rows[:, 1:], mask, *columns)


class Batches:
    """The lines of a split, ready to be trained on.

    Args:
      corpus, indices: which lines.
      alphabet: for the texts' codes.
      mean, std: [2], offsets become (offset - mean) / std.
      buckets: how many length classes; their lengths are chosen for the least padding.
      batch_size: lines in every batch; 0 for
      points_per_batch: as many lines as this allows in each bucket, rounded down (`lines_of`).
      multiple_of: number of devices, which must divide every batch. One by points is filled up for that: which lines
        are in it does not depend on how many devices there are.
      rests: whether a rest goes in front of each line and behind it, see `strokes.add_rests`.
      max_points: longer lines are left out (`skipped` counts them).
      with_text: whether `codes` hold the texts; without, they are one column of zeros.
      writers: those who have a style, in the order of their vectors.

    Raises:
      ConfigurationError: no line is left, or a batch size that does not divide over the devices.
    """

    def __init__(
        self,
        corpus: Corpus,
        indices: Sequence[int],
        alphabet: Alphabet,
        mean: np.ndarray,
        std: np.ndarray,
        *,
        buckets: int,
        batch_size: int = 0,
        points_per_batch: int = 0,
        multiple_of: int = 1,
        rests: bool = False,
        max_points: int = 2_000,
        with_text: bool = True,
        writers: Sequence[str] = (),
    ):
        if batch_size < 0 or not batch_size and points_per_batch < 1:
            raise ValueError(f"Batches: batch_size is {batch_size}, points_per_batch {points_per_batch}; expected some")
        if batch_size % multiple_of:
            raise ConfigurationError(f"batch_size is {batch_size}; it must be a multiple of the {multiple_of} devices")
        indices = np.asarray(indices, np.int64)
        steps = steps_of(corpus, indices, rests=rests)
        usable = (steps >= 1) & (steps <= max_points)
        self.skipped = int((~usable).sum())
        self.indices, steps = indices[usable], steps[usable]
        if not len(self.indices):
            raise ConfigurationError(
                f"none of {len(indices)} lines has between 2 and {max_points} points; raise data.max_points"
            )
        hands = {writer: hand for hand, writer in enumerate(writers, start=1)}
        self._buckets = []
        lengths = bucket_lengths(steps, buckets)
        place = np.searchsorted(lengths, steps)
        for i, length in enumerate(lengths.tolist()):
            ids = self.indices[place == i]
            size = batch_size or lines_of(points_per_batch, length)
            codes = [alphabet.encode(corpus.text(j)) if with_text else np.zeros(0, np.int32) for j in ids]
            capacity = _round_up(max(map(len, codes)) + 1, 4) if with_text else 1
            bucket = _Bucket(
                rows=np.zeros((len(ids) + 1, length + 1, 3), np.float32),
                steps=np.zeros(len(ids) + 1, np.int32),
                codes=np.zeros((len(ids) + 1, capacity), np.int32),
                text_length=np.zeros(len(ids) + 1, np.int32),
                hands=np.array([hands.get(corpus.writer(j), 0) for j in ids] + [0], np.int32),
                ids=np.append(ids, -1).astype(np.int32),
                size=size,
                width=_round_up(size, multiple_of),
            )
            for k, (j, code) in enumerate(zip(ids, codes, strict=True)):
                line = corpus.strokes(j)
                line = strokes.normalise(strokes.add_rests(line) if rests else line, mean, std)
                bucket.rows[k, : len(line)] = line
                bucket.steps[k] = len(line) - 1
                bucket.codes[k, : len(code)] = code
                bucket.text_length[k] = len(code)
            self._buckets.append(bucket)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.indices)

    @property
    def points(self) -> int:
        """How many points are predicted in an epoch."""
        return int(sum(bucket.steps.sum() for bucket in self._buckets))

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        """(b, t, u1) of each bucket: all that is ever compiled."""
        return [(b.width, b.length, b.codes.shape[1]) for b in self._buckets]

    @property
    def padded_fraction(self) -> float:
        """Share of an epoch's points that are padding, unfilled rows included."""
        return 1.0 - self.points / sum(b.batches * b.width * b.length for b in self._buckets)

    def steps(self, longest: int | None = None) -> int:
        """Batches in an epoch; with `longest`, in one of lines of at most that many points."""
        return sum(b.batches for b in self._short(longest))

    def epoch(
        self,
        seed: int,
        epoch: int,
        *,
        process_index: int = 0,
        process_count: int = 1,
        longest: int | None = None,
        start: int = 0,
    ) -> Iterator[Batch]:
        """Every line once, in an order that depends on (seed, epoch) alone.

        Args:
          process_index, process_count: each process gets its slice of the rows of every batch.
          longest: only the buckets of at most this many points (at least the shortest bucket).
          start: how many batches to leave out in front.
        """
        rng = np.random.default_rng([seed, epoch])
        chunks = [
            (bucket, chosen)
            for bucket in self._short(longest)
            for chosen in _chunks(rng.permutation(bucket.lines), bucket)
        ]
        for i in rng.permutation(len(chunks))[start:]:
            yield _slice(*chunks[i], process_index, process_count)

    def ordered(self, *, process_index: int = 0, process_count: int = 1) -> Iterator[Batch]:
        """Every line once, always in the same order."""
        for bucket in self._buckets:
            for chosen in _chunks(np.arange(bucket.lines), bucket):
                yield _slice(bucket, chosen, process_index, process_count)

    def _short(self, longest: int | None) -> list[_Bucket]:
        if longest is None:
            return self._buckets
        return [b for b in self._buckets if b.length <= longest] or self._buckets[:1]


def lines_of(points: int, length: int) -> int:
    """How many lines of `length` a batch of so many points has: a multiple of 8 where it can, or of 2, or one.

    Of 8, as a processor makes products the fastest of so many columns (`model.unrolling`), and eight devices share
    them; of 2, so that two do.
    """
    most = points // length
    return most // 8 * 8 or most // 2 * 2 or 1


def steps_of(corpus: Corpus, indices: np.ndarray, *, rests: bool) -> np.ndarray:
    """How often one goes from a row to the next in each line, [n]: n - 1 of n rows, of which rests are two more."""
    return corpus.lengths[indices] - 1 + (2 if rests else 0)


def bucket_lengths(steps: np.ndarray, buckets: int) -> np.ndarray:
    """The lengths of at most `buckets` length classes that pad lines of these lengths the least.

    Every line is padded to the smallest class that holds it. Found by dynamic programming over the multiples of
    `GRAIN`.
    """
    candidates, counts = np.unique(-(-np.asarray(steps) // GRAIN) * GRAIN, return_counts=True)
    n = len(candidates)
    before = np.concatenate([[0], np.cumsum(counts)])
    # cost[j]: padded points when the lines of candidates[:j] are in k classes; one more class holds candidates[i:j].
    cost = np.full(n + 1, np.inf)
    cost[0] = 0
    parents = []
    for _ in range(min(buckets, n)):
        extended = cost[:, None] + np.where(
            np.arange(n + 1)[:, None] < np.arange(n + 1)[None, :],
            (before[None, :] - before[:, None]) * np.concatenate([[0], candidates])[None, :],
            np.inf,
        )
        parents.append(extended.argmin(axis=0))
        cost = extended.min(axis=0)
    chosen, j = [], n
    for parent in reversed(parents):
        chosen.append(candidates[j - 1])
        j = parent[j]
    return np.array(chosen[::-1], np.int64)


def _round_up(x: int, grain: int) -> int:
    return -(-x // grain) * grain


def _chunks(order: np.ndarray, bucket: _Bucket) -> Iterator[np.ndarray]:
    """Splits an order of a bucket's lines into whole batches; what has to be filled gets the row of zeros."""
    padded = np.full(bucket.batches * bucket.size, bucket.lines)
    padded[: len(order)] = order
    padded = padded.reshape(bucket.batches, bucket.size)
    return iter(np.pad(padded, ((0, 0), (0, bucket.width - bucket.size)), constant_values=bucket.lines))


def _slice(bucket: _Bucket, chosen: np.ndarray, process_index: int, process_count: int) -> Batch:
    part = len(chosen) // process_count
    return bucket.take(chosen[process_index * part : (process_index + 1) * part])

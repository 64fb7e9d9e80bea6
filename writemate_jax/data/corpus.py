"""The packed corpus: lines of ink with their texts, in one compressed file.

Readers yield `Line`s, `pack` puts them into a `Corpus`, `save` and `load` move that to and from a file, and training
reads nothing else. Positions (not offsets) are rounded to a grid of step ``quantum``, so rounding errors do not add up
along a line, and the differences are small integers.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.damage import DAMAGE
from writemate_jax.replacing import replacing
from writemate_jax.shipped import OPEN_CORPUS, shipped

FORMAT = "writemate-corpus-2"

# Named choices of (training splits, validation splits). "graves" is the paper's own: it trains on all but the smaller
# validation set, stops by that one, and has no independent test.
ARRANGEMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "open": (("train",), ("validation",)),
    "iam": (("train",), ("testset_v",)),
    "graves": (("train", "testset_t", "testset_f"), ("testset_v",)),
}


class CorpusError(ValueError):
    """Lines cannot be packed, or a file is no corpus; the message says which and what to do."""


@dataclass(frozen=True)
class Line:
    """One line of text as a reader yields it."""

    strokes: np.ndarray  # float32 [T, 3], see writemate_jax.strokes
    text: str
    writer: str
    split: str
    source: str  # what the line is called where it comes from


@dataclass(frozen=True)
class Statistics:
    """Of the pen's movements (offsets) in some lines, in the corpus' unit."""

    mean: np.ndarray  # float32 [2]
    std: np.ndarray  # float32 [2]
    shared_std: float  # one for dx and dy together: root of their mean variance
    points: int  # movements that were counted


@dataclass(frozen=True, eq=False)
class Corpus:
    """L lines in flat arrays of all their N points; make one with `pack` or `load`."""

    offsets: np.ndarray  # int16 [2, N], dx and dy in units of quantum
    eos: np.ndarray  # uint8 [N]
    lengths: np.ndarray  # int32 [L], points a line
    texts: tuple[str, ...]
    writers: tuple[str, ...]
    splits: tuple[str, ...]
    sources: tuple[str, ...]
    alphabet: str  # sorted characters
    quantum: float  # step of the grid, in the unit
    unit: str  # what a length of 1 is
    provenance: dict[str, str]  # where the ink comes from and on what terms

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def starts(self) -> np.ndarray:
        """Index int64 ``[L]`` of the first point of each line."""
        return np.cumsum(self.lengths, dtype=np.int64) - self.lengths

    def strokes(self, i: int) -> np.ndarray:
        """Line i as float32 ``[T, 3]`` (see writemate_jax.strokes)."""
        rows = slice(self.starts[i], self.starts[i] + self.lengths[i])
        return np.stack([*(self.offsets[:, rows] * self.quantum), self.eos[rows]], axis=1).astype(np.float32)

    def text(self, i: int) -> str:
        return self.texts[i]

    def writer(self, i: int) -> str:
        return self.writers[i]

    def split(self, i: int) -> str:
        return self.splits[i]

    def source(self, i: int) -> str:
        return self.sources[i]

    def select(self, splits: Sequence[str]) -> np.ndarray:
        """Indices int64 of the lines in these splits, ascending. Raises `CorpusError` for a split without lines."""
        present = Counter(self.splits)
        absent = [name for name in splits if name not in present]
        if isinstance(splits, str) or absent:
            raise CorpusError(f"no lines in split {absent or splits!r}; the corpus has {dict(present)}")
        return np.flatnonzero(np.isin(np.array(self.splits), list(splits)))

    @cached_property
    def checksum(self) -> int:
        """CRC-32 of what a training sees: the lines' ink, texts, writers and splits, and their order."""
        about = json.dumps([self.quantum, self.texts, self.writers, self.splits]).encode()
        total = zlib.crc32(about)
        for array in (self.lengths, self.eos, self.offsets):
            total = zlib.crc32(np.ascontiguousarray(array).tobytes(), total)
        return total

    @cached_property
    def character_counts(self) -> dict[str, int]:
        """How often each character of the alphabet occurs in the texts."""
        counts = Counter("".join(self.texts))
        return {c: counts[c] for c in self.alphabet}

    def statistics(self, indices: Sequence[int]) -> Statistics:
        """Statistics of the offsets in these lines. A line's row 0 says where it lies and is not counted."""
        counted = np.zeros(self.offsets.shape[1], bool)
        for i in np.asarray(indices):
            counted[self.starts[i] + 1 : self.starts[i] + self.lengths[i]] = True
        offsets = self.offsets[:, counted] * np.float64(self.quantum)
        if offsets.shape[1] == 0:
            raise CorpusError(f"no pen movements in {len(indices)} chosen lines; expected lines of 2 points or more")
        mean, variance = offsets.mean(axis=1), offsets.var(axis=1)
        return Statistics(mean.astype(np.float32), np.sqrt(variance).astype(np.float32),
                          float(np.sqrt(variance.mean())), offsets.shape[1])


def pack(lines: Iterable[Line], *, quantum: float, unit: str, provenance: dict[str, str],
         alphabet: str | None = None) -> Corpus:
    """A corpus of these lines, with positions rounded to multiples of ``quantum``.

    ``alphabet``: by default the characters that occur. Raises `CorpusError`, naming the line, for invalid ink, an empty
    text, a character outside the given alphabet, or a jump of the pen too long for 16 bits.
    """
    if not quantum > 0:
        raise CorpusError(f"quantum is {quantum}; expected a positive length")
    lines = list(lines)
    if not lines:
        raise CorpusError("no lines to pack")
    offsets, eos = [], []
    for line in lines:
        rows = _checked(line, alphabet)
        grid = np.rint(ink.to_points(rows) / quantum)
        steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2)))
        if np.abs(steps).max() > np.iinfo(np.int16).max:
            raise CorpusError(f"line {line.source!r} has a jump of {np.abs(steps).max() * quantum:g}; "
                              f"expected at most {np.iinfo(np.int16).max * quantum:g} with quantum {quantum:g}: "
                              "skip the line or take a coarser quantum")
        offsets.append(steps.astype(np.int16).T)
        eos.append(rows[:, 2].astype(np.uint8))
    texts = tuple(line.text for line in lines)
    return Corpus(
        offsets=np.concatenate(offsets, axis=1), eos=np.concatenate(eos),
        lengths=np.array([len(e) for e in eos], np.int32), texts=texts,
        writers=tuple(line.writer for line in lines), splits=tuple(line.split for line in lines),
        sources=tuple(line.source for line in lines),
        alphabet="".join(sorted(set("".join(texts) if alphabet is None else alphabet))),
        quantum=float(quantum), unit=unit, provenance=dict(provenance))


def _checked(line: Line, alphabet: str | None) -> np.ndarray:
    try:
        rows = ink.check(line.strokes)
    except ink.InvalidInk as error:
        raise CorpusError(f"line {line.source!r}: {error}") from error
    if not line.text:
        raise CorpusError(f"line {line.source!r} has no text")
    if line.text.splitlines() != [line.text]:
        raise CorpusError(f"line {line.source!r} has a line break in its text, {line.text!r}; give single lines")
    unknown = sorted(set(line.text) - set(alphabet)) if alphabet is not None else []
    if unknown:
        raise CorpusError(f"line {line.source!r} has {unknown} in its text, outside the alphabet {alphabet!r}")
    return rows


def save(path: str | os.PathLike, corpus: Corpus) -> None:
    """Writes the corpus to ``path`` (.npz), under a temporary name until it is whole."""
    about = {"format": FORMAT, "quantum": corpus.quantum, "unit": corpus.unit, "alphabet": corpus.alphabet,
             "provenance": corpus.provenance}
    arrays = {
        "about": _strings([json.dumps(about)]),
        "offset_bytes": _to_bytes(corpus.offsets),
        "eos": np.packbits(corpus.eos),
        "lengths": corpus.lengths,
        "texts": _strings(corpus.texts), "writers": _strings(corpus.writers),
        "splits": _strings(corpus.splits), "sources": _strings(corpus.sources),
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def path_of(corpus: str | os.PathLike) -> Path:
    """The file of a corpus: that of the package for its name, `OPEN_CORPUS`, else the path itself."""
    return shipped("open_corpus.npz") if corpus == OPEN_CORPUS else Path(corpus)


def load(corpus: str | os.PathLike = OPEN_CORPUS) -> Corpus:
    """Reads what `save` wrote. Raises FileNotFoundError, or `CorpusError` for a file that is no whole corpus."""
    path = path_of(corpus)
    if not path.is_file():
        raise FileNotFoundError(f"no corpus file {str(path)!r}; make one with python -m writemate_jax.data --help")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(_unpack_strings(arrays["about"])[0])
        lengths = arrays["lengths"]
        points = int(lengths.sum())
        corpus = Corpus(
            offsets=_from_bytes(arrays["offset_bytes"]),
            eos=np.unpackbits(arrays["eos"], count=points), lengths=lengths,
            texts=_unpack_strings(arrays["texts"]), writers=_unpack_strings(arrays["writers"]),
            splits=_unpack_strings(arrays["splits"]), sources=_unpack_strings(arrays["sources"]),
            alphabet=about["alphabet"], quantum=about["quantum"], unit=about["unit"], provenance=about["provenance"])
        known = about["format"]
    except DAMAGE as error:
        raise CorpusError(f"{str(path)!r} is not a whole corpus file ({type(error).__name__}: {error}); "
                          "make it again with python -m writemate_jax.data") from error
    if known != FORMAT:
        raise CorpusError(f"{str(path)!r} has the format {known!r}; this version reads {FORMAT!r}")
    columns = {len(corpus.texts), len(corpus.writers), len(corpus.splits), len(corpus.sources), len(lengths)}
    if len(columns) > 1 or corpus.offsets.shape != (2, points):
        raise CorpusError(f"{str(path)!r} is inconsistent: columns of {sorted(columns)} lines, {points} points in the "
                          f"lengths and {corpus.offsets.shape[1]} in the offsets; make it again")
    return corpus


def _to_bytes(offsets: np.ndarray) -> np.ndarray:
    """Offsets int16 ``[2, N]`` as uint8 ``[2, 2, N]`` (low and high bytes, dx and dy), a tenth smaller when deflated.

    The sign goes to the lowest bit (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), so that small movements have small codes
    and the high bytes are nearly all 0.
    """
    codes = ((offsets << 1) ^ (offsets >> 15)).view(np.uint16)
    return np.stack([codes & 0xFF, codes >> 8]).astype(np.uint8)


def _from_bytes(planes: np.ndarray) -> np.ndarray:
    low, high = planes.astype(np.uint16)
    codes = low | (high << 8)
    return ((codes >> 1) ^ -(codes & 1)).view(np.int16)


def _strings(strings: Sequence[str]) -> np.ndarray:
    """Strings as the bytes of a JSON array: neither pickled, nor padded to the longest."""
    return np.frombuffer(json.dumps(list(strings), ensure_ascii=False).encode("utf-8"), np.uint8)


def _unpack_strings(blob: np.ndarray) -> tuple[str, ...]:
    return tuple(json.loads(blob.tobytes().decode("utf-8")))

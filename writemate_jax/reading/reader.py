"""`Reader`: how likely lines of ink say a text, and what they say."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flax import traverse_util

from writemate_jax.alphabet import Alphabet
from writemate_jax.reading import ctc, network
from writemate_jax.replacing import replacing
from writemate_jax.shipped import shipped
from writemate_jax.strokes import Rows

ALPHABET = "alphabet"  # its name in a file, beside those of the weights
# Dots and dashes are a frame each, as small as they are, and CTC needs another one between equal characters.
_REPEATED_MARK = re.compile(r"([^\w\s]|_)\1+")


@dataclass(frozen=True, eq=False)
class Reader:
    """A trained recogniser of lines [T, 3] in x-heights, from the left edge on the baseline."""

    alphabet: Alphabet
    params: Any

    @classmethod
    def load(cls, path: Path | None = None) -> Reader:
        """From a file of `save`, or the one that comes with the package."""
        if path is None:
            path = shipped("open_reader.npz")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        alphabet = Alphabet("".join(arrays.pop(ALPHABET)))
        arrays = {name: x.astype(np.float32) for name, x in arrays.items()}
        return cls(alphabet, traverse_util.unflatten_dict(arrays, sep="/"))

    def save(self, path: Path) -> None:
        """Writes it into a file, the weights as float16."""
        arrays = {name: np.float16(x) for name, x in traverse_util.flatten_dict(self.params, sep="/").items()}
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, **{ALPHABET: np.array(list(self.alphabet.characters))}, **arrays)

    def codes(self, text: str) -> np.ndarray:
        """Codes int32 [U] of what can be told of a text: how often a mark is repeated cannot, so it stands once.

        Raises UnknownCharacters for a text with characters that it cannot read.
        """
        return self.alphabet.encode(_REPEATED_MARK.sub(r"\1", text))

    def nats(self, lines: Sequence[Rows], text: str) -> np.ndarray:
        """-ln P(text | line) of each line, by the text's `codes`, [n]; infinite for a line with too few points for it.

        Raises UnknownCharacters for a text with characters that it cannot read.
        """
        lengths = [network.frames_of(len(line)) for line in lines]
        return ctc.nlls(self._log_probs(lines), lengths, self.codes(text))

    def read(self, lines: Sequence[Rows]) -> list[str]:
        """What the lines say, by the likeliest alignments."""
        pairs = zip(lines, self._log_probs(lines), strict=True)
        return [self.alphabet.decode(ctc.best_path(frames[: network.frames_of(len(line))])) for line, frames in pairs]

    def _log_probs(self, lines: Sequence[Rows]) -> np.ndarray:
        longest = network.frames_of(max(map(len, lines))) * network.POINTS_A_FRAME
        rows = np.zeros((len(lines), longest, 3), np.float32)
        for row, line in zip(rows, lines, strict=True):
            row[: len(line)] = line
        return network.log_probs(self.params, rows, np.array([len(line) for line in lines]))


@functools.cache
def embedded() -> Reader:
    """The reader that comes with the package."""
    return Reader.load()

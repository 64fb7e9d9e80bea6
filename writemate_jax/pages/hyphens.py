"""Where words may be broken, of a text that is written in other characters than its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from writemate_jax.alphabet import Alphabet

LETTERS = re.compile(r"[^\W\d_]{3,}")


class Hyphenator(Protocol):
    """What a `pyphen.Pyphen` is here."""

    def positions(self, word: str) -> Sequence[int]:
        """The numbers of characters behind which a word may be broken."""
        ...


class OfOriginals:
    """Breaks words without their accents, or in Latin letters, where the words themselves may be broken.

    "lineas" is no word of any language; it is broken as "lí-neas", which it was.
    """

    def __init__(self, hyphenator: Hyphenator, text: str, alphabet: Alphabet):
        """text: the original one. alphabet: of what is written, which has a likeness for each of its letters."""
        self._hyphenator = hyphenator
        self._known: dict[str, list[int]] = {}
        for word in {match[0] for match in LETTERS.finditer(unicodedata.normalize("NFC", text))}:
            written = alphabet.of_each(word)
            if "".join(written) != word:
                ends = list(accumulate(map(len, written)))
                points = [ends[position - 1] for position in hyphenator.positions(word)]
                self._known.setdefault("".join(written), points)

    def positions(self, word: str) -> Sequence[int]:
        """Likewise, of a word as it is written."""
        known = self._known.get(word)
        return self._hyphenator.positions(word) if known is None else known

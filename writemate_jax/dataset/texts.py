"""The texts of a set: lines of a file, or those that people wrote for the open corpus."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from writemate_jax.alphabet import Alphabet, UnknownCharacters


class Texts(NamedTuple):
    """Lines that can be written, those that cannot, since they have characters without a likeness, and those that are
    written otherwise, (line, what is written), since they have characters that the network lacks.
    """

    lines: tuple[str, ...]
    refused: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]


def prepared(lines: Iterable[str], alphabet: Alphabet, longest: int) -> Texts:
    """The lines in the alphabet's characters, of 1 to ``longest`` of them; longer ones are wrapped at words.

    Spaces are single and within; lines that are empty are left out.

    >>> prepared(["caf\\u00e9  noir", "", "a \\u0001"], Alphabet(" acefinor"), 5)
    Texts(lines=('cafe', 'noir'), refused=('a \\x01',), changed=(('café  noir', 'cafe noir'),))
    """
    known = frozenset(alphabet.characters)
    kept: list[str] = []
    refused: list[str] = []
    changed: list[tuple[str, str]] = []
    for line in lines:
        text = " ".join(line.split())
        if not (text.isascii() and known.issuperset(text)):  # most are, of millions
            try:
                text, replaced = alphabet.line(line)
            except UnknownCharacters:
                refused.append(line)
                continue
            if replaced:
                changed.append((line, text))
        kept += [text] if 0 < len(text) <= longest else textwrap.wrap(text, longest, break_on_hyphens=False)
    return Texts(tuple(kept), tuple(refused), tuple(changed))


def of_open_corpus() -> tuple[str, ...]:
    """The texts of the open corpus' training lines: words of letters, names, prices, dates, capitals, punctuation."""
    from writemate_jax.data import corpus as corpora

    corpus = corpora.load()
    return tuple(corpus.text(i) for i in corpus.select(("train",)))

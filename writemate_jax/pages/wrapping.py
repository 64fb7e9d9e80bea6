"""Words into lines, given which lines fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

EMPTY = 0.25  # share of a line left free from which on a word that does not fit whole is broken
SMALLEST = 0.7  # an unbreakable word is written this small at most rather than be cut between any letters


class TextLine(NamedTuple):
    """What a line says, and what follows it in the text: see `page.PlacedLine`."""

    text: str
    after: str


def wrap(
    words: Sequence[str], fits: Callable[[str, int, float], bool], hyphenator=None, *, break_early: bool = True
) -> Iterator[TextLine]:
    """Fills line after line with as many words as fit.

    A word is broken (`break_points`, `seams`) where it fits on no line, or where the line before it would stay a
    quarter empty (unless ``break_early`` is off). One that cannot be broken so stands alone, to be written
    smaller, or else is cut where the line ends. Every line has at least a character of the text.

    Args:
      words: not empty; at a space in one a line ends only where the whole of it fits on none.
      fits: whether a text fits on line i, were that line ``share`` times as long: fits(text, i, share). It is asked
        for line i + 1 after line i was yielded.
      hyphenator: a `pyphen.Pyphen`, or None.
    """
    given, words, row = tuple(words), list(words), 0
    while words:
        count = 0
        while count < len(words) and fits(" ".join(words[: count + 1]), row, 1.0):
            count += 1
        text, after, rest = " ".join(words[:count]), " ", words[count:]
        if rest and " " in rest[0] and not fits(rest[0], row, 1.0):
            words[count : count + 1] = rest[0].split(" ")
            given = tuple(words)
            continue
        roomy = break_early and rest and " " not in rest[0] and fits(text, row, 1 - EMPTY)
        if not count or roomy:
            whole = given[-len(rest)]  # where the word is what is left of one
            points = seams(rest[0]) if is_address(whole) else break_points(rest[0], hyphenator)
            broken = _broken(text, rest[0], lambda part, row=row: fits(part, row, 1.0), points)
            if broken:
                text, after, rest[0] = broken
            elif not count and fits(rest[0], row, 1 / SMALLEST):
                text, rest = rest[0], rest[1:]
            elif not count:
                text, after, rest[0] = _cut(rest[0], lambda part, row=row: fits(part, row, 1.0))
        words = rest if not rest or rest[0] else rest[1:]
        yield TextLine(text, after if words else "\n")
        row += 1


def _broken(
    before: str, word: str, fits: Callable[[str], bool], points: Sequence[tuple[int, str]]
) -> tuple[str, str, str] | None:
    """(line, after, rest of the word) with as much of the word as fits; None where nothing does."""
    lead = before + " " if before else ""
    most = _most(lead, word, fits)
    for cut, after in reversed(points):
        line = lead + word[:cut] + after
        if cut <= most and fits(line):
            return line, after, word[cut:]
    return None


def _cut(word: str, fits: Callable[[str], bool]) -> tuple[str, str, str]:
    cut = max(1, min(_most("", word, fits), len(word) - 1))
    return word[:cut], "" if word[cut:] else " ", word[cut:]


def _most(lead: str, word: str, fits: Callable[[str], bool]) -> int:
    """How many characters of a word fit behind what leads it, as far as the longer of two texts is the wider one.

    By halves: what has no spaces can be as long as a text.
    """
    few, many = 0, 1
    while many <= len(word) and fits(lead + word[:many]):
        few, many = many, 2 * many
    many = min(many, len(word) + 1)
    while many - few > 1:
        half = (few + many) // 2
        few, many = (half, many) if fits(lead + word[:half]) else (few, half)
    return few


def break_points(word: str, hyphenator) -> list[tuple[int, str]]:
    """Where a word may be broken: (characters before, the hyphen to add or "").

    >>> break_points("sea-horse", None)
    [(4, '')]
    """
    points = {match.end(): "" for match in re.finditer(r"(?<=\w)[-/\u2013\u2014](?=\w)", word)}
    if hyphenator:
        for letters in re.finditer(r"[^\W\d_]{5,}", word):
            for position in hyphenator.positions(letters.group()):
                points.setdefault(letters.start() + int(position), "-")
    return sorted(points.items())


def is_address(word: str) -> bool:
    """Whether a word is the address of a page or a mailbox, or the name of a file.

    >>> [is_address(word) for word in ("anna@example.org", "notes.txt", "e.g.", "end.Then", "and/or")]
    [True, True, False, False, False]
    """
    return re.search(r"\w@\w|://|[^\W\d]{2}(?:\.[a-z]{2}|[_=&][^\W\d]{2})", word) is not None


def seams(address: str) -> list[tuple[int, str]]:
    """Where an address is broken, as `break_points`: nowhere with a hyphen, which a reader would take for its own.

    >>> seams("sea-horse@example.org/a")
    [(9, ''), (17, ''), (22, '')]
    """
    return [(match.start(), "") for match in re.finditer(r"(?<=\w/)(?=\w)|(?<=\w)(?=[@.?&=#_~]\w)", address)]

"""A text as blocks: headings, items of lists, paragraphs and empty lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from writemate_jax.data.letter_size import WORD_GAP, expected_width

HEADINGS = (1.5, 1.2, 1.1)  # size of the letters of #, ##, ### and on
COLUMN = 1.0  # x-heights that a space before a line indents it

_SPACES = re.compile(r"[^\S\u00a0\u2007\u202f]+")  # between words: a no-break space is within one
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ITEM = re.compile(r"([-*+\u2022\u2023\u2043\u25cb\u25cf\u25e6]|\d{1,3}[.)])\s+(\S.*)")
# Marks of items, but also of asides and products, which may stand first in a line of a paragraph. They are items where
# several of its lines have the same, or the first has one.
_PERHAPS = re.compile(r"([\u2013\u00b7])\s+(\S.*)")


@dataclass(frozen=True)
class Block:
    """Words that are wrapped together, with a space in them where a line is not to end; none for an empty line.

    size: of the letters, 1 = the page's. first, rest: how far its first line and the others are indented, in
    x-heights of the page.
    """

    words: tuple[str, ...]
    size: float = 1.0
    first: float = 0.0
    rest: float = 0.0

    @property
    def heading(self) -> bool:
        return self.size > 1


def parse(text: str, reflow: bool = False, written: Callable[[str], str] = lambda word: word) -> list[Block]:
    """The blocks of a text; empty lines at its ends are left out.

    Each line is a block of its own; where ``reflow``, a line that follows another of a paragraph or item goes on
    with it. Spaces before a line indent it. ``written``: of a word, how it is written; what looks like a mark of
    structure by then is none.

    >>> [block.words for block in parse("# Two things\\n\\n- a hat\\n- a coat")]
    [('Two', 'things'), (), ('-', 'a', 'hat'), ('-', 'a', 'coat')]
    """
    lines = text.strip("\r\n").splitlines()
    blocks = list(_blocks(zip(lines, _items(lines), strict=True), reflow, written))
    while blocks and not blocks[0].words:
        blocks.pop(0)
    while blocks and not blocks[-1].words:
        blocks.pop()
    return blocks


def _items(lines: list[str]) -> list[re.Match | None]:
    """The mark and the rest of each line that is an item."""
    found = []
    for filled, paragraph in groupby(map(str.strip, lines), key=bool):
        paragraph = list(paragraph)
        perhaps = [_PERHAPS.fullmatch(line) for line in paragraph]
        times = Counter(one[1] for one in perhaps if one)
        found += [_ITEM.fullmatch(line) or (one if filled and one and (times[one[1]] > 1 or not i) else None)
                  for i, (line, one) in enumerate(zip(paragraph, perhaps, strict=True))]  # fmt: skip
    return found


def _blocks(
    lines: Iterable[tuple[str, re.Match | None]], reflow: bool, written: Callable[[str], str]
) -> Iterator[Block]:
    waiting: Block | None = None  # may be gone on with
    for line, item in lines:
        block = _block(line, item, written)
        if waiting and reflow and block.words and not block.heading and not item:
            waiting = Block(waiting.words + block.words, 1.0, waiting.first, waiting.rest)
            continue
        if waiting:
            yield waiting
        waiting = block if block.words and not block.heading else None
        if not waiting:
            yield block
    if waiting:
        yield waiting


def _words(line: str, written: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(word for word in (" ".join(written(word).split()) for word in _SPACES.split(line)) if word)


def _block(line: str, item: re.Match | None, written: Callable[[str], str]) -> Block:
    line = line.expandtabs(4)
    words = _words(line, written)
    indent = COLUMN * (len(line) - len(line.lstrip()))
    if heading := _HEADING.fullmatch(line.strip()):
        hashes, title = heading.groups()
        return Block(_words(title, written), HEADINGS[min(len(hashes), len(HEADINGS)) - 1])
    if item:
        marks, words = (_words(part, written) for part in item.groups())
        return Block(marks + words, first=indent, rest=indent + expected_width(" ".join(marks)) + WORD_GAP)
    return Block(words, first=indent)

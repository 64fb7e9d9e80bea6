"""A text onto pages: wrap, write, measure, repair, place.

A line has to be chosen before its ink exists. So the text is wrapped by an estimate: widths of characters from a table
(`letter_size.expected_width`), times the ratio of real to expected width in the first lines that are written. The
estimate fills `FILL` of a line. Then all lines are written and measured:

* up to 1 / `ink.SQUEEZE` times too wide, the ink is squeezed to the line's length;
* wider, the paragraph is wrapped again from there, this line's real width being known now, and what lines are new are
  written. Lines that stay keep their ink. This is done at most `ROUNDS` times;
* what is still wider is made smaller as a whole (`ink.fit`). So no ink is beyond the margin, whatever the network does.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np

from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.data.letter_size import ASCENDER, DESCENDER, WORD_GAP, expected_width
from writemate_jax.drawing.letters import in_x_heights
from writemate_jax.limits import LARGEST_SEED, MAX_CHARACTERS
from writemate_jax.pages import ink as inks
from writemate_jax.pages.blocks import Block, parse
from writemate_jax.pages.hyphens import Hyphenator, OfOriginals
from writemate_jax.pages.ink import SQUEEZE, Ink
from writemate_jax.pages.layout import InvalidPage, Layout, hyphenation, rules
from writemate_jax.pages.page import Page, PlacedLine
from writemate_jax.pages.wrapping import TextLine, wrap
from writemate_jax.strokes import Stroke
from writemate_jax.warning import warn

USUAL = 0.87  # ratio of real to expected width before any is measured
SAME = 0.03  # a ratio that differs by less is the usual one: what was written with that can stay
FILL = 0.97  # of a line, by the estimate
ROUNDS = 4  # times that lines are repaired
ATTEMPTS = 3  # at a line that does not end by itself
TOUCH = 0.25  # x-heights that a heading's letters may reach into another line's: not all are as tall
FIRM = "\u2011"  # a hyphen at which no line ends, but for a word that fits on none
AT_ONCE = 4  # full groups of lanes in one call of the writer: between calls the progress shows


class Row(NamedTuple):
    """A line of a block (counted from 0); without text it is an empty line. copy: which one of equal lines."""

    block: Block
    number: int
    text: str
    after: str
    copy: int


def write_pages(writer: Any, text: str, *, seed: int = 0, progress: bool = False, **options: Any) -> list[Page]:
    """Writes a text on as many pages as it needs.

    Args:
      writer: a `Writer`, or what has its ``write``, ``one_hand``, ``lanes`` and ``model.alphabet``.
      text: paragraphs, a line each; ``# `` begins a heading, ``- ``, a bullet or ``1. `` an item. Empty lines stay.
      seed: of the ink and of the wandering lines. The same text, seed and options give the same pages.
      progress: whether to show a bar on a terminal.
      options: fields of `Layout`, and arguments of `Writer.write` (bias, style, prime, ...), which hold for all lines.

    Raises:
      InvalidPage: an option is none, no line fits, or there is no text.
      InvalidRequest, UnknownCharacters: as `Writer.write` does; characters are named once, before any is written.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidPage(f"seed is {seed}; expected 0 to {LARGEST_SEED}")
    names = {field.name for field in dataclasses.fields(Layout)}
    layout = Layout(**{name: value for name, value in options.items() if name in names})
    request = {name: value for name, value in options.items() if name not in names}
    _check(text, writer.model.alphabet)
    blocks = parse(text, layout.reflow, lambda word: _unbroken(word, writer.model.alphabet))
    if not blocks:
        raise InvalidPage("the text is empty; expected at least one word")
    hyphenator = hyphenation(layout.language)
    if "-" not in writer.model.alphabet.characters:
        hyphenator = None
    if hyphenator:
        hyphenator = OfOriginals(hyphenator, text, writer.model.alphabet)
    scribe = _Scribe(writer, seed, request, progress)
    rows = _written_rows(blocks, layout, hyphenator, scribe)
    placed = list(_placed(rows, layout, scribe, np.random.default_rng([seed, 1])))
    lines, dots = rules(layout)
    return [
        Page(layout.width, layout.height, tuple(line for number, line in placed if number == page), lines, dots,
             layout.ink, layout.pen, layout.letter)
        for page in range(placed[-1][0] + 1)
    ]


def _unbroken(word: str, alphabet: Alphabet) -> str:
    """How a word is written, but for its firm hyphens, which stay what they are until it is wrapped."""
    return FIRM.join(alphabet.transliterate(part)[0] for part in word.split(FIRM))


# Wrap, write, repair


def _written_rows(
    blocks: Sequence[Block], layout: Layout, hyphenator: Hyphenator | None, scribe: _Scribe
) -> list[Row]:
    """The lines of all blocks, with their ink at the scribe."""
    scribe.write(list(islice(_rows(blocks, layout, hyphenator, scribe), scribe.lanes)))
    scribe.learn_ratio()
    for _ in range(1 + ROUNDS):
        rows = list(_rows(blocks, layout, hyphenator, scribe))
        if not scribe.write(rows):
            break
    return rows


def _rows(
    blocks: Sequence[Block], layout: Layout, hyphenator: Hyphenator | None, scribe: _Scribe
) -> Iterator[Row]:
    copies: Counter[str] = Counter()
    for block in blocks:
        if not block.words:
            yield Row(block, 0, "", "\n", 0)
            continue

        def fits(text: str, number: int, share: float, block: Block = block) -> bool:
            room, text = _room(block, number, layout) * share, text.replace(FIRM, "-")
            known = scribe.width(text, copies[text])
            return expected_width(text) * scribe.ratio <= FILL * room if known is None else known * SQUEEZE <= room

        lines: Iterator[TextLine] = wrap(block.words, fits, hyphenator, break_early=not block.heading)
        for number, (text, after) in enumerate(lines):
            text = text.replace(FIRM, "-")
            yield Row(block, number, text, after, copies[text])
            copies[text] += 1


def _indent(block: Block, number: int, layout: Layout) -> float:
    """x-heights of the page, at most half a line."""
    return min(block.rest if number else block.first, layout.line_width / 2)


def _room(block: Block, number: int, layout: Layout) -> float:
    """Length of a line in x-heights of its own letters."""
    return (layout.line_width - _indent(block, number, layout)) / block.size


class _Scribe:
    """Writes lines once, and remembers their ink.

    ratio: of real to expected width.
    """

    def __init__(self, writer: Any, seed: int, request: dict[str, Any], progress: bool):
        self.ratio = USUAL
        self.lanes = writer.lanes
        self._writer, self._seed = writer, seed
        self._request = {**request, "style": writer.one_hand(request.get("style"), seed, request.get("prime"))}
        self._ink: dict[tuple[str, int], Ink] = {}
        self._x_height = 0.0  # of the first lines, in their unit
        self._progress = progress

    def ink(self, text: str, copy: int) -> Ink:
        """The ink of a written line."""
        return inks.one_behind_the_other([self._ink[part, copy] for part in parts(text)], WORD_GAP * self.ratio)

    def width(self, text: str, copy: int) -> float | None:
        """The width of a line, None before it is written."""
        written = all((part, copy) in self._ink for part in parts(text))
        return inks.width(self.ink(text, copy)) if written and text else None

    def learn_ratio(self) -> None:
        found = sum(inks.width(ink) for ink in self._ink.values())
        ratio = found / sum(expected_width(text) for text, _ in self._ink)
        if abs(ratio / USUAL - 1) > SAME:
            self.ratio = ratio

    def write(self, rows: Sequence[Row]) -> bool:
        """Writes the lines that are new; returns whether there were any."""
        from tqdm import tqdm  # here, as not every text is a page

        new = {(part, row.copy): None for row in rows if row.text for part in parts(row.text)}
        # Lines of like length together: the writer computes them in groups that the longest ends.
        new = sorted((key for key in new if key not in self._ink), key=lambda key: (len(key[0]), key))
        step = AT_ONCE * self.lanes
        with tqdm(total=len(new), unit=" lines", desc="writing", leave=False,
                  disable=None if self._progress and len(new) > step else True) as bar:
            for first in range(0, len(new), step):
                self._write(new[first : first + step])
                bar.update(len(new[first : first + step]))
        return bool(new)

    def _write(self, keys: Sequence[tuple[str, int]]) -> None:
        for attempt in range(ATTEMPTS):
            seeds = [self._seed_of(text, copy, attempt) for text, copy in keys]
            written = self._writer.write([text for text, _ in keys], seed=seeds, **self._request)
            self._x_height = self._x_height or written[0].x_height  # one for all pages
            for key, line in zip(keys, written, strict=True):
                self._ink[key] = inks.level(in_x_heights(line, self._x_height), key[0])
            keys = [key for key, line in zip(keys, written, strict=True) if not line.complete]
            if not keys:
                return
        warn(f"{len(keys)} lines were cut before their end, {keys[0][0]!r} first; try another seed")

    def _seed_of(self, text: str, copy: int, attempt: int) -> int:
        """Another for each text, copy and attempt: by one seed, lines that begin alike would share that ink."""
        own = zlib.crc32(text.encode()) + 1_000_003 * copy + 7_368_787 * attempt
        return (self._seed + own) % (LARGEST_SEED + 1)


def parts(text: str) -> list[str]:
    """A line in parts that the writer takes, about as long as each other.

    >>> [len(part) for part in parts("word " * 40 + "end")]
    [109, 93]
    """
    count = max(1, -(-len(text) // MAX_CHARACTERS))
    return textwrap.wrap(text, min(MAX_CHARACTERS, len(text) // count + 12), break_on_hyphens=False)


def _check(text: str, alphabet: Alphabet) -> None:
    """Raises UnknownCharacters with the first line that has one; warns once of characters that become others."""
    lines = text.splitlines()
    try:
        _, replaced = alphabet.transliterate(" ".join(text.split()))
    except UnknownCharacters as error:
        composed = (unicodedata.normalize("NFC", line) for line in lines)
        number = next((i for i, line in enumerate(composed, start=1) if {*error.characters} & {*line}), 1)
        where = f"the text, at first in line {number}"
        raise UnknownCharacters(error.characters, alphabet.characters, where) from None
    if replaced:
        changes = ", ".join(f"{old!r} as {new!r}" for old, new in replaced.items())
        warn(f"the network does not know all characters of the text; it writes {changes}")


# Place


def _placed(
    rows: Sequence[Row], layout: Layout, scribe: _Scribe, random: np.random.Generator
) -> Iterator[tuple[int, PlacedLine]]:
    """(page, line) in order. Empty lines are places without ink: they are counted to the line before them."""
    pages = _page_numbers(rows, layout)
    wander = _Wander(layout.drift, random)
    waiting: tuple[int, PlacedLine] | None = None
    for row, (page, place) in zip(rows, pages, strict=True):
        if row.text:
            if waiting:
                yield waiting
            line = _place(row, layout.baseline(place), layout, scribe.ink(row.text, row.copy), wander)
            waiting = page, PlacedLine(row.text, line, row.after)
        elif waiting:
            waiting = waiting[0], dataclasses.replace(waiting[1], after=waiting[1].after + "\n")
    if waiting:
        yield waiting


def _page_numbers(rows: Sequence[Row], layout: Layout) -> list[tuple[int, int]]:
    """(page, row on the page) of each line.

    Lines of a large heading have empty rows between them and above, so that none is written into another; no heading is
    the last of a page; no page but for the first begins with empty lines.
    """
    # From each line to the next.
    steps = [_rows_between(row, below, layout) for row, below in pairwise(rows)] + [1]
    places, page, place = [], 0, -1  # of the line before
    for i, row in enumerate(rows):
        step = steps[i - 1] if i else 1
        needed = 1
        if row.block.heading:  # the whole of it, and a line of what it heads
            end = next((k for k in range(i, len(rows)) if rows[k].text and not rows[k].block.heading), i)
            needed += sum(steps[i:end])
        if place >= 0 and place + step + min(needed, layout.rows) > layout.rows:
            page, place, step = page + 1, -1, 1
        places.append((page, place + step))
        if row.text or place + step or not page:
            place += step
    return places


def _rows_between(row: Row, below: Row, layout: Layout) -> int:
    """Rows from a line to the next: more than one where the letters of a heading would be written into the other's."""
    if not (row.text and below.text) or not (row.block.heading or below.block.heading):
        return 1
    needed = below.block.size * ASCENDER - row.block.size * DESCENDER - TOUCH
    return max(1, math.ceil(needed * layout.letter / layout.line_spacing))


class _Wander:
    """How lines stray from the margin and the baseline: a slow walk, and a little of each line's own."""

    def __init__(self, drift: float, random: np.random.Generator):
        self._drift, self._random, self._walk = drift, random, 0.0

    def next(self) -> tuple[float, float, float, float]:
        """(right, up, slope, phase) of the next line: x-heights, but for the slope and the wave's phase."""
        self._walk = 0.8 * self._walk + self._random.normal(0, 0.18)
        right = float(np.clip(0.4 + self._walk, 0, 0.8))
        up, slope = self._random.normal(0, [0.05, 0.003])
        return self._drift * right, self._drift * up, self._drift * slope, self._random.uniform(0, 2 * np.pi)

    def wave(self, x: np.ndarray, phase: float) -> np.ndarray:
        """A line's unsteadiness at x, in x-heights."""
        return self._drift * 0.06 * (np.sin(x / 9 + phase) - np.sin(phase))


def _place(row: Row, baseline: float, layout: Layout, ink: Ink, wander: _Wander) -> tuple[Stroke, ...]:
    """The strokes of a line on the page, within its margins."""
    room = _room(row.block, row.number, layout)
    justified = layout.align == "justified" and "\n" not in row.after
    ink = inks.justify(ink, row.text, room) if justified else inks.fit(ink, room)
    right, up, slope, phase = wander.next()
    left = layout.left + (_indent(row.block, row.number, layout) + right) * layout.letter
    size = row.block.size * layout.letter
    strokes = []
    for stroke in ink:
        x, y = stroke.T
        y = y * row.block.size + up + slope * x + wander.wave(x, phase)
        strokes.append(np.stack([left + x * size, -y * layout.letter], axis=1))
    # Ink that would leave the page's upper or lower margin is flattened: a wild loop, or steep letters of a heading.
    above = baseline - layout.margins[0]
    below = layout.height - layout.margins[2] - baseline
    highest = max(above, -min(stroke[:, 1].min() for stroke in strokes))
    lowest = max(below, max(stroke[:, 1].max() for stroke in strokes))
    return tuple(
        np.stack([x, baseline + np.where(y < 0, y * above / highest, y * below / lowest)], axis=1)
        for x, y in (stroke.T for stroke in strokes)
    )

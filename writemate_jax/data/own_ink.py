"""Ink that somebody brings, made like the open corpus' lines: letter size, baseline, order and points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.data import letter_size
from writemate_jax.data.delayed_strokes import in_reading_order
from writemate_jax.data.pieces import POINTS, SPACING, resampled
from writemate_jax.data.word_cuts import cut_words
from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.strokes import Rows, Stroke
from writemate_jax.warning import warn

WIDTH = (0.4, 2.5)  # of ink against what its text lets expect: beyond, they hardly belong together
# x-heights that the pen may go for each character. So many points lie on 19; the rest is for trembling, which smoothing
# takes out before they are placed. It is looked at first, as what comes then costs the more the longer the ink is.
LENGTH = 4 * POINTS[1] * SPACING
STROKES = 6.0  # for each character, at most: of 4,226 lines of the corpus none has more than 5
# x-heights between two points, in the middle: ink that was resampled before has more, and no device's trembling.
SPARSE = 0.16
# A cut between words is sure where every other costs that much more. So are 84% of all gaps, and 998 in a thousand of
# them lie where three lines of a held-out writer were set beside each other; of all gaps, sure or not, 954.
SURE = 2.0
# Of a primer. Letters whose size is to be told from their spread in y are a few at least; and a window that has come
# far into a text is less sure of its place.
PRIMER_LETTERS, PRIMER_CHARACTERS, PRIMER_POINTS = 3, 40, 500
Reason = Literal[
    "text", "none", "height", "narrow", "wide", "few", "many", "little", "much", "letters", "short", "long"
]


class UnfitInk(ValueError):
    """A line of ink cannot be used; the message says why and what to do.

    reason: why in a word, for programs that have words of their own for it (page/engine/unfit.js): nobody knows how the
    text looks (text); there is no ink (none), or none with a height; it is too narrow or wide, of too few or many
    strokes, too little or much for its text; its letters hardly say it; or it is too short or long to go on from. None
    for another. text: what the ink was to say.
    """

    def __init__(self, message: str, reason: Reason | None = None, text: str | None = None):
        super().__init__(message)
        self.reason, self.text = reason, text


class OwnInk(NamedTuple):
    """Lines of one hand like the corpus': rows [T, 3] in x-heights, from the left edge on the baseline, their texts in
    the network's alphabet, and what errors call them.
    """

    rows: list[Rows]
    texts: list[str]
    names: list[str]


def sized(lines: Sequence[Ink], alphabet: Alphabet, names: Sequence[str] | None = None) -> OwnInk:
    """Lines in any size, y up, as `like_the_corpus` makes each; some ten milliseconds a line.

    names: what errors call the lines. Warns of those whose ink has letters that are other ones in the alphabet. Raises
    `UnfitInk`, and ValueError without lines.
    """
    if not lines:
        raise ValueError("no lines of ink; give at least one")
    names = [f"line {i}" for i in range(len(lines))] if names is None else list(names)
    texts = []
    for line, name in zip(lines, names, strict=True):
        texts.append(_in_alphabet(line.text, alphabet, name))
    rows = [like_the_corpus(*each) for each in zip((line.strokes for line in lines), texts, names, strict=True)]
    return OwnInk(rows, texts, names)


def _in_alphabet(text: str, alphabet: Alphabet, name: str) -> str:
    """What ink says in the alphabet. Unlike a text to write, ink still shows the characters that it has in its own."""
    try:
        said, replaced = alphabet.line(text)
    except UnknownCharacters as error:
        named = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in error.characters)
        raise UnfitInk(f"{name}: its ink has {named}, which nothing in the alphabet is like; give a line without such"
                       f" characters. The alphabet is {alphabet.characters!r}", "text", text) from error  # fmt: skip
    if replaced:
        changes = ", and ".join(f"{old!r}, taken for {new!r}" for old, new in replaced.items())
        warn(f"{name}: its ink has {changes}; a line without such characters is better")
    return said


def like_the_corpus(line: Rows, text: str, name: str = "ink") -> Rows:
    """The line [T, 3], in any unit and y up, as one of the open corpus: x-heights, from the left edge on the baseline.

    Args:
      line: its ink; its size and place do not matter.
      text: what it says.
      name: what errors call it.

    Raises:
      UnfitInk: no ink, a text with characters of no known shape, or ink that can hardly be that text.
    """
    text = " ".join(text.split())
    unknown = sorted({c for c in text if c != " " and c not in letter_size.PARTS})
    if not text or unknown:
        wanted = (f"without {''.join(unknown)!r}, whose size among letters is known of ASCII alone" if unknown
                  else "of at least one character")  # fmt: skip
        raise UnfitInk(f"{name}: its text is {text!r}; expected one {wanted}", "text", text)
    try:
        strokes = [stroke.astype(float) for stroke in ink.split(ink.check(line))]
    except ink.InvalidInk as error:
        raise UnfitInk(f"{name}: {error}", "none", text) from error
    words, letters = text.count(" ") + 1, len(text.replace(" ", ""))
    if len(strokes) > STROKES * letters:
        raise UnfitInk(f"{name}: the ink has {len(strokes)} strokes for the {letters} characters of {text!r}; mark"
                       " only where the pen lifts, not every point", "many", text)  # fmt: skip
    if not letter_size.measure(strokes, text) > 0:
        raise UnfitInk(f"{name}: the ink has no height; expected a line that says {text!r}", "height", text)
    # Without its slope first: a size that counts this as height leaves the dots of a sloping line behind the word.
    strokes = letter_size.deskewed(strokes)
    scale = letter_size.measure(strokes, text)
    strokes = letter_size.normalise(in_reading_order(strokes, scale), text, scale)
    width = max(s[:, 0].max() for s in strokes) / letter_size.expected_width(text)
    if not WIDTH[0] < width < WIDTH[1]:
        raise UnfitInk(f"{name}: the ink is {width:.1f} times as wide as {text!r} should be for its height; check that"
                       " it says this text, on one line, and that every pen lift is marked",
                       "narrow" if width <= WIDTH[0] else "wide", text)  # fmt: skip
    if len(strokes) < words:
        raise UnfitInk(f"{name}: the ink has {len(strokes)} strokes for the {words} words of {text!r}; the pen lifts"
                       " between words: mark every lift", "few", text)  # fmt: skip
    length = sum(ink.arc_length(stroke)[-1] for stroke in strokes) / letters
    if not length <= LENGTH:
        raise UnfitInk(f"{name}: the pen goes {length:.0f} x-heights for each character of {text!r}; expected at most"
                       f" {LENGTH:.0f}: check that it says this text and nothing else", "much", text)  # fmt: skip
    strokes = _resampled(strokes)
    points = sum(map(len, strokes)) / letters
    if not POINTS[0] <= points <= POINTS[1]:
        raise UnfitInk(f"{name}: the ink has {points:.0f} points for each character of {text!r}; expected {POINTS[0]:g}"
                       f" to {POINTS[1]:g}: check that it says this text and nothing else",
                       "little" if points < POINTS[0] else "much", text)  # fmt: skip
    return ink.join([np.asarray(stroke) for stroke in strokes])


def primer(line: Rows, text: str) -> tuple[Rows, str]:
    """Ink and text of a primer: `like_the_corpus`, and what is long cut at a word. Raises `UnfitInk`."""
    text = " ".join(text.split())
    letters = len(text.replace(" ", ""))
    if letters < PRIMER_LETTERS:
        raise UnfitInk(f"the ink says {text!r}; expected {PRIMER_LETTERS} characters or more, which tell how large the"
                       " letters are", "short", text)  # fmt: skip
    return shortened(like_the_corpus(line, text), text, PRIMER_CHARACTERS, PRIMER_POINTS)


def shortened(line: Rows, text: str, characters: int, points: int) -> tuple[Rows, str]:
    """The longest part of a line (as `like_the_corpus` returns it) of so many characters and points at most.

    It is cut at a gap between words, into its first or its last words; its left edge is at x = 0 again. Only gaps that
    are sure are cut at (`SURE`). A line that is short enough comes back as it is. Raises `UnfitInk` where no cut fits.
    """
    if len(text) <= characters and len(line) <= points:
        return line, text
    words, strokes = text.split(" "), ink.split(line)
    cuts = cut_words(strokes, [0] * len(strokes), words)
    parts = []
    for k in range(1, len(words) if cuts else 0):
        cut = cuts.spans[k][0]
        for said, part in ((words[k:], strokes[cut:]), (words[:k], strokes[:cut])):
            fits = len(" ".join(said)) <= characters and sum(map(len, part)) <= points
            if cuts.margins[k] >= SURE and fits:
                parts.append((len(" ".join(said)), " ".join(said), part))
    if not parts:
        raise UnfitInk(f"the ink has {len(text)} characters and {len(line)} points, and no sure gap between words to"
                       f" cut it at; give a line of at most {characters} characters and {points} points", "long",
                       text)  # fmt: skip
    _, said, part = max(parts, key=lambda each: each[0])
    left = min(stroke[:, 0].min() for stroke in part)
    return ink.join([stroke - [left, 0.0] for stroke in part]), said


def _resampled(strokes: list[Stroke]) -> list[Stroke]:
    """`resampled`; ink of few points is not smoothed: a curve goes through them, or it would lose what bends it has."""
    steps = np.concatenate([np.hypot(*np.diff(stroke, axis=0).T) for stroke in strokes])
    if not len(steps) or np.median(steps) < SPARSE:
        return resampled(strokes)
    curves = [bezier(stroke) for stroke in strokes]
    return resampled([flatten(c) if len(c) else s[:1] for c, s in zip(curves, strokes, strict=True)], sigma=0.0)

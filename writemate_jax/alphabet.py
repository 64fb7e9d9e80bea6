"""Characters and their codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from anyascii import anyascii

# Where the table of likenesses has nothing: the tab, and the alef that most Arabic lines have. Where it has another
# meaning: "not equal" as "equal", and thousandths as hundredths; and a product that reads better as of hand.
LIKENESSES = {"\t": " ", "\u0627": "a", "\u2260": "=/=", "\u00d7": "x", "\u2030": " per mille"}
STRUCK_OUT = {"\u0338", "\u20d2"}  # strokes through a sign, which make it say the opposite
# Behind a digit: fractions, raised digits with their signs, and a product's dot. By their likenesses alone 2 1/2 would
# be 21/2, ten to the fifth 105, and three times four 3-4. Behind an n the degree is an o, as in the French for number.
NUMBERS = re.compile(
    "(?<=[0-9])(?:(?P<fraction>[\u00bc-\u00be\u2150-\u215f\u2189])|(?P<raised>[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+)"
    "|(?P<product>\u00b7)(?=[0-9]))|(?<=\\b[Nn])(?P<ordinal>\u00b0)"
)
SIGNS = {"fraction": " ", "raised": "^", "product": "*", "ordinal": "o"}
ALONE = ("product", "ordinal")  # of which nothing is left but the sign
# Categories of marks that add nothing to the letters of another script where the table has nothing for them: accents,
# joiners, and letters that only change or stretch another.
WITHOUT_INK = ("Mn", "Me", "Mc", "Cf", "Lm")


class UnknownCharacters(ValueError):
    """A text has characters that cannot be written; ``characters`` names them, and the message ``where`` they are."""

    def __init__(self, characters: Iterable[str], alphabet: str, where: str = ""):
        self.characters = "".join(dict.fromkeys(characters))
        named = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in self.characters)
        them = "it" if len(self.characters) == 1 else "them"
        super().__init__(
            f"{where}{': ' if where else ''}cannot write {named}; leave {them} out. The alphabet is {alphabet!r}"
        )


@dataclass(frozen=True)
class Alphabet:
    """Distinct characters in a fixed order.

    The code of ``characters[i]`` is i + 1. Code 0 is "past the end of the text": its one-hot is the zero vector.
    """

    characters: str

    def __post_init__(self) -> None:
        repeated = {c for c in self.characters if self.characters.count(c) > 1}
        if not self.characters or repeated:
            raise ValueError(f"alphabet {self.characters!r}: expected distinct characters, at least one"
                             + (f"; repeated: {''.join(sorted(repeated))!r}" if repeated else ""))

    @property
    def size(self) -> int:
        """Number of characters, the width of a one-hot."""
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:
        """Codes int32 ``[U]`` of a text of U characters. Raises `UnknownCharacters`."""
        codes = np.array([self.characters.find(c) + 1 for c in text], np.int32)
        if (codes == 0).any():
            raise UnknownCharacters((c for c in text if c not in self.characters), self.characters)
        return codes

    def decode(self, codes: Iterable[int]) -> str:
        """The text of some codes; it ends before the first 0. Raises ValueError for a code that is none."""
        codes = np.asarray(codes, np.int64).reshape(-1)
        wrong = codes[(codes < 0) | (codes > self.size)]
        if wrong.size:
            raise ValueError(f"code {wrong[0]}: expected 0 to {self.size}")
        ends = np.flatnonzero(codes == 0)
        return "".join(self.characters[code - 1] for code in codes[: ends[0] if ends.size else None])

    def transliterate(self, text: str, where: str = "") -> tuple[str, dict[str, str]]:
        """``(text, replaced)``: the text in this alphabet, and what stands in it for each character that it lacks.

        Accents, curly quotes, dashes, ligatures and foreign scripts become their nearest ASCII, among capitals in
        capitals. Marks without ink of their own (joiners, stray accents) become nothing. Raises `UnknownCharacters`,
        naming ``where`` and all that cannot be written.
        """
        text, numbers = self._numbers(unicodedata.normalize("NFC", text))
        text = "".join(map(self._in_parts, text))
        replaced = {c: _nearest_ascii(c) for c in dict.fromkeys(text) if c not in self.characters}
        unknown = [c for c, near in replaced.items() if near is None or not set(near) <= set(self.characters)]
        if unknown:
            raise UnknownCharacters(unknown, self.characters, where)
        return "".join(self._among_others(text, replaced)), numbers | replaced

    def of_each(self, word: str) -> list[str]:
        """What each letter of a word becomes, as `transliterate` has it."""
        return list(self._among_others(word, {c: self.transliterate(c)[0] for c in word}))

    def _among_others(self, text: str, replaced: dict[str, str]) -> Iterator[str]:
        for i, c in enumerate(text):
            near = replaced.get(c, c)
            if len(near) > 1 and near.istitle() and c.isupper() and set(near.upper()) <= set(self.characters):
                sides = text[max(0, i - 4) : i][::-1], text[i + 1 : i + 5]  # where marks, as of stress, are no letters
                beside = (next((b for b in side if not unicodedata.category(b)[0] == "M"), "") for side in sides)
                near = near.upper() if any(map(str.isupper, beside)) else near
            yield near

    def _numbers(self, text: str) -> tuple[str, dict[str, str]]:
        """``(text, replaced)``: with what lies behind digits as it is meant, where the alphabet has what that takes."""
        replaced = {}

        def meant(match: re.Match) -> str:
            old, kind = match[0], match.lastgroup
            new = SIGNS[kind] + ("" if kind in ALONE else "".join(map(_nearest_ascii, old)))
            if set(old) & set(self.characters) or not set(new) <= set(self.characters):
                return old
            replaced[old] = new.strip()
            return new

        return (text if text.isascii() else NUMBERS.sub(meant, text)), replaced

    def _in_parts(self, character: str) -> str:
        """A character as the letter and the marks that it is made of, where the alphabet has these alone."""
        parts = unicodedata.normalize("NFD", character)
        return parts if character not in self.characters and set(parts) <= set(self.characters) else character

    def line(self, text: str, where: str = "") -> tuple[str, dict[str, str]]:
        """`transliterate` for a whole line, whose spaces are single and within: wider gaps were never learned."""
        written, replaced = self.transliterate(" ".join(text.split()), where)
        return " ".join(written.split()), replaced  # a character between two spaces may have become nothing


def is_blank(text: str) -> bool:
    """Whether a text has nothing that would be seen: spaces, and marks without ink of their own."""
    return all(c.isspace() or _nearest_ascii(c) == "" for c in text)


def _nearest_ascii(character: str) -> str | None:
    near = LIKENESSES.get(character)
    if not near and STRUCK_OUT & {*unicodedata.normalize("NFD", character)}:
        return None
    near = near or anyascii(character)
    if len(near) > 2 and near[0] == near[-1] == ":":
        return None  # the name of an emoji is not its likeness
    if not near and unicodedata.category(character) not in WITHOUT_INK:
        return None
    return near

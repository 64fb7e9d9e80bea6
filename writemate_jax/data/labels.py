"""Labels as contributors wrote them, made into the text that a person would type."""

from __future__ import annotations

import re

PRINTABLE = frozenset(chr(code) for code in range(0x20, 0x7F))
TOKENISED = frozenset({"hpp", "hpb", "cec", "cea", "ceb", "sta", "dar", "att"})  # a space before punctuation
LIGATURES = frozenset({"kai"})  # `@` stands for a join between letters


def clean_label(label: str, contributor: str) -> str | None:
    """The text of a label, or None where it holds what cannot be typed.

    Spaces are single, a tokenised label is put together again ("Nick F . Yxsjo", "( 4 5 6 ) 7 8 9 - 0 1"), and marks
    that stand for no ink go.
    """
    if contributor in LIGATURES:
        label = label.replace("@", "")
    text = " ".join(label.split())
    if contributor in TOKENISED:
        tokens = text.split(" ")
        if len(tokens) > 2 and all(len(token) == 1 and not token.isalpha() for token in tokens):
            text = "".join(tokens)  # spelled digit by digit
        text = re.sub(r" ([.,;:!?')%])", r"\1", text)
        text = re.sub(r"([($#]) ", r"\1", text)
    if not text or not set(text) <= PRINTABLE:
        return None
    return text

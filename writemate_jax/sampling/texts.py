"""A text as it is written: in one line, of characters that the network knows."""

from __future__ import annotations

from writemate_jax.alphabet import Alphabet
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.warning import warn

BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def readable(alphabet: Alphabet, text: str, name: str = "text", limit: int = MAX_CHARACTERS) -> str:
    """The line that is written for a text: `Writer.write` says what it leaves out and replaces.

    Args:
      name: of the text in messages.
      limit: characters.

    Raises:
      InvalidRequest: the text is none, or empty, or several lines, or too long.
      UnknownCharacters: it has characters without a likeness in the alphabet.
    """
    if not isinstance(text, str):
        raise InvalidRequest(f"{name} is {text!r}; expected a text")
    stripped = text.strip()
    if not stripped:
        raise InvalidRequest(f"{name} is empty; expected 1 to {limit} characters")
    breaks = sorted(BREAKS.intersection(stripped))
    if breaks:
        raise InvalidRequest(f"{name} has a line break ({breaks[0]!r}); give each line as a text of its own")
    line, replaced = alphabet.line(stripped, name)
    if replaced:
        changes = ", ".join(f"{old!r} as {new!r}" for old, new in replaced.items())
        warn(f"{name}: the network does not know all of its characters; it writes {changes}")
    if not line:
        raise InvalidRequest(f"{name} has nothing that can be seen; expected 1 to {limit} characters")
    if len(line) > limit:
        raise InvalidRequest(f"{name} has {len(line)} characters; expected 1 to {limit}: split it into several lines")
    return line

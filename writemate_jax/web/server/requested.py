"""Texts and ink of requests, as the network knows them."""

from __future__ import annotations

import numpy as np

from writemate_jax import strokes
from writemate_jax.alphabet import UnknownCharacters
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.writer import Writer
from writemate_jax.web.server import messages, settings
from writemate_jax.web.server.problems import Problem


def texts(writer: Writer, text: str) -> list[str]:
    """The lines of a text in the network's alphabet. Raises `Problem`."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > settings.LINES:
        raise Problem(422, "too_long", f"The text has {len(lines)} lines; expected at most {settings.LINES}.")
    _known(writer, " ".join(lines), "The text")  # what cannot be written of any line is told at once
    found = [_readable(writer, line, f"Line {i}", MAX_CHARACTERS) for i, line in enumerate(lines, start=1)]
    if "" in found:
        number = found.index("") + 1
        raise Problem(422, "invalid", f"Line {number} is empty; expected 1 to {MAX_CHARACTERS} characters.")
    return found


def said(writer: Writer, text: str) -> str:
    """The text of some ink in the network's alphabet. Raises `Problem`."""
    return _readable(writer, text, "The text of a line of ink", settings.FIT_CHARACTERS)


def _readable(writer: Writer, text: str, name: str, most: int) -> str:
    found = _known(writer, text, name)
    if len(found) > most:
        raise Problem(422, "too_long", f"{name} has {len(found)} characters; expected at most {most}.")
    return found


def _known(writer: Writer, text: str, name: str) -> str:
    try:
        return writer.model.alphabet.line(text)[0]
    except UnknownCharacters as error:
        raise Problem(422, "characters", f"{name}: {error}.", characters=error.characters) from error


def ink(writer: Writer, line: messages.InkLine) -> Ink:
    """A line of ink, y turned up. Raises `Problem`."""
    text = said(writer, line.text)
    points = sum(map(len, line.strokes))
    if points > settings.FIT_POINTS:
        raise Problem(422, "too_long", f"A line has {points} points; expected at most {settings.FIT_POINTS}.")
    return Ink(strokes.join([np.array(stroke) * [1.0, -1.0] for stroke in line.strokes]), text)

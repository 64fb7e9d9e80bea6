"""A written line as JSON, and back without loss; also ink that was drawn on the page.

    {"text": "Hi", "strokes": [[dx, dy, eos], ...], "complete": true, "bias": 0.75, "seed": 1,
     "points_per_second": 30.0}

Offsets are in the ink's own unit, y up; eos is 0 or 1 (`writemate_jax.strokes`). Instead of them a line may have
places, y down, a list of them for each stroke. Several lines are a list of such objects, as the page's download is; its
export of a drawn hand, which has places, is

    {"lines": [{"text": "Hi", "strokes": [[[x, y], ...], ...]}, ...], "learned": ...}
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from writemate_jax import strokes
from writemate_jax.replacing import write_text

LARGEST = float(np.finfo(np.float32).max) * (1 + 2**-25)  # beyond this, a number rounds to no finite float32


class InvalidInkFile(ValueError):
    """A file holds no line of ink in this format; the message names the file and what is wrong in it."""


@dataclass(frozen=True, eq=False)  # arrays have no truth value
class Ink:
    """A line of ink with its text, and how it came about."""

    strokes: np.ndarray  # float32 [T, 3]
    text: str
    complete: bool = True  # ended by itself, not at the cap on points
    bias: float = 0.0
    seed: int = 0
    points_per_second: float | None = None  # pace at which to replay it; None if not known
    x_height: float = 1.0  # of its letters in the offsets' unit, by which it is drawn; JSON does not hold it


def dumps(ink: Ink) -> str:
    """The JSON text. Raises `strokes.InvalidInk` for an array that is no line."""
    rows = [
        # Nine digits tell any two float32 apart, and lie clear of midpoints, so the way via float64 is safe.
        [float(f"{dx:.9g}"), float(f"{dy:.9g}"), int(eos)]
        for dx, dy, eos in strokes.check(ink.strokes).tolist()
    ]
    return json.dumps(
        {
            "text": ink.text,
            "strokes": rows,
            "complete": bool(ink.complete),
            "bias": float(ink.bias),
            "seed": int(ink.seed),
            "points_per_second": None if ink.points_per_second is None else float(ink.points_per_second),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def loads(text: str, name: str = "JSON") -> list[Ink]:
    """The lines of ink in a JSON text; ``name`` says in errors where it came from.

    Only strokes are needed, so that ink drawn elsewhere is easy to bring; what it says may be said elsewhere, too.
    Fields of other names are ignored, and so are the lines of a drawn hand in which nothing was drawn. Raises
    `InvalidInkFile`.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:  # JSONDecodeError is a ValueError, as is a number of too many digits
        raise InvalidInkFile(f"{name}: not JSON: {error}") from error
    if isinstance(content, dict) and "lines" in content and "strokes" not in content:
        lines = _Fields(content, name).take("lines", (list,), "a list of lines")
        lines = [_drawn(_Fields(line, f"{name}: lines[{i}]")) for i, line in enumerate(lines)]
    elif isinstance(content, list):
        lines = [_line(_Fields(line, f"{name}: [{i}]")) for i, line in enumerate(content)]
    else:
        lines = [_line(_Fields(content, name))]
    lines = [line for line in lines if line is not None]
    if not lines:
        raise InvalidInkFile(f"{name}: holds no line of ink; expected at least one")
    return lines


def write_json(path: str | os.PathLike, ink: Ink) -> None:
    """Writes `dumps` of the ink to a file."""
    write_text(path, dumps(ink) + "\n")


def read_json(path: str | os.PathLike) -> list[Ink]:
    """The lines of ink in a file. Raises `InvalidInkFile`, also where the file cannot be read."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInkFile(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInkFile(f"{path}: not a UTF-8 text: {error}") from error
    return loads(text, str(path))


class _Fields:
    """What a line's object holds, each checked as it is taken. Raises `InvalidInkFile` for all else."""

    def __init__(self, fields: Any, name: str):
        if not isinstance(fields, dict):
            raise InvalidInkFile(f"{name}: holds {_kind(fields)}; expected an object with text and strokes")
        self.fields, self.name = fields, name

    def take(self, key: str, kinds: tuple[type, ...], expected: str, default: Any = None) -> Any:
        value = self.fields.get(key, default)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise InvalidInkFile(f"{self.name}: {key} is {_kind(value)}; expected {expected}")
        return value

    def strokes(self, expected: str) -> list:
        if "strokes" not in self.fields:
            raise InvalidInkFile(f"{self.name}: no field strokes; found: {', '.join(self.fields) or 'none'}")
        return self.take("strokes", (list,), expected)

    def text(self) -> str:
        return self.take("text", (str,), "a string", "")


def _line(fields: _Fields) -> Ink | None:
    given = fields.strokes("a list of [dx, dy, eos], or of strokes, which are lists of [x, y]")
    if given and isinstance(given[0], list) and given[0] and isinstance(given[0][0], list):
        return _drawn(fields)
    rows = _numbers(given, "[dx, dy, eos]", f"{fields.name}: strokes")
    bias = fields.take("bias", (int, float), "a number from 0 up", 0.0)
    pace = fields.take("points_per_second", (int, float, type(None)), "a positive number or null")
    if not 0 <= bias <= sys.float_info.max:
        raise InvalidInkFile(f"{fields.name}: bias is {bias}; expected a number from 0 up")
    if pace is not None and not 0 < pace <= sys.float_info.max:
        raise InvalidInkFile(f"{fields.name}: points_per_second is {pace}; expected a positive number or null")
    return Ink(
        strokes=_checked(rows, fields.name),
        text=fields.text(),
        complete=fields.take("complete", (bool,), "true or false", True),
        bias=float(bias),
        seed=fields.take("seed", (int,), "a whole number", 0),
        points_per_second=None if pace is None else float(pace),
    )


def _drawn(fields: _Fields) -> Ink | None:
    """A line of places, as they are drawn on the page; None where nothing was."""
    drawn = []
    for i, stroke in enumerate(fields.strokes("a list of strokes")):
        where = f"{fields.name}: strokes[{i}]"
        if not isinstance(stroke, list) or not stroke:
            raise InvalidInkFile(f"{where} is {_short(stroke)}; expected a list of [x, y]")
        drawn.append(_numbers(stroke, "[x, y]", where) * [1, -1])
    return Ink(_checked(strokes.join(drawn), fields.name), fields.text()) if drawn else None


def _numbers(rows: list, expected: str, name: str) -> np.ndarray:
    """Rows of as many numbers as are expected, float64 [n, columns]."""
    columns = expected.count(",") + 1
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != columns:
            raise InvalidInkFile(f"{name}[{i}] is {_short(row)}; expected {expected}")
        for value in row:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise InvalidInkFile(f"{name}[{i}] holds {_short(value)}; expected numbers")
            if not abs(value) <= LARGEST:
                raise InvalidInkFile(f"{name}[{i}] holds {value}; expected finite float32 numbers")
    return np.array(rows, np.float64).reshape(len(rows), columns)


def _checked(rows: np.ndarray, name: str) -> np.ndarray:
    try:
        return strokes.check(rows)
    except strokes.InvalidInk as error:
        raise InvalidInkFile(f"{name}: {error}") from error


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list"}.get(type(value)) or _short(value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."

"""A written line as JSON, and back without loss.

    {"text": "Hi", "strokes": [[dx, dy, eos], ...], "complete": true, "bias": 0.75, "seed": 1,
     "points_per_second": 30.0}

Offsets are in the ink's own unit, y up; eos is 0 or 1 (`writemate_jax.strokes`).
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


def loads(text: str, name: str = "JSON") -> Ink:
    """The ink in a JSON text; ``name`` says in errors where it came from.

    Only strokes are needed, so that ink drawn elsewhere is easy to bring; what it says may be said elsewhere, too.
    Fields of other names are ignored. Raises `InvalidInkFile`.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:  # JSONDecodeError is a ValueError, as is a number of too many digits
        raise InvalidInkFile(f"{name}: not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise InvalidInkFile(f"{name}: holds {_kind(fields)}; expected an object with text and strokes")
    if "strokes" not in fields:
        raise InvalidInkFile(f"{name}: no field strokes; found: {', '.join(fields) or 'none'}")

    def field(key: str, kinds: tuple[type, ...], expected: str, default: Any = None) -> Any:
        value = fields.get(key, default)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise InvalidInkFile(f"{name}: {key} is {_kind(value)}; expected {expected}")
        return value

    bias = field("bias", (int, float), "a number from 0 up", 0.0)
    pace = field("points_per_second", (int, float, type(None)), "a positive number or null")
    if not 0 <= bias <= sys.float_info.max:
        raise InvalidInkFile(f"{name}: bias is {bias}; expected a number from 0 up")
    if pace is not None and not 0 < pace <= sys.float_info.max:
        raise InvalidInkFile(f"{name}: points_per_second is {pace}; expected a positive number or null")
    return Ink(
        strokes=_rows(field("strokes", (list,), "a list of [dx, dy, eos]"), name),
        text=field("text", (str,), "a string", ""),
        complete=field("complete", (bool,), "true or false", True),
        bias=float(bias),
        seed=field("seed", (int,), "a whole number", 0),
        points_per_second=None if pace is None else float(pace),
    )


def write_json(path: str | os.PathLike, ink: Ink) -> None:
    """Writes `dumps` of the ink to a file."""
    write_text(path, dumps(ink) + "\n")


def read_json(path: str | os.PathLike) -> Ink:
    """The ink in a file. Raises `InvalidInkFile`, also where the file cannot be read."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInkFile(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInkFile(f"{path}: not a UTF-8 text: {error}") from error
    return loads(text, str(path))


def _rows(rows: list, name: str) -> np.ndarray:
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 3:
            raise InvalidInkFile(f"{name}: strokes[{i}] is {_short(row)}; expected [dx, dy, eos]")
        for value in row:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise InvalidInkFile(f"{name}: strokes[{i}] holds {_short(value)}; expected numbers")
            if not abs(value) <= LARGEST:
                raise InvalidInkFile(f"{name}: strokes[{i}] holds {value}; expected finite float32 numbers")
    try:
        return strokes.check(np.array(rows, np.float64).reshape(len(rows), 3))
    except strokes.InvalidInk as error:
        raise InvalidInkFile(f"{name}: {error}") from error


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list"}.get(type(value)) or _short(value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."

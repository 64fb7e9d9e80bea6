"""Types of command-line arguments that several of `evaluate.py`'s commands have."""

from __future__ import annotations

import argparse
import math


def biases(value: str) -> tuple[float, ...]:
    """Biases with commas, ascending, each once; argparse's error for what is none."""
    try:
        found = sorted({float(part) for part in value.split(",")})
    except ValueError:
        found = []
    if not found or not all(0 <= bias < math.inf for bias in found):
        raise argparse.ArgumentTypeError(f"{value!r}; expected numbers from 0 up, with commas")
    return tuple(found)


def whole(value: str, least: int = 0) -> int:
    """A whole number from ``least`` up; argparse's error for what is none."""
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a whole number from {least} up")
    return number


def positive(value: str) -> int:
    """A whole number from 1 up."""
    return whole(value, least=1)

"""The formats of files with ink, by their suffixes."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

FORMATS = {
    "svg": ".svg", "plotter": ".plotter.svg", "animated": ".animated.svg", "png": ".png", "pdf": ".pdf",
    "gcode": ".gcode", "gif": ".gif", "json": ".json", "inkml": ".inkml",
}  # fmt: skip


def format_of(path: str | os.PathLike) -> str:
    """The format that a path's suffix names, such as "plotter" for a.plotter.svg. Raises ValueError for another."""
    name = Path(path).name.lower()
    fitting = [kind for kind, suffix in FORMATS.items() if name.endswith(suffix) and name != suffix]
    if not fitting:
        raise ValueError(f"{path}: {Path(path).suffix or 'no suffix'} is no known format; expected {suffixes()}")
    return max(fitting, key=lambda kind: len(FORMATS[kind]))


def suffixes(formats: Collection[str] = tuple(FORMATS)) -> str:
    """The suffixes in words.

    >>> suffixes(["pdf", "svg", "plotter"])
    '.pdf, .svg or .plotter.svg'
    """
    *others, last = [FORMATS[kind] for kind in formats]
    return f"{', '.join(others)} or {last}" if others else last

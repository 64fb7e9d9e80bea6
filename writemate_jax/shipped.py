"""The files that come with the package."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

SYNTHESIS, PREDICTION = "open_synthesis", "open_prediction"  # the networks' folders
OPEN_CORPUS = "open"  # in place of the path of a corpus: that of the package


def shipped(name: str) -> Path:
    """The path of a file or a folder of `assets/`."""
    return Path(str(importlib.resources.files("writemate_jax") / "assets" / name))

"""Compiled code kept between processes, so that the second start does not compile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jax

VARIABLE = "WRITEMATE_CACHE"


def cache_folder() -> Path | None:
    """The folder that ``WRITEMATE_CACHE`` names, else one in the user's cache folder; None if the variable is empty."""
    chosen = os.environ.get(VARIABLE)
    if chosen is not None:
        return Path(chosen) if chosen else None
    if "XDG_CACHE_HOME" in os.environ:
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        base = Path(os.environ["LOCALAPPDATA"])
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches").expanduser()
    else:
        base = Path("~/.cache").expanduser()
    return base / "writemate-jax"


def use_compilation_cache() -> Path | None:
    """Makes JAX keep what it compiles in `cache_folder`, and returns the folder.

    Where that cannot be written, or JAX has a cache already, nothing changes and None is returned.
    """
    folder = cache_folder()
    if folder is None or jax.config.jax_compilation_cache_dir:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None  # a read-only home must not keep anyone from writing
    if not os.access(folder, os.W_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # JAX keeps what took a second or more; the many small functions of a first line take longer than it together.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    return folder

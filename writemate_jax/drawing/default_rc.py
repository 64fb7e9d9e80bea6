"""Figures as they were designed: Matplotlib's own look, whatever a user's matplotlibrc says.

Ink is black, so that a dark style hides it; and a page that is saved "tight" has lost its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def default_rc() -> Iterator[None]:
    """A context, or ``@default_rc()`` of a function, in which figures are made and saved with Matplotlib's defaults."""
    from matplotlib import style  # here, as Matplotlib takes a third of a second and not every text becomes a figure

    with style.context("default"):
        yield

"""For which network a hand was learned, in few digits: its numbers mean something to the very weights alone."""

from __future__ import annotations

from writemate_jax.checkpoints.models import Model, digest

DIGITS = 16  # hexadecimal: as good as all 64 where it is not about malice, and a link has room for them


def weights(model: Model) -> str:
    """The first digits of the network's digest."""
    return short(digest(model.params))


def short(whole: str) -> str:
    """The first digits of a `models.digest`."""
    return whole[:DIGITS]

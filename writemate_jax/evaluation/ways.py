"""How lines were written, in words, for reports: what was asked for, or else the network's defaults."""

from __future__ import annotations

from ml_collections import ConfigDict

from writemate_jax.sampling import neatness
from writemate_jax.sampling.candidates import MORE, OWN, SHORT


def biases(asked: float | None, sampling: ConfigDict) -> str:
    """sampling: of the network's configuration."""
    if asked is not None:
        return f"bias {asked:g}"
    short, learned = (factor * sampling.bias for factor in (neatness.OF_SHORT, neatness.OF_LEARNED))
    return f"bias {sampling.bias:g}, in a learned hand {learned:g}, of texts of at most {SHORT} characters {short:g}"


def candidates(asked: int | None, sampling: ConfigDict) -> str:
    """sampling: of the network's configuration."""
    if (asked or sampling.candidates) == 1:
        return "one candidate"
    if asked is not None:
        return f"the best of {asked}, of {2 * asked} where none of these is good"
    short, own = MORE * sampling.candidates, OWN * sampling.candidates
    return (
        f"the best of {sampling.candidates}, of texts of at most {SHORT} characters of {short}, in an own hand of"
        f" {own}, and of twice as many where none of these is good"
    )

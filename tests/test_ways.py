"""Reports say how lines were written: what was asked for, or what is usual."""

from ml_collections import ConfigDict

from writemate_jax.evaluation import ways
from writemate_jax.sampling import neatness
from writemate_jax.sampling.candidates import SHORT, usual

SAMPLING = ConfigDict({"bias": 0.5, "candidates": 3})


def test_what_was_asked_for_is_said_and_else_what_is_usual():
    assert ways.biases(2.0, SAMPLING) == "bias 2"
    said = ways.biases(None, SAMPLING)
    for text, learned in (("a" * (SHORT + 1), False), ("a" * (SHORT + 1), True), ("a", False)):
        assert f" {neatness.times(text, learned) * SAMPLING.bias:g}" in said
    assert ways.candidates(5, SAMPLING).startswith("the best of 5, of 10 where none")
    said = ways.candidates(None, SAMPLING)
    for text, own in (("a" * (SHORT + 1), False), ("a", False), ("a", True)):
        assert f" {usual(SAMPLING.candidates, text, own)}" in said
    single = ConfigDict({"bias": 0.5, "candidates": 1})
    assert ways.candidates(1, SAMPLING) == ways.candidates(None, single) == "one candidate"

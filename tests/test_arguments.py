"""What the command lines take for numbers."""

from __future__ import annotations

import argparse

import pytest

from writemate_jax import arguments


@pytest.mark.parametrize(
    ("kind", "good", "bad", "expected"),
    [
        (arguments.whole, {"0": 0, "12": 12}, ["-1", "1.5", "x", ""], "a whole number from 0 up"),
        (arguments.positive, {"1": 1}, ["0", "-1", "1e3", "x"], "a whole number from 1 up"),
        (arguments.port, {"0": 0, "8000": 8000}, ["65536", "99999"], "a port, 0 to 65535"),
        (arguments.from_zero, {"0": 0.0, "1e-3": 1e-3}, ["-0.1", "inf", "nan", "x", ""], "a number from 0 up"),
        (arguments.above_zero, {"0.5": 0.5}, ["0", "-1", "inf", "nan", "x"], "a number above 0"),
        (arguments.biases, {"1,0,1": (0.0, 1.0), "2": (2.0,)}, ["", "0,", "0;1", "-1,0", "0,inf"], "numbers from 0 up"),
    ],
)
def test_a_value_is_taken_or_named_with_what_is_expected(kind, good, bad, expected):
    assert {value: kind(value) for value in good} == good
    for value in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=f"^{value!r}; expected {expected}"):
            kind(value)

"""Levelling a written line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from writemate_jax import strokes
from writemate_jax.sampling.levelling import level


def zigzag(slope: float, width: float = 20.0) -> np.ndarray:
    """Letters' up and down strokes along a line of a slope."""
    x = np.linspace(0, width, 161)
    y = np.tile([0.0, 0.5, 1.0, 0.5], 41)[:161]
    return strokes.join(np.split(np.stack([x, y + slope * (x - width / 2)], axis=1), [20, 60, 90, 130]))


@given(st.floats(-0.25, 0.25))
@settings(max_examples=20)
def test_a_line_is_level_afterwards_and_a_level_one_stays(slope):
    line = level(zigzag(slope))
    feet = strokes.to_points(line)[::4]
    assert abs(np.polyfit(*feet.T, 1)[0]) < 0.005
    np.testing.assert_allclose(strokes.to_points(level(line)), strokes.to_points(line), atol=0.02)


def test_pen_points_and_short_lines_stay():
    line = zigzag(0.2)
    np.testing.assert_array_equal(level(line)[:, 2], line[:, 2])
    np.testing.assert_allclose(level(line)[1:, 0], line[1:, 0], atol=1e-5)
    short = zigzag(0.2, width=1.0)
    assert level(short) == pytest.approx(short, abs=1e-6)

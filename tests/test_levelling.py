"""Levelling a written line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from writemate_jax import strokes
from writemate_jax.data import corpus as corpora
from writemate_jax.sampling.levelling import level, on_baseline


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


def test_lines_of_people_are_on_the_baseline_and_come_back_to_it_from_above_and_below():
    corpus = corpora.load()
    some = [i for i in corpus.select(["validation"]) if len(corpus.text(i)) > 11][::40]
    assert len(some) > 20
    for i in some:
        line, text = corpus.strokes(i), corpus.text(i)
        placed = on_baseline(line, text)
        assert abs(placed[0, 1] - line[0, 1]) < 0.2
        np.testing.assert_array_equal(placed[1:], line[1:])
        for off in (-0.6, 0.6):
            moved = line + np.where(np.arange(len(line))[:, None] == 0, [0, off, 0], 0).astype(np.float32)
            left = 4 / (4 + len(text.replace(" ", "")))  # FEW letters count for where it was
            assert abs(on_baseline(moved, text)[0, 1] - placed[0, 1]) < 0.6 * left + 1e-5


def test_few_letters_and_marks_are_hardly_moved():
    dash = strokes.join([np.array([[0, 0.6], [0.8, 0.62]])])
    assert abs(on_baseline(dash, "-")[0, 1] - dash[0, 1]) < 0.05
    dot = strokes.join([np.array([[0, 0.5]])])
    np.testing.assert_array_equal(on_baseline(dot, "."), dot)
    np.testing.assert_array_equal(on_baseline(zigzag(0), "\u6f22"), zigzag(0))


def test_pen_points_and_short_lines_stay():
    line = zigzag(0.2)
    np.testing.assert_array_equal(level(line)[:, 2], line[:, 2])
    np.testing.assert_allclose(level(line)[1:, 0], line[1:, 0], atol=1e-5)
    short = zigzag(0.2, width=1.0)
    assert level(short) == pytest.approx(short, abs=1e-6)

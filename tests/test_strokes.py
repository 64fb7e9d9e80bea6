"""Ink: round trips, invariances, and what is no line of ink."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tiny
from writemate_jax import strokes as ink

COORDINATE = st.floats(-100, 100, width=32)
FACTOR = st.floats(0.05, 20)


@st.composite
def stroke(draw, least: int = 1, most: int = 12):
    """Positions float64 [n, 2]."""
    return draw(hnp.arrays(np.float64, (draw(st.integers(least, most)), 2), elements=COORDINATE))


@st.composite
def line(draw):
    """A line of one to four strokes."""
    return ink.join(draw(st.lists(stroke(), min_size=1, max_size=4)))


@st.composite
def inked_line(draw):
    """A line with some height, its points up to 100 from the origin."""
    found = draw(line())
    tall = np.array([[0.0, 0.0], [1.0, 50.0]])
    return ink.join([*ink.split(found), tall])


def spiral(turns: float, points: int = 400) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi * turns, points)
    return np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)


# Representation


@given(line())
def test_points_and_offsets_are_inverses(rows):
    again = ink.from_points(ink.to_points(rows), rows[:, 2])
    np.testing.assert_allclose(again, rows, atol=1e-5)
    assert again.dtype == np.float32
    np.testing.assert_allclose(ink.to_points(rows)[-1], rows[:, :2].sum(axis=0, dtype=np.float64), atol=1e-9)


@given(line())
def test_split_and_join_are_inverses(rows):
    parts = ink.split(rows)
    assert len(parts) == int(rows[:, 2].sum())
    np.testing.assert_allclose(ink.join(parts), rows, atol=1e-5)


@given(st.lists(stroke(), min_size=1, max_size=4), st.tuples(COORDINATE, COORDINATE))
def test_an_origin_only_moves_the_first_row(strokes, origin):
    rows, moved = ink.join(strokes), ink.join(strokes, origin)
    np.testing.assert_allclose(moved[0, :2] + np.float32(origin), rows[0, :2], atol=1e-4)
    np.testing.assert_array_equal(moved[1:], rows[1:])
    np.testing.assert_array_equal(ink.join(strokes, origin=strokes[0][0])[0, :2], [0, 0])


def test_a_line_that_ends_pen_down_keeps_its_open_stroke():
    parts = ink.split(np.array([[0, 0, 0], [1, 0, 1], [1, 1, 0]], np.float32))
    np.testing.assert_array_equal(parts[0], [[0, 0], [1, 0]])
    np.testing.assert_array_equal(parts[1], [[2, 1]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((4, 2)), r"shape \(4, 2\); expected \[T, 3\]"),
        (np.zeros((0, 3)), "no points"),
        (np.array([[0, 0, "1"]]), "expected real numbers"),
        ([[0, 0, 0], [0, np.nan, 1]], "row 1 .*nan.*finite"),
        ([[0, np.inf, 1]], "row 0 .*inf.*finite"),
        ([[1e300, 0, 1]], "row 0 .*1e.300.*finite float32"),
        ([[0, 0, 0.5], [0, 0, 1]], "row 0 .*eos 0.5; expected 0 or 1"),
        ([[0, 0, 1], [1, 1, 0]], "last row .*eos 0; expected 1"),
    ],
)
def test_check_says_what_is_wrong(wrong, message):
    with pytest.raises(ink.InvalidInk, match=message):
        ink.check(wrong)


@given(line())
def test_check_passes_ink_unchanged(rows):
    np.testing.assert_array_equal(ink.check(rows.astype(np.float64)), rows)


def test_join_names_an_empty_stroke():
    with pytest.raises(ink.InvalidInk, match="stroke 1 of 2 is empty"):
        ink.join([np.zeros((2, 2)), np.zeros((0, 2))])
    with pytest.raises(ink.InvalidInk, match="no strokes"):
        ink.join([])


# Size and place


@given(line())
def test_bounds_hold_every_point_and_touch_some(rows):
    points = ink.to_points(rows)
    assert ink.bounds(rows) == (*points.min(axis=0), *points.max(axis=0))


@given(inked_line(), FACTOR, st.tuples(COORDINATE, COORDINATE))
def test_height_scales_with_the_line_and_ignores_its_place(rows, factor, move):
    height = ink.height(rows)
    moved = tiny.scaled(rows, factor)
    moved[0, :2] += move
    assert ink.height(moved) == pytest.approx(factor * height, rel=1e-3, abs=1e-4 * factor)


def test_height_does_not_depend_on_how_densely_points_lie():
    coarse = ink.join([np.array([[0.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])])
    low, high = ink.split(coarse)[0] / 2, ink.split(coarse)[0] / 2 + [0.0, 1.0]
    denser_above = ink.join([np.concatenate([low, np.linspace(*high, 50)]), ink.split(coarse)[1]])
    for line in (coarse, denser_above):  # 3 of ink; 10% of it lies below 0.15, 90% below 1.7
        assert ink.height(line) == pytest.approx(1.7 - 0.15, abs=0.005)


def test_height_is_robust_to_one_wild_stroke():
    rng = np.random.default_rng(0)
    strokes = [np.cumsum(rng.normal(scale=0.1, size=(30, 2)), axis=0) for _ in range(20)]
    calm = ink.height(ink.join(strokes))
    assert ink.height(ink.join([*strokes, np.array([[0.0, 500.0], [0.1, 500.1]])])) == pytest.approx(calm, rel=0.05)


def test_dots_have_no_height():
    dots = ink.join([np.zeros((1, 2)), np.ones((1, 2))])
    assert ink.height(dots) == 0


# Smoothing and resampling


@given(stroke(), st.floats(0, 4))
def test_smoothing_keeps_end_points_and_number(points, sigma):
    smoothed = ink.smooth(points, sigma)
    assert smoothed.shape == points.shape
    np.testing.assert_array_equal(smoothed[[0, -1]], points[[0, -1]])


@given(stroke(least=3), st.floats(0.3, 4), FACTOR, st.tuples(COORDINATE, COORDINATE))
def test_smoothing_commutes_with_moving_and_scaling(points, sigma, factor, move):
    np.testing.assert_allclose(ink.smooth(points * factor + move, sigma), ink.smooth(points, sigma) * factor + move,
                               atol=1e-8)


@given(stroke(least=2, most=2), st.integers(3, 20), st.floats(0.3, 4))
def test_smoothing_leaves_even_straight_ink(ends, points, sigma):
    straight = np.linspace(*ends, points)
    np.testing.assert_allclose(ink.smooth(straight, sigma), straight, atol=1e-9)


def test_smoothing_removes_jitter():
    rng = np.random.default_rng(0)
    clean = spiral(1.5)
    noisy = clean + rng.normal(scale=0.05, size=clean.shape)
    assert np.abs(ink.smooth(noisy, 3.0) - clean).mean() < 0.5 * np.abs(noisy - clean).mean()


@given(stroke(), st.floats(0.1, 50))
def test_resampling_keeps_end_points_and_never_lengthens(points, spacing):
    for resampled in (ink.resample_uniform(points, spacing), ink.resample_by_curvature(points, spacing, 0.5)):
        np.testing.assert_array_equal(resampled[0], points[0])
        if len(resampled) > 1:
            np.testing.assert_array_equal(resampled[-1], points[-1])
        assert ink.arc_length(resampled)[-1] <= ink.arc_length(points)[-1] + 1e-6


@given(stroke(least=2, most=2), st.floats(0.5, 20))
def test_a_straight_stroke_is_cut_into_equal_parts_near_the_spacing(ends, spacing):
    length = ink.arc_length(ends)[-1]
    parts = np.hypot(*np.diff(ink.resample_uniform(ends, spacing), axis=0).T)
    if length == 0:
        assert len(parts) == 0
        return
    np.testing.assert_allclose(parts, parts.mean(), rtol=1e-6, atol=1e-9)
    assert len(parts) == max(1, round(length / spacing))


@given(st.floats(0.02, 0.3))
def test_uniform_resampling_stays_on_the_curve_and_is_even(spacing):
    curve = spiral(1.5, 4000)
    resampled = ink.resample_uniform(curve, spacing)
    parts = np.hypot(*np.diff(resampled, axis=0).T)
    assert parts.std() < 0.02 * parts.mean() and parts.mean() == pytest.approx(spacing, rel=0.05)
    nearest = np.hypot(*(resampled[::7, None] - curve[None]).transpose(2, 0, 1)).min(axis=1)
    assert nearest.max() < 0.02  # the curve's own points lie that far apart


@given(st.integers(8, 40), st.floats(0.1, 10))
def test_a_circle_gets_points_for_its_length_and_for_its_turning(per_turn, radius):
    angle = np.linspace(0, 2 * np.pi, 2001)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    resampled = ink.resample_by_curvature(circle, spacing=radius, angle=2 * np.pi / per_turn)
    assert len(resampled) - 1 == pytest.approx(2 * np.pi + per_turn, abs=1)


def test_corners_draw_points_and_straight_parts_do_not():
    corner = ink.resample_uniform(np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]), 0.05)
    resampled = ink.resample_by_curvature(corner, spacing=2.0, angle=0.3)
    parts = np.hypot(*np.diff(resampled, axis=0).T)
    near = np.hypot(*(resampled - [10.0, 0.0]).T) < 1.0
    assert near.sum() >= 4 and parts.max() == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("spacing", [0, -1.0, np.nan])
def test_a_spacing_is_positive(spacing):
    with pytest.raises(ValueError, match="spacing"):
        ink.resample_uniform(np.zeros((2, 2)), spacing)


# Rests and the network's units


@given(line(), st.floats(0, 5))
def test_rests_surround_the_ink(rows, gap):
    rested = ink.check(ink.add_rests(rows, gap))
    np.testing.assert_array_equal(rested[0], [0, 0, 1])
    np.testing.assert_array_equal(rested[1:-1], rows)
    x, y = ink.to_points(rested)[-1]
    assert y == pytest.approx(0, abs=1e-3)
    assert x == pytest.approx(ink.bounds(rows)[2] + gap, abs=1e-3)


@given(line(), st.tuples(COORDINATE, COORDINATE), st.tuples(FACTOR, FACTOR))
def test_normalised_units_and_back(rows, mean, std):
    normal = ink.normalise(rows, mean, std)
    np.testing.assert_array_equal(normal[:, 2], rows[:, 2])
    np.testing.assert_allclose(normal[:, 0] * std[0] + mean[0], rows[:, 0], atol=1e-3)
    np.testing.assert_allclose(ink.denormalise(normal, mean, std), rows, atol=1e-3)

"""The seam behind a primer: none of the primer's own strokes are in the line, and the line stays where it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from writemate_jax import strokes
from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.seam import without_primer

T, READ = 12, 5


def ended(eos, place) -> Ended:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(T, 2)), np.asarray(eos, float)[:, None]], axis=1).astype(np.float32)
    return Ended(True, points, np.asarray(place), rng.normal(size=(T, 9)), None)


@given(
    hnp.arrays(bool, T, elements=st.booleans()),
    hnp.arrays(np.int64, T, elements=st.integers(0, 3)).map(np.cumsum),
)
def test_what_is_left_is_an_end_of_the_line_in_its_place(eos, place):
    whole = ended(eos, place)
    left = without_primer(whole, READ)
    n = len(left.points)
    assert n and len(left.place) == len(left.phi) == n
    np.testing.assert_array_equal(left.place, whole.place[-n:])
    np.testing.assert_array_equal(left.phi, whole.phi[-n:])
    np.testing.assert_allclose(strokes.to_points(left.points), strokes.to_points(whole.points)[-n:], atol=1e-5)
    taken = T - n
    assert not taken or eos[taken - 1]  # whole strokes
    assert (place[:taken] < READ).all()  # nothing that belongs to the line


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ([3, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6], T - 2),  # a stop of two points, then a letter
        ([4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6], T),  # begun on the space: the line's
        ([3, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6], T),  # runs into the line
        ([3] * T, T),  # an untrained window: nothing is known
    ],
)
def test_the_primers_strokes_are_those_begun_in_its_text_and_ended_before_the_lines(place, left):
    eos = np.zeros(T, bool)
    eos[[1, 6, T - 1]] = True
    assert len(without_primer(ended(eos, place), READ).points) == left

"""The ends of a line: none of the primer's strokes, no stop that is not asked for; what is left stays in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from writemate_jax import strokes
from writemate_jax.data import corpus as corpora
from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.line_ends import without_primer, without_stop

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


def written(*inks) -> Ended:
    """Strokes of points [[x, y], ...] in x-heights, of an x-height of 2."""
    points = strokes.join([np.array(ink, float) for ink in inks]) * [2, 2, 1]
    return Ended(True, points.astype(np.float32), np.arange(len(points)), None, np.zeros((len(points), 1)))


LETTERS = [[0, 0], [0.5, 1], [1, 0]], [[1.2, 1], [1.6, 0], [1.9, 0.7]]


@pytest.mark.parametrize(
    ("text", "last", "taken"),
    [
        ("no", [[2.1, 0], [2.15, 0.05]], 2),
        ("n0", [[2.1, 0], [2.15, 0.05], [2.1, 0.1]], 3),
        ("no.", [[2.1, 0], [2.15, 0.05]], 0),  # asked for
        ("ni", [[2.1, 1.4], [2.15, 1.45]], 0),  # high: the dot of an i
        ("no", [[1.5, -0.1], [1.55, 0.0]], 0),  # under the letters
        ("no", [[2.1, 0], [2.3, 0.6]], 0),  # too large: a letter
    ],
)
def test_a_full_stop_is_taken_away_where_the_text_has_none(text, last, taken):
    whole = written(*LETTERS, last)
    left = without_stop(whole, text, 2.0)
    assert len(left.points) == len(left.place) == len(left.kappa) == len(whole.points) - taken
    np.testing.assert_array_equal(left.points, whole.points[: len(left.points)])


def test_a_line_of_one_stroke_is_left_as_it_is():
    alone = written([[0, 0], [0.1, 0]])
    assert without_stop(alone, "l", 2.0) is alone


def test_real_lines_hardly_ever_lose_a_stroke():
    corpus = corpora.load()
    lines = [i for i in corpus.select(["validation"])[:1500].tolist() if corpus.text(i)[-1].isalnum()]
    whole = [Ended(True, corpus.strokes(i), np.zeros(len(corpus.strokes(i)), int), None, None) for i in lines]
    left = [without_stop(one, corpus.text(i), 1.0) for i, one in zip(lines, whole, strict=True)]
    assert sum(a is not b for a, b in zip(left, whole, strict=True)) <= len(lines) / 300

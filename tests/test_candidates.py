"""Best of N: what passes, what is kept, and that it is a function of text and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from writemate_jax.limits import MAX_CANDIDATES
from writemate_jax.sampling.candidates import HAND, MOST, READ, TAKEN, Draft, best, faults, oddity, passes, seeds, usual
from writemate_jax.sampling.candidates import draft as draft_of

TEXT = "a bit"
counts = hnp.arrays(np.int64, len(TEXT) + 1, elements=st.integers(1, 30))


@pytest.mark.parametrize("own", [False, True])
def test_a_candidate_of_which_nothing_can_be_said_is_not_kept(own):
    drafts = [draft(*[9] * (len(TEXT) + 1)) for _ in range(3)]
    assert best(drafts, TEXT, None, [np.nan, 1.0, 2.0], own) == 1
    assert best(drafts, TEXT, [np.nan, 0.2, 0.1], [1.0, 1.0, 1.0], own) == 2


def draft(*points, complete=True, lifts=None):
    return Draft(complete, np.array(points), np.ones(len(points), int) if lifts is None else np.array(lifts))


def test_a_line_passes_that_ended_and_attended_each_letter_without_a_loop():
    assert passes(draft(9, 0, 9, 9, 9, 1), TEXT)  # a space needs no ink
    assert not passes(draft(9, 1, 0, 9, 9, 1), TEXT)
    assert not passes(draft(9, 1, 9, MOST + 1, 9, 1), TEXT)
    assert not passes(draft(9, 1, 9, 9, 9, MOST + 1), TEXT)
    assert not passes(draft(9, 1, 9, 9, 9, 1, complete=False), TEXT)
    assert not passes(draft(9, 1, 9, 9, 9, 1)._replace(tick=True), TEXT)


@given(
    hnp.arrays(np.int64, 40, elements=st.integers(-3, 9)),
    hnp.arrays(np.float32, 40, elements=st.sampled_from([0, 1])),
)
def test_every_point_and_lift_is_counted_once(place, eos):
    known = draft_of(True, place, eos, len(TEXT))
    assert known.points.sum() == 40 and known.lifts.sum() == eos.sum()
    assert known.points[3] == (place == 3).sum() and known.points[len(TEXT)] == (place >= len(TEXT)).sum()
    assert known.lifts[3] == eos[place == 3].sum()


@given(counts, st.integers(0, len(TEXT)), st.integers(0, 3), st.sampled_from([-9, 10]))
def test_one_that_draws_more_or_less_than_the_others_somewhere_is_not_kept(points, where, which, more):
    points += 9
    drafts = [draft(*points) for _ in range(4)]
    points[where] += more
    drafts[which] = draft(*points)
    assert best(drafts, TEXT) == (1 if which == 0 else 0)
    assert oddity(drafts).argmax() == which and np.count_nonzero(oddity(drafts)) == 1


@given(counts, st.integers(0, len(TEXT)), st.integers(0, 3))
def test_one_that_lacks_a_stroke_is_not_kept(points, where, which):
    lifts = np.full(len(TEXT) + 1, 2)
    drafts = [draft(*points, lifts=lifts.copy()) for _ in range(4)]
    lifts[where] = 1
    drafts[which] = draft(*points, lifts=lifts.copy())
    assert best(drafts, TEXT) == (1 if which == 0 else 0)
    assert np.count_nonzero(oddity(drafts)) == 1


@given(st.lists(counts, min_size=3, max_size=3), st.integers(0, 2))
def test_what_passes_is_kept_before_what_does_not(points, cut):
    drafts = [draft(*p, complete=i == cut) for i, p in enumerate(points)]
    assert best(drafts, TEXT) == cut


@given(st.lists(st.floats(0, 40), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_in_an_own_hand_what_is_read_as_its_text_is_kept_before_what_is_like_the_hand(unread, unlike):
    drafts = [draft(*[9] * (len(TEXT) + 1), complete=i > 0) for i in range(4)]
    wrong = faults(drafts, TEXT, unread, own=True)
    assert wrong[0] == 2 and wrong[1:] == [int(nats > TAKEN * len(TEXT)) for nats in unread[1:]]
    kept = best(drafts, TEXT, unlike, unread, own=True)
    assert wrong[kept] == min(wrong)
    odd = HAND * 4 * np.array(unlike) + READ * np.array(unread)  # the points are alike
    assert odd[kept] == min(odd[i] for i in range(4) if wrong[i] == min(wrong))


def test_in_a_hand_of_the_package_or_unread_only_what_does_not_pass_is_wrong():
    drafts = [draft(*[9] * (len(TEXT) + 1), complete=i > 0) for i in range(2)]
    assert faults(drafts, TEXT, [1e9, np.inf]) == faults(drafts, TEXT, None, own=True) == [2, 0]


def test_candidates_seeds_are_distinct_and_begin_with_the_lines_own():
    drawn = [*seeds(7, 8), *seeds(7, 8, attempt=1), *seeds(8, 8)]
    assert drawn[0] == 7 and len(set(drawn)) == 24
    assert seeds(7, 4) == seeds(7, 8)[:4]


@given(st.integers(1, 8), st.text("ab ", min_size=1, max_size=30))
def test_a_short_text_has_at_least_as_many_candidates_and_a_single_one_stays_single(count, text):
    assert usual(count, text) >= count and usual(1, text) == 1
    assert usual(count, text) >= usual(count, text + "a")
    assert usual(8 * count, text, own=True) <= MAX_CANDIDATES

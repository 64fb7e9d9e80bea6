"""A line's trial: what is cut off its drafts, which of them is kept, and when it is written once more."""

import numpy as np
import pytest

from writemate_jax import strokes
from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.lines import Line, Primer
from writemate_jax.sampling.trial import MORE_BIAS, trial

X_HEIGHT, LOOP = 2.0, 45
PREFIX, TEXT = "ab ", "no"
# Strokes of points in x-heights: what the primer's text still lacked, a stray tick, the text, a stop not asked for.
LEFT_OVER, TICK, DOT = [[-1, 0.4], [-0.9, 0.9], [-0.8, 0.4]], [[-0.5, 0.5], [-0.4, 0.6]], [[2.1, 0], [2.15, 0.05]]
LETTER_N, LETTER_O = [[0, 0], [0.5, 1], [1, 0]], [[1.2, 1], [1.6, 0], [1.9, 0.7]]


def ended(*inks, place, complete=True) -> Ended:
    """These strokes, each drawn while the window read the character at its place."""
    points = strokes.join([np.array(ink, float) for ink in inks]) * [X_HEIGHT, X_HEIGHT, 1]
    return Ended(complete, points.astype(np.float32), np.repeat(place, [len(ink) for ink in inks]), None, None)


def line(prefix="", own=False) -> Line:
    nothing = np.zeros((0, 3), np.float32)
    primer = Primer(prefix, np.zeros(3), nothing, 0, nothing, np.zeros(2), own=own)
    return Line(primer, TEXT, np.zeros(2), seed=7, bias=0.75, limit=99)


def nobody_reads(line, drafts):
    return None


def kept(tries, drafts) -> Ended:
    with pytest.raises(StopIteration) as end:
        tries.send(drafts)
    return end.value.value


def same_strokes(found: Ended, inks) -> None:
    ours = [stroke / X_HEIGHT for stroke in strokes.split(found.points)]
    assert len(ours) == len(inks)
    for stroke, ink in zip(ours, inks, strict=True):
        np.testing.assert_allclose(stroke, ink, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("x_height", "prefix", "left"),
    [
        (X_HEIGHT, "", [LEFT_OVER, LETTER_N, LETTER_O]),  # without a primer all that stands in front is the line's
        (X_HEIGHT, PREFIX, [LETTER_N, LETTER_O]),
        (0.0, "", [LEFT_OVER, LETTER_N, LETTER_O, DOT]),
        (0.0, PREFIX, [LEFT_OVER, LETTER_N, LETTER_O, DOT]),
    ],
)
def test_the_stop_and_the_primers_stroke_are_cut_off_where_the_size_of_letters_is_known(count, x_height, prefix, left):
    read = len(prefix)
    draft = ended(LEFT_OVER, LETTER_N, LETTER_O, DOT, place=[max(0, read - 2), read, read + 1, read + 1])
    tries = trial(line(prefix), count, x_height, nobody_reads, LOOP)
    assert len(next(tries)) == count
    same_strokes(kept(tries, [draft] * count), left)


@pytest.mark.parametrize(("x_height", "best"), [(X_HEIGHT, 1), (0.0, 0)])
def test_a_draft_with_a_stray_tick_is_kept_only_where_the_size_of_letters_is_not_known(x_height, best):
    drafts = [ended(TICK, LETTER_N, LETTER_O, place=[0, 0, 1]), ended(LETTER_N, LETTER_O, place=[0, 1])]
    tries = trial(line(), 2, x_height, lambda line, drafts: np.array([0.0, 1.0]), LOOP)  # the ticked is read better
    next(tries)
    np.testing.assert_array_equal(kept(tries, drafts).points, drafts[best].points)


WHOLE, CUT = (ended(LETTER_N, LETTER_O, place=[0, 1], complete=complete) for complete in (True, False))


@pytest.mark.parametrize(
    ("own", "drafts", "nats", "again"),
    [
        (False, [CUT, CUT], [0, 0], True),
        (False, [CUT, WHOLE], [0, 9], False),
        (False, [WHOLE, WHOLE], [9, 9], False),
        (True, [CUT, CUT], [0, 0], True),
        (True, [CUT, WHOLE], [0, 9], True),
        (True, [WHOLE, WHOLE], [9, 9], True),
        (True, [WHOLE, WHOLE], [9, 0], False),
    ],
)
def test_a_line_is_tried_again_if_no_draft_passes_or_in_an_own_hand_none_is_read_as_its_text(own, drafts, nats, again):
    tries = trial(line(own=own), 2, X_HEIGHT, lambda line, drafts: np.array(nats, float), LOOP)
    next(tries)
    if again:
        assert len(tries.send(drafts)) == 2
    else:
        kept(tries, drafts)


def test_the_second_try_is_the_same_line_by_other_seeds_and_neater():
    tries = trial(line(), 2, X_HEIGHT, nobody_reads, LOOP)
    first, second = next(tries), tries.send([CUT, CUT])
    assert first[0].seed == line().seed and len({one.seed for one in [*first, *second]}) == 4
    for asked, bias in ((first, 0.75), (second, 0.75 + MORE_BIAS)):
        assert [one.bias for one in asked] == [bias, bias]
        assert all((one.text, one.limit, one.primer.prefix) == (TEXT, 99, "") for one in asked)


STOPPED = ended(LETTER_N, LETTER_O, DOT, place=[0, 1, 1])


@pytest.mark.parametrize(
    ("own", "first", "second", "passes"),
    [
        (False, [CUT, CUT], [CUT, STOPPED], True),
        (True, [CUT, STOPPED], [CUT, CUT], True),  # read as another text, but whole
        (False, [CUT, CUT], [CUT, CUT], False),  # there is no third try
    ],
)
def test_after_a_second_try_the_best_of_both_is_kept_without_its_stop(own, first, second, passes):
    tries = trial(line(own=own), 2, X_HEIGHT, lambda line, drafts: np.full(len(drafts), 9.0), LOOP)
    next(tries)
    tries.send(first)
    found = kept(tries, second)
    assert found.complete == passes
    same_strokes(found, [LETTER_N, LETTER_O])

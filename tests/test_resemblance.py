"""Which of several candidates is most like a hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from writemate_jax import strokes
from writemate_jax.hands import resemblance
from writemate_jax.sampling.candidates import Draft, best

TEXTS = ("lot to tool", "otto lolo t")


def sheared(line, slant):
    return strokes.map_strokes(lambda s: np.stack([s[:, 0] + slant * s[:, 1], s[:, 1]], axis=1), line)


def line(text, seed=0):
    return tiny.line(text, 0.02, np.random.default_rng(seed))


@given(st.floats(-20, 20), st.floats(-20, 20), st.integers(0, 3))
@settings(max_examples=10)
def test_a_trait_is_of_length_one_and_does_not_depend_on_the_place(x, y, seed):
    ink = line(TEXTS[0], seed)
    moved = strokes.join([stroke + [x, y] for stroke in strokes.split(ink)])
    ours = resemblance.trait([ink])
    assert ours.shape == (resemblance.SIZE,) and ours.dtype == np.float32 and (ours >= 0).all()
    np.testing.assert_allclose(np.square(ours).sum(), 1, atol=1e-5)
    np.testing.assert_allclose(ours, resemblance.trait([moved]), atol=0.02)  # float32 positions
    assert resemblance.unlike(ink, ours) < 1e-9


def test_ink_of_another_slant_is_less_alike_whatever_it_says():
    typical = resemblance.trait([sheared(line(TEXTS[0], seed), 0.3) for seed in range(3)])
    slants = (-0.6, -0.3, 0.0, 0.3)
    for text in TEXTS:
        unlike = [resemblance.unlike(sheared(line(text, 9), slant), typical) for slant in slants]
        assert unlike == sorted(unlike, reverse=True)


def test_ink_of_dots_alone_is_like_nobodys():
    dots = strokes.join([np.array([[x, 0.0], [x, 0.01]]) for x in range(3)])
    np.testing.assert_array_equal(resemblance.trait([dots]), 0)


def test_of_candidates_that_are_equally_usual_the_most_alike_is_kept_but_never_one_that_fails():
    good = Draft(True, np.array([9, 9, 1]), np.ones(3, int))
    drafts = [good, good, good, good._replace(complete=False)]
    assert best(drafts, "lo") == 0
    assert best(drafts, "lo", [0.3, 0.1, 0.2, 0.0]) == 1

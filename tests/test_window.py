"""Properties of the soft window (Graves 2013, eqs 46-51)."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from writemate_jax.model import window
from writemate_jax.model.networks import text_batch
from writemate_jax.model.window import Text

B, K, U1, V = 3, 4, 9, 6
SCALE = 0.2

activations = hnp.arrays(np.float32, (B, 3 * K), elements=st.floats(-12, 12, width=32))
places = hnp.arrays(np.float32, (B, K), elements=st.floats(0, 10, width=32))
lengths = st.lists(st.integers(1, U1 - 1), min_size=B, max_size=B)
seeds = st.integers(0, 2**31 - 1)


def texts(lengths, seed):
    rng = np.random.default_rng(seed)
    return text_batch([rng.integers(1, V + 1, n) for n in lengths], U1)


@jax.jit
def move(z, kappa, text):
    return window.step(z, kappa, window.one_hot(text, V), window.reachable(text), SCALE)


@given(activations, places)
def test_kappa_never_goes_back(z, kappa):
    state = move(z, kappa, texts([4, 4, 4], 0))
    assert (np.asarray(state.kappa) >= kappa).all()
    # Strictly forward wherever float32 can show it.
    forward = SCALE * np.exp(np.clip(z[:, 2 * K :], -window.LOG_LIMIT, window.LOG_LIMIT))
    visible = forward > 4 * np.spacing(kappa)
    assert (np.asarray(state.kappa) > kappa)[visible].all()


@given(activations, places, lengths, seeds)
def test_phi_is_finite_and_not_negative_and_masked_places_get_nothing(z, kappa, lengths, seed):
    state = move(z, kappa, texts(lengths, seed))
    phi = np.asarray(state.phi)
    assert np.isfinite(phi).all() and (phi >= 0).all()
    for row, length in zip(phi, lengths, strict=True):
        assert (row[length + 1 :] == 0).all()


@given(activations, places, lengths, seeds)
def test_step_equals_the_paper_written_as_loops(z, kappa, lengths, seed):
    text = texts(lengths, seed)
    state = move(z, kappa, text)
    z = np.clip(z.astype(np.float64), -window.LOG_LIMIT, window.LOG_LIMIT)
    for b in range(B):
        alpha, beta = np.exp(z[b, :K]), np.exp(z[b, K : 2 * K])
        k = kappa[b].astype(np.float64) + SCALE * np.exp(z[b, 2 * K :])
        w = np.zeros(V)
        for u in range(1, lengths[b] + 1):
            phi = sum(alpha[i] * np.exp(-beta[i] * (k[i] - u) ** 2) for i in range(K))
            w[text.codes[b, u - 1] - 1] += phi
            # A sharp Gaussian far from its middle turns kappa's rounding into a relative error of phi.
            np.testing.assert_allclose(state.phi[b, u - 1], phi, rtol=2e-2, atol=1e-4)
        np.testing.assert_allclose(state.w[b], w, rtol=2e-2, atol=1e-4)


@given(activations, places, lengths, seeds)
def test_padding_changes_nothing(z, kappa, lengths, seed):
    text = texts(lengths, seed)
    longer = Text(np.pad(text.codes, ((0, 0), (0, 5))), text.length)
    short, long = move(z, kappa, text), move(z, kappa, longer)
    np.testing.assert_allclose(short.w, long.w, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(short.phi, long.phi[:, :U1], rtol=1e-5, atol=1e-7)
    assert (np.asarray(long.phi)[:, U1:] == 0).all()


@given(activations, places, lengths, seeds, st.permutations(range(B)))
def test_permuting_the_batch_permutes_the_result(z, kappa, lengths, seed, order):
    text, order = texts(lengths, seed), np.array(order)
    straight = move(z, kappa, text)
    permuted = move(z[order], kappa[order], Text(text.codes[order], text.length[order]))
    for a, b in zip(straight, permuted, strict=True):
        np.testing.assert_array_equal(np.asarray(a)[order], b)


@given(lengths, seeds, st.integers(0, U1 - 2))
def test_a_sharp_window_reads_one_character(lengths, seed, place):
    text = texts(lengths, seed)
    z = np.zeros((B, 3 * K), np.float32)
    z[:, :K] = [0.0, -50.0, -50.0, -50.0]  # one component alone
    z[:, K : 2 * K] = 5.0  # beta = e^5: half a character is 0.2% of the height
    z[:, 2 * K :] = np.log(1 / SCALE)  # one character forward
    kappa = np.full((B, K), float(place), np.float32)
    w = np.asarray(move(z, kappa, text).w)
    for b in range(B):
        expected = np.zeros(V)
        if place < lengths[b]:
            expected[text.codes[b, place] - 1] = 1.0
        np.testing.assert_allclose(w[b], expected, atol=5e-3)


def test_the_place_past_the_end_has_weight_but_adds_nothing():
    text = texts([3, 3, 3], 1)
    z = np.zeros((B, 3 * K), np.float32)
    z[:, K : 2 * K] = 5.0
    z[:, 2 * K :] = -8.0
    state = move(z, np.full((B, K), 4.0, np.float32), text)
    assert (jnp.argmax(state.phi, axis=-1) == 3).all()  # phi(t, U+1), counted from 0
    np.testing.assert_allclose(state.w, 0.0, atol=5e-2)

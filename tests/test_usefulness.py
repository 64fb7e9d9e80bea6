"""The small recogniser that data sets are compared by, and the comparison."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tiny
from writemate_jax.alphabet import Alphabet
from writemate_jax.evaluation import reader, usefulness
from writemate_jax.evaluation.reader import Examples
from writemate_jax.strokes import to_points

ALPHABET = Alphabet(" lot")
RNG = np.random.default_rng(0)
TEXTS = ["lot", "tool", "lolo", "o lot", "tot", "loo", "to lo", "ll"] * 4
LINES = Examples([tiny.line(text, 0.02, RNG) for text in TEXTS], TEXTS)


@pytest.mark.parametrize("distance", [1, 4])
def test_a_product_with_the_neighbours_is_a_convolution(distance):
    x, kernel = RNG.normal(size=(2, 12, 3)).astype(np.float32), RNG.normal(size=(3, 3, 5)).astype(np.float32)
    theirs = jax.lax.conv_general_dilated(
        x, kernel, (1,), [(distance, distance)], rhs_dilation=(distance,), dimension_numbers=("NWC", "WIO", "NWC")
    )
    ours = reader._beside(jnp.asarray(x), distance) @ kernel.reshape(9, 5)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_is_behind_a_line_and_beside_it_does_not_matter():
    network = reader.Reader(4, width=8, dilations=(1, 4))
    rows = RNG.normal(size=(3, 20, 3)).astype(np.float32)
    params = network.init(jax.random.key(0), rows, jnp.full(3, 20))
    lengths = np.array([20, 13, 6])
    together = network.apply(params, rows, lengths)
    for i, length in enumerate(lengths):
        alone = np.full((1, 32, 3), 7.0, np.float32)
        alone[0, :length] = rows[i, :length]
        frames = -(-length // 2)
        apart = network.apply(params, alone, np.array([length]))
        np.testing.assert_allclose(together[i, :frames], apart[0, :frames], atol=1e-5)


def test_a_line_is_learned_from_if_it_has_frames_for_its_text():
    rows = np.zeros((8, 3), np.float32)
    assert reader.fits(rows, "abab") and not reader.fits(rows, "ababa")
    assert not reader.fits(rows, "aabb")  # equal neighbours need a blank between them
    assert not reader.fits(np.zeros((reader.CAPACITIES[-1] + 1, 3)), "ab")


def test_augmentation_is_a_linear_map_of_the_points_about_the_origin():
    line = tiny.line("tool", 0.02, RNG)
    moved = reader.augmented(line, np.random.default_rng(1))
    assert (moved[:, 2] == line[:, 2]).all()
    across, *_ = np.linalg.lstsq(to_points(line), to_points(moved), rcond=None)
    np.testing.assert_allclose(to_points(line) @ across, to_points(moved), atol=1e-4)
    assert across[0, 1] == pytest.approx(0, abs=1e-4) and across[1, 1] > 0  # the baseline stays level


def test_every_line_is_visited_once_a_round():
    lines = [np.zeros((length, 3)) for length in RNG.integers(2, 448, 300)]
    visited, round_ = [], reader._batches(lines, 0)
    while len(visited) < 600:
        batch = next(round_)
        assert len({reader._capacity(lines[i]) for i in batch}) == 1
        visited += batch
    assert sorted(visited[:300]) == sorted(visited[300:]) == list(range(300))


def test_it_learns_and_goes_on_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(usefulness, "SAVE_EVERY", 5)
    path, losses = tmp_path / "reader.msgpack", []

    def watch(step, loss):
        losses.append(loss)
        if step == 8 and len(losses) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        usefulness.learned(path, LINES, ALPHABET, 40, 0, watch)
    assert path.exists()
    state, _ = usefulness.learned(path, LINES, ALPHABET, 40, 0, watch)
    assert len(losses) == 8 + 35  # from step 5 on
    straight, _ = usefulness.learned(tmp_path / "other.msgpack", LINES, ALPHABET, 40, 0)
    for ours, theirs in zip(jax.tree.leaves(state.params), jax.tree.leaves(straight.params), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    outcome = usefulness.tested(state, 0.0, 8, LINES, ALPHABET)
    assert len(outcome.read) == len(TEXTS) and outcome.interval.low <= outcome.cer <= outcome.interval.high

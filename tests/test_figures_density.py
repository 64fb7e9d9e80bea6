"""The density map of a line, and the predictions it is drawn from."""

import jax
import numpy as np
import pytest

import tiny
from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model
from writemate_jax.data import corpus as corpora
from writemate_jax.evaluation.likelihood import measure
from writemate_jax.figures.course import Course, follow, in_units
from writemate_jax.figures.density import Box, density_map
from writemate_jax.model import mdn
from writemate_jax.model.networks import text_batch
from writemate_jax.training.lines import prepare

N, M = 9, 4


def course(sigma: float, std=(1.0, 1.0), seed: int = 0) -> tuple[Course, mdn.Mixture]:
    """A random course in a unit of these deviations, and its mixture before it had any unit."""
    rng = np.random.default_rng(seed)
    log_pi = np.log(rng.dirichlet(np.ones(M), N))
    log_sigma = np.log(sigma) + rng.normal(scale=0.3, size=(N, M, 2))
    mixture = mdn.Mixture(log_pi, rng.normal(size=(N, M, 2)), log_sigma, rng.uniform(-0.95, 0.95, (N, M)), np.zeros(N))
    starts = rng.uniform(-2, 2, (N + 1, 2))
    return Course(starts[:-1], starts[1:], in_units(mixture, (0.3, -0.1), std), np.zeros(N, bool)), mixture


@pytest.mark.parametrize("sigma", [0.5, 0.05, 0.001])  # far wider than a pixel, about as wide, far narrower
def test_the_map_integrates_to_the_number_of_points(sigma):
    found = density_map(course(sigma)[0], Box(-12, -12, 12, 12), pixel=0.1)
    assert found.density.sum() * found.pixel**2 == pytest.approx(N, rel=5e-4)


def test_what_lies_outside_is_not_drawn_and_what_is_drawn_does_not_depend_on_the_box():
    one = course(0.3)[0]
    whole, part = density_map(one, Box(-12, -12, 12, 12), 0.1), density_map(one, Box(-1, 0, 2, 1.5), 0.1)
    assert part.density.shape == (15, 30)
    # 6 deviations of a component are drawn, wherever the box ends.
    np.testing.assert_allclose(part.density, whole.density[120:135, 110:140], atol=1e-7)
    assert part.density.sum() * 0.01 < N


def test_every_pixel_and_the_brightest_are_what_a_plain_loop_over_normalised_densities_says():
    std = np.array([0.5, 1.7])
    drawn, mixture = course(0.3, std)
    found = density_map(drawn, Box(-4, -5, 4, 5), pixel=0.25, blur=0.0)
    mean, expected = np.array([0.3, -0.1]), np.zeros(found.density.shape)
    x = -4 + 0.25 * (np.arange(32) + 0.5)
    y = -5 + 0.25 * (np.arange(40) + 0.5)
    places = np.stack(np.meshgrid(x, y), axis=-1)
    for t in range(N):
        step = jax.tree.map(lambda part, t=t: part[t], mixture)
        normalised = ((places - drawn.starts[t]) - mean) / std
        expected += np.exp(mdn.log_density(step, normalised)) / std.prod()
    np.testing.assert_allclose(found.density, expected, rtol=1e-4, atol=1e-6)
    assert found.density.argmax() == expected.argmax()


def test_a_box_without_a_size_is_refused():
    with pytest.raises(ValueError, match="expected sizes above 0"):
        density_map(course(0.3)[0], Box(0, 0, 0, 1), 0.1)


@pytest.mark.parametrize(("window", "rests"), [(True, False), (False, True)])
def test_predictions_along_a_line_are_those_of_its_likelihood(window, rests, tmp_path):
    """Also with a mean, and with deviations that differ: the density is that of offsets in the unit."""
    corpus = tiny.corpus(["lot", "tool"])
    config = tiny.config(tmp_path)
    config.model.window, config.data.rests = window, rests
    config.data.normalisation = "shared" if rests else "per_axis"
    description, _, _ = prepare(config, corpus)
    network = description.network()
    text = text_batch([description.alphabet.encode("lot")], 8) if window else None
    params = network.init(jax.random.key(1), np.zeros((1, 4, 3), np.float32), text)["params"]
    model = Model(**vars(description), params=params)
    assert rests or (model.mean != 0).all() and model.std[0] != model.std[1]

    i = int(corpus.select(["validation"])[0])
    found = follow(model, corpus.strokes(i), corpus.text(i))
    offsets, eos = found.targets - found.starts, np.append(found.lifted[1:], True)
    assert len(offsets) == len(corpus.strokes(i)) + (1 if rests else -1)
    nats = -float(mdn.log_prob(found.mixture, np.column_stack([offsets, eos]).astype(np.float32)).sum())
    assert nats == pytest.approx(measure(model, corpus, np.array([i])).nats_per_line_in_units, rel=1e-4, abs=1e-3)
    written = strokes.to_points(corpus.strokes(i))
    np.testing.assert_allclose(found.starts[1:] if rests else found.starts, written if rests else written[:-1],
                               atol=1e-6)  # fmt: skip


def test_a_line_of_one_point_has_nothing_to_predict(tmp_path):
    config = tiny.config(tmp_path)
    config.data.rests, config.model.window = False, False
    description, _, _ = prepare(config, corpora.load(tmp_path / "tiny.npz"))
    with pytest.raises(ValueError, match="1 points; expected 2 or more"):
        follow(Model(**vars(description), params={}), np.array([[0, 0, 1]]), "l")

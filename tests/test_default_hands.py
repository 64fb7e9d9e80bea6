"""The hands that are drawn from where none is asked for: those of the configuration, to every part that draws one."""

from types import SimpleNamespace

import numpy as np
import pytest
from flax import traverse_util

from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import Description, Model
from writemate_jax.dataset.making import style_vectors
from writemate_jax.sampling.writer import Writer
from writemate_jax.web import browser_model

SEEDS = range(20)


@pytest.fixture(scope="module", params=[("b",), ("c", "a"), ()], ids=lambda styles: ",".join(styles) or "none")
def network(request) -> SimpleNamespace:
    """A small one that knows three hands, and the names of those that it draws from."""
    config = configuration.default()
    config.data.rests, config.data.normalisation = True, "shared"
    config.model.update(layers=1, cells=4, mixtures=2, components=2, style_size=3)
    config.sampling.styles = request.param
    one = np.ones(2, np.float32)
    # An alphabet of more than the reader that comes along knows, so that it is not loaded.
    description = Description(config, Alphabet(" loté"), one * 0, one, "x-height", ("a", "b", "c"))
    rng = np.random.default_rng(0)
    params = {name: rng.normal(size=shape).astype(np.float32) for name, shape in description.network().shapes().items()}
    model = Model(**vars(description), params=traverse_util.unflatten_dict(params, sep="/"))
    rows = dict(zip(model.writers, params["styles"][1:], strict=True))
    return SimpleNamespace(writer=Writer(model, lanes=1), rows=rows, drawn=request.param or ("a", "b", "c"))


@pytest.mark.parametrize("style", ["random", None])
def test_a_seed_draws_one_of_the_hands_of_the_configuration(network, style):
    expected = [network.rows[network.writer.one_hand(style, seed)] for seed in SEEDS]
    np.testing.assert_array_equal(network.writer.styles(style, SEEDS), expected)
    assert {network.writer.one_hand(style, seed) for seed in SEEDS} == set(network.drawn)


def test_a_set_in_random_hands_is_written_in_those_of_the_configuration(network):
    vectors = style_vectors("random", network.writer)
    assert list(vectors) == list(network.drawn)
    for name, vector in vectors.items():
        np.testing.assert_array_equal(vector, network.rows[name])


def test_the_browser_draws_from_the_hands_of_the_configuration(network):
    described = browser_model.describe(network.writer)
    assert [described["writers"][row - 1] for row in described["random"]] == list(network.drawn)

"""Adaptive weight noise: the divergence, the draws, a posterior that is known, and runs with it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import integrate, stats

import tiny
from writemate_jax import config as configuration
from writemate_jax.checkpoints.models import load_model
from writemate_jax.data import corpus as corpora
from writemate_jax.training import log, loop, optimizer, parallel, step, weight_noise
from writemate_jax.training.lines import prepare
from writemate_jax.training.weight_noise import Posterior

SHAPE = (5,)
MEANS = arrays.arrays(np.float32, SHAPE, elements=st.floats(-3, 3, width=32))
LOGS = arrays.arrays(np.float32, SHAPE, elements=st.floats(-4, 1, width=32))


def posterior(means, logs):
    """As a tree of two leaves."""
    return Posterior({"a": means[:2], "b": means[2:]}, {"a": logs[:2], "b": logs[2:]})


def divergence(means, logs, mean, deviation):
    """KL of the posterior from N(mean, deviation^2), by numerical integration."""
    p = stats.norm(mean, deviation)

    def of_one(m, s):
        q = stats.norm(m, s)
        return integrate.quad(lambda x: q.pdf(x) * (q.logpdf(x) - p.logpdf(x)), m - 12 * s, m + 12 * s)[0]

    return sum(map(of_one, means.astype(float), np.exp(logs.astype(float))))


@settings(max_examples=25, deadline=None)
@given(MEANS, LOGS)
def test_the_divergence_is_the_integral_at_the_prior(means, logs):
    mean, variance = weight_noise.prior(posterior(means, logs))
    expected = divergence(means, logs, float(mean), float(np.sqrt(variance)))
    assert float(weight_noise.kl(posterior(means, logs))) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(MEANS, LOGS, st.floats(-3, 3), st.floats(0.05, 5))
def test_no_prior_is_nearer(means, logs, mean, deviation):
    s = np.exp(logs.astype(float))
    other = np.log(deviation / s) + (s**2 + (means - mean) ** 2) / (2 * deviation**2) - 0.5
    assert float(weight_noise.kl(posterior(means, logs))) <= other.sum() + 1e-4


def test_draws_have_the_mean_and_the_deviation_of_each_weight_and_depend_on_the_key_alone():
    given = posterior(np.array([-2, 0, 1, 3, 0.5], np.float32), np.log(np.array([1, 0.1, 2, 0.5, 0.01], np.float32)))
    keys = jax.random.split(jax.random.key(0), 20_000)
    drawn = jax.vmap(weight_noise.sample, (0, None))(keys, given)
    for name in "ab":
        deviation = np.exp(given.log_deviation[name])
        # Four standard errors of a mean and of a deviation.
        np.testing.assert_allclose(drawn[name].mean(0), given.mean[name], atol=float(4 * deviation.max() / 141))
        np.testing.assert_allclose(drawn[name].std(0) / deviation, 1, atol=4 / 200)
        np.testing.assert_array_equal(drawn[name][7], weight_noise.sample(keys[7], given)[name])
    both = np.concatenate([drawn["a"], drawn["b"]], axis=1)
    assert np.abs(np.corrcoef(both.T) - np.eye(5)).max() < 4 / 141


@pytest.mark.parametrize("batch", [1, 8])
def test_a_linear_model_finds_its_known_posterior(batch):
    """Regression on orthogonal inputs: the posterior is a product of Gaussians, and the best prior has a closed form.

    With x_i . x_j = n for i = j, else 0, and noise of deviation tau, least squares gives estimates e_i ~ N(w_i,
    tau^2 / n). Of all priors N(m, s^2) the likeliest has m = mean(e), s^2 = var(e) - tau^2 / n.
    """
    n, d, tau = 2048, 16, 0.5
    rng = np.random.default_rng(3)
    x = np.linalg.qr(rng.normal(size=(n, d)))[0] * np.sqrt(n)
    y = x @ rng.normal(0.4, 0.3, d) + tau * rng.normal(size=n)
    estimate = x.T @ y / n
    m, s2 = estimate.mean(), estimate.var() - tau**2 / n
    variance = 1 / (1 / s2 + n / tau**2)
    mean = variance * (m / s2 + n * estimate / tau**2)
    rows = jnp.asarray(x.reshape(n // batch, batch, d), jnp.float32)
    answers = jnp.asarray(y.reshape(n // batch, batch), jnp.float32)

    def loss(w, rows, answers):  # mean over the rows of one batch
        return jnp.mean(jnp.square(answers - rows @ w["w"])) / (2 * tau**2)

    def of_batch(belief, key, rows, answers):
        of_draw = jax.grad(loss)(weight_noise.sample(key, belief), rows, answers)
        return weight_noise.gradient(belief, of_draw, batch, n)

    start = weight_noise.around({"w": jnp.zeros(d)}, 0.075)
    steps = 3_000
    rule = optax.adam(optax.cosine_decay_schedule(0.02, steps), b2=0.9)  # soon forgets the large derivatives at first

    def update(carry, i):
        belief, moments = carry
        keys = jax.random.split(jax.random.fold_in(jax.random.key(1), i), n // batch)
        of_batches = jax.vmap(of_batch, (None, 0, 0, 0))(belief, keys, rows, answers)
        updates, moments = rule.update(jax.tree.map(lambda g: g.mean(0), of_batches), moments)
        return (optax.apply_updates(belief, updates), moments), None

    (found, _), _ = jax.jit(lambda c: jax.lax.scan(update, c, jnp.arange(steps)))((start, rule.init(start)))
    # Against how uncertain a weight is (0.011) and how far apart the weights are (0.3).
    np.testing.assert_allclose(found.mean["w"], mean, atol=0.1 * np.sqrt(variance))
    # The curvatures are squares of derivatives of batches, an estimate of the known ones: of one weight's within a
    # twentieth, of all together within a hundredth.
    of_batches = np.einsum("kbd,kb->kd", rows, answers - rows @ mean) / tau**2
    np.testing.assert_allclose(
        np.exp(found.log_deviation["w"]), (1 / s2 + np.square(of_batches).sum(0)) ** -0.5, rtol=0.02
    )
    assert np.exp(2 * found.log_deviation["w"]).mean() == pytest.approx(variance, rel=0.05)
    np.testing.assert_allclose(weight_noise.prior(found), (m, s2), rtol=0.05)


# Runs


def noisy(folder, **training):
    config = tiny.config(folder, **training)
    config.optimizer.update(name="rmsprop", learning_rate=1e-3, loss_unit="line", average_decay=0.0)
    config.optimizer.weight_noise = 0.075
    config.optimizer.deviation_steps = 13.0  # the logged divergence is of one update before
    config.model.update(window=False, layers=1)  # so that little is compiled
    config.data.buckets, config.sampling.points = 1, 10
    return config


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run in one go, the same in two starts, and their configuration."""
    folder = tmp_path_factory.mktemp("noise")
    config = noisy(folder)
    # A rate that falls: a resumed run has to find its place, and the last step changes little of what was logged of it.
    config.optimizer.update(warmup_steps=2, cosine_to=0.02)
    whole = loop.run(config, folder / "whole")
    config.training.minutes = 1e-6  # asked at the first step, it ends with the second
    assert loop.run(config, folder / "broken").step == 2
    config.training.minutes = 0.0
    return config, whole, loop.run(config, folder / "broken"), folder


def test_a_run_in_two_starts_is_the_same_bit_for_bit(runs):
    _, whole, broken, _ = runs
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(broken), strict=True):
        np.testing.assert_array_equal(a, b)
    assert isinstance(whole.params, Posterior)
    assert not np.allclose(whole.params.log_deviation["head"], np.log(0.075), atol=1e-4)


def test_the_means_are_what_is_evaluated_and_kept(runs):
    _, whole, _, folder = runs
    for a, b in zip(
        jax.tree.leaves(load_model(folder / "whole" / "last").params), jax.tree.leaves(whole.params.mean), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    row = log.read(folder / "whole" / "train.csv")[-1]
    assert row["kl_per_line"] == pytest.approx(float(weight_noise.kl(whole.params)) / 21, rel=1e-2)


def test_it_starts_from_a_trained_network(runs, tmp_path):
    config, _, _, folder = runs
    config = config.copy_and_resolve_references()
    config.weights_from = str(folder / "whole")
    config.optimizer.learning_rate = 0.0
    config.training.update(steps=1, evaluate_every=1)
    state = loop.run(config, tmp_path / "second")
    trained = load_model(folder / "whole").params
    for a, b in zip(jax.tree.leaves(trained), jax.tree.leaves(state.params.mean), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all((s == np.float32(np.log(0.075))).all() for s in jax.tree.leaves(state.params.log_deviation))
    best = min(row["nats_per_line"] for row in log.read(folder / "whole" / "validation.csv"))
    [row] = log.read(tmp_path / "second" / "validation.csv")
    assert row["nats_per_line"] == pytest.approx(best, rel=1e-5)


def test_eight_devices_draw_the_same_weights_and_make_the_same_step_as_one(tmp_path):
    assert jax.local_device_count() == 8
    config = noisy(tmp_path)
    config.data.slant = config.data.size = config.data.aspect = config.data.unknown_hands = 0.0
    description, batches, _ = prepare(config, corpora.load(config.corpus))
    network, rule = description.network(), optimizer.make(config.optimizer, 1)
    batch = next(batches.ordered())
    state = step.initial_state(network, rule, config.seed, batch, config.optimizer.weight_noise)

    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), step.WEIGHT_STREAM), 0)
    @jax.jit
    def norm(posterior):
        drawn, lines = weight_noise.sample(key, posterior), batches.lines / batches.steps()
        of_draw = jax.grad(lambda w: step.losses.sums(network, w, batch).nll / lines)(drawn)
        return optax.tree.norm(weight_noise.gradient(posterior, of_draw, lines, batches.lines))

    update = step.make_train_step(description, rule, step.Units.of(batches, "line"))
    _, metrics = update(parallel.replicate(state), parallel.shard(batch), np.zeros(8, np.float32))
    np.testing.assert_allclose(metrics.gradient_norm, float(norm(state.params)), rtol=1e-4)
    np.testing.assert_allclose(metrics.kl, float(weight_noise.kl(state.params)), rtol=1e-5)


def test_without_it_a_state_holds_no_posterior_and_no_weights_are_drawn(tmp_path, monkeypatch):
    config = tiny.config(tmp_path)
    monkeypatch.setattr(weight_noise, "sample", None)  # not to be called
    config.training.update(steps=2, evaluate_every=2)
    state = loop.run(config, tmp_path / "run")
    assert jax.tree.structure(state.params) == jax.tree.structure(state.average)
    assert "kl_per_line" not in log.read(tmp_path / "run" / "train.csv")[0]


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_steps_for_logarithms_of_deviations_are_so_many_times_those_for_means(name):
    config = configuration.default().optimizer
    config.update(name=name, weight_noise=0.075, deviation_steps=7.0)
    rule, belief = optimizer.make(config, 10), weight_noise.around({"w": jnp.ones(5)}, 0.075)
    gradient = Posterior({"w": jnp.arange(1.0, 6.0)}, {"w": jnp.arange(1.0, 6.0)})
    steps, _ = rule.update(gradient, rule.init(belief), belief)
    assert (steps.mean["w"] < 0).all()
    np.testing.assert_allclose(steps.log_deviation["w"], 7 * steps.mean["w"], rtol=1e-5)


def test_a_run_of_before_had_its_steps_for_deviations_by_the_noise():
    stored = configuration.to_json(configuration.default())
    stored["optimizer"]["weight_noise"] = 0.05
    del stored["optimizer"]["deviation_steps"]
    assert configuration.from_json(stored).optimizer.deviation_steps == pytest.approx(20)


def test_deviations_move_first_and_then_the_means_as_well():
    config = configuration.default().optimizer
    config.update(weight_noise=0.075, deviations_first=3)
    rule, belief = optimizer.make(config, 10), weight_noise.around({"w": jnp.ones(5)}, 0.075)
    moments = rule.init(belief)
    gradient = Posterior({"w": jnp.ones(5)}, {"w": jnp.ones(5)})
    for update in range(5):
        steps, moments = rule.update(gradient, moments, belief)
        assert (steps.log_deviation["w"] < 0).all()
        assert (steps.mean["w"] < 0).all() if update >= 3 else (steps.mean["w"] == 0).all()


def test_nothing_is_evaluated_before_the_means_move(tmp_path):
    config = noisy(tmp_path)
    config.optimizer.deviations_first = 2
    config.training.update(steps=4, evaluate_every=1)
    loop.run(config, tmp_path / "run")
    assert [row["step"] for row in log.read(tmp_path / "run" / "validation.csv")] == [3, 4]


def test_a_run_in_which_the_means_never_move_is_refused(tmp_path):
    config = noisy(tmp_path)
    config.optimizer.deviations_first = config.training.steps = 4
    with pytest.raises(configuration.ConfigurationError, match="deviations_first is 4 of config.training.steps 4"):
        loop.run(config, tmp_path / "run")


def test_a_negative_deviation_is_refused(tmp_path):
    config = tiny.config(tmp_path)
    config.optimizer.weight_noise = -1.0
    with pytest.raises(ValueError, match="config.optimizer.weight_noise is -1.0; expected at least 0"):
        loop.run(config, tmp_path / "run")

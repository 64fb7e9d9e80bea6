"""The mixture density head against scipy, integrals and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.special import expit, softmax

from writemate_jax.model import mdn

M = 3
FLOOR, RHO_MAX = 0.01, 0.999
outputs = hnp.arrays(np.float32, (mdn.width(M),), elements=st.floats(-3, 3, width=32))
points = st.tuples(st.floats(-3, 3, width=32), st.floats(-3, 3, width=32), st.sampled_from([0.0, 1.0]))


@jax.jit
def log_prob(y, x):
    return mdn.log_prob(mdn.split(y, sigma_floor=FLOOR, rho_max=RHO_MAX), x)


def reference(y, x):
    """Eqs 18-25 in probability space and float64, with scipy's multivariate normal."""
    e, pi, mu = expit(-y[0]), softmax(y[1 : 1 + M]), y[1 + M : 1 + 3 * M].reshape(M, 2)
    sigma = np.exp(y[1 + 3 * M : 1 + 5 * M]).reshape(M, 2) + FLOOR
    rho = RHO_MAX * np.tanh(y[1 + 5 * M :])
    density = sum(
        pi[j]
        * stats.multivariate_normal(
            mu[j], [[sigma[j, 0] ** 2, rho[j] * sigma[j].prod()], [rho[j] * sigma[j].prod(), sigma[j, 1] ** 2]]
        ).pdf(x[:2])
        for j in range(M)
    )
    return np.log(density) + np.log(e if x[2] else 1 - e)


@given(outputs, points)
def test_log_prob_equals_scipy(y, x):
    with np.errstate(divide="ignore"):
        expected = reference(y.astype(np.float64), x)
    # Where the density underflows in float64 there is nothing to compare with; that is what log space is for.
    if np.isfinite(expected):
        np.testing.assert_allclose(log_prob(y, jnp.array(x)), expected, rtol=2e-3, atol=2e-3)
    assert np.isfinite(log_prob(y, jnp.array(x)))


def test_the_density_integrates_to_one():
    y = np.random.default_rng(3).normal(scale=0.7, size=mdn.width(M)).astype(np.float32)
    axis = np.linspace(-25, 25, 1501)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).astype(np.float32)
    density = jnp.exp(mdn.log_density(mdn.split(jnp.broadcast_to(y, (1501, mdn.width(M)))), grid))
    assert float(density.sum()) * (axis[1] - axis[0]) ** 2 == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("rho_hat", [-50.0, -8.0, 8.0, 50.0])
@pytest.mark.parametrize("sigma_hat", [-12.0, 0.0, 12.0])
@pytest.mark.parametrize("offset", [0.0, 1e-3, 30.0])
def test_value_and_gradient_are_finite_at_the_extremes(rho_hat, sigma_hat, offset):
    y = np.zeros(mdn.width(M), np.float32)
    y[1 + 3 * M : 1 + 5 * M] = sigma_hat
    y[1 + 5 * M :] = rho_hat

    def loss(y):
        return mdn.log_prob(mdn.split(y), jnp.array([offset, -offset, 1.0]))

    value, gradient = jax.value_and_grad(loss)(y)
    assert np.isfinite(value) and np.isfinite(gradient).all()


@jax.jit
def derivatives(y, x):
    """By JAX, and by differences of values."""
    f = lambda y: mdn.log_prob(mdn.split(y, sigma_floor=FLOOR, rho_max=RHO_MAX), x)  # noqa: E731
    steps = 1e-6 * jnp.eye(len(y))
    return jax.grad(f)(y), (jax.vmap(f)(y + steps) - jax.vmap(f)(y - steps)) / 2e-6


@given(outputs, points)
def test_gradient_equals_finite_differences(y, x):
    # A smaller range, where float64 differences are exact enough.
    with jax.enable_x64(True):
        gradient, numeric = derivatives(np.float64(y) / 2, np.float64(x) / 2)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-4, atol=1e-5)


def test_bias_is_equations_61_and_62():
    rng = np.random.default_rng(0)
    y, b = rng.normal(size=mdn.width(M)).astype(np.float32), 0.7
    mixture = mdn.biased(mdn.split(y), jnp.float32(b))
    np.testing.assert_allclose(np.exp(mixture.log_pi), softmax(y[1 : 1 + M] * (1 + b)), rtol=1e-5)
    np.testing.assert_allclose(
        np.exp(mixture.log_sigma).ravel(), np.exp(y[1 + 3 * M : 1 + 5 * M] - b), rtol=1e-5
    )


def test_samples_have_the_mixtures_moments():
    rng = np.random.default_rng(1)
    mixture = mdn.split(rng.normal(scale=0.5, size=mdn.width(M)).astype(np.float32))
    keys = jax.random.split(jax.random.key(0), 60_000)
    x = np.asarray(jax.vmap(lambda k: mdn.sample(k, mixture))(keys))
    parameters = jnp.exp(mixture.log_pi), mixture.mu, jnp.exp(mixture.log_sigma), mixture.rho
    pi, mu, sigma, rho = map(np.asarray, parameters)
    mean = pi @ mu
    covariance = -np.outer(mean, mean)
    for j in range(M):
        s = np.array([[sigma[j, 0] ** 2, rho[j] * sigma[j].prod()], [rho[j] * sigma[j].prod(), sigma[j, 1] ** 2]])
        covariance += pi[j] * (s + np.outer(mu[j], mu[j]))
    np.testing.assert_allclose(x[:, :2].mean(axis=0), mean, atol=0.03)
    np.testing.assert_allclose(np.cov(x[:, :2].T), covariance, atol=0.05)
    assert x[:, 2].mean() == pytest.approx(float(jax.nn.sigmoid(mixture.eos_logit)), abs=0.01)
    np.testing.assert_allclose(mdn.mean(mixture), mean, rtol=1e-5)


@pytest.mark.parametrize("seed", [2667181, 4712387])  # found among 12 million: truncated_normal draws its bound itself
def test_no_draw_is_as_far_as_a_number_goes(seed):
    mixture = mdn.split(np.zeros(mdn.width(1), np.float32))
    _, key, _ = jax.random.split(jax.random.key(seed), 3)
    assert jnp.abs(jax.random.truncated_normal(key, -jnp.inf, jnp.inf, (2,))).max() > 1e38
    for reach in (jnp.inf, 15.0):
        assert np.abs(mdn.sample(jax.random.key(seed), mixture, reach)).max() <= 6.0


def test_a_reach_leaves_the_deviations_and_cuts_the_draws():
    rng = np.random.default_rng(4)
    mixture = mdn.split(rng.normal(scale=0.5, size=mdn.width(M)).astype(np.float32))
    biased = mdn.biased(mixture, jnp.float32(0.7), jnp.float32(1.2))
    np.testing.assert_array_equal(biased.log_sigma, mixture.log_sigma)
    np.testing.assert_array_equal(biased.log_pi, mdn.biased(mixture, jnp.float32(0.7)).log_pi)
    single = mdn.Mixture(*(part[:1] for part in mixture[:4]), mixture.eos_logit)._replace(log_pi=jnp.zeros(1))
    keys = jax.random.split(jax.random.key(0), 60_000)
    x = np.asarray(jax.vmap(lambda k: mdn.sample(k, single, 1.2))(keys))
    z = (x[:, 0] - single.mu[0, 0]) / np.exp(single.log_sigma[0, 0])
    assert np.abs(z).max() <= 1.2 + 1e-4
    assert stats.kstest(z, stats.truncnorm(-1.2, 1.2).cdf).pvalue > 1e-3


def test_outputs_of_the_wrong_width_are_named():
    with pytest.raises(ValueError, match=r"\(2, 20\).*6M \+ 1"):
        mdn.split(jnp.zeros((2, 20)))

"""The optimisers against the paper's equations and plain formulas."""

import jax.numpy as jnp
import numpy as np
import pytest

from writemate_jax.config import default
from writemate_jax.training import optimizer


def test_rmsprop_is_equations_38_to_45():
    config = default().optimizer
    rule = optimizer.make(config, 1000)
    rng = np.random.default_rng(0)
    w_jax = jnp.zeros(20)
    state = rule.init(w_jax)
    w, n, g_bar, delta = (np.zeros(20) for _ in range(4))
    for _ in range(100):
        g = rng.normal(scale=rng.uniform(0.01, 10), size=20)
        n = 0.95 * n + 0.05 * g**2
        g_bar = 0.95 * g_bar + 0.05 * g
        delta = 0.9 * delta - 1e-4 * g / np.sqrt(n - g_bar**2 + 1e-4)
        w = w + delta
        updates, state = rule.update(jnp.asarray(g, jnp.float32), state, w_jax)
        w_jax = w_jax + updates
    np.testing.assert_allclose(w_jax, w, atol=2e-6)


def test_global_norm_bounds_the_gradient_that_adam_sees():
    config = default().optimizer
    config.name, config.global_norm, config.learning_rate = "adam", 1.0, 0.1
    rule = optimizer.make(config, 10)
    state = rule.init(jnp.zeros(2))
    _, state = rule.update(jnp.array([300.0, 400.0]), state)
    np.testing.assert_allclose(state[1][0].mu, (1 - config.b1) * np.array([0.6, 0.8]), rtol=1e-5)
    np.testing.assert_allclose(state[1][0].nu, (1 - config.b2) * np.array([0.36, 0.64]), rtol=1e-5)


def test_warm_up_is_straight_and_what_follows_a_cosine():
    config = default().optimizer
    config.learning_rate, config.warmup_steps, config.cosine_to = 2e-3, 10, 0.02
    rate = optimizer.learning_rate(config, 100)
    assert float(rate(0)) == 0.0
    assert float(rate(10)) == pytest.approx(2e-3)
    assert float(rate(5)) == pytest.approx(1e-3)
    for at in (10, 30, 55, 90, 100):
        cosine = (1 + np.cos(np.pi * (at - 10) / 90)) / 2
        assert float(rate(at)) == pytest.approx(4e-5 + (2e-3 - 4e-5) * cosine, rel=1e-4)

"""The LSTM cell against a plain NumPy loop, and the clipping inside it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from writemate_jax.model import lstm
from writemate_jax.model.clipping import clip_derivative

B, D, H, T = 2, 3, 5, 7


@pytest.mark.parametrize(("peepholes", "columns"), [(True, False), (False, False), (True, True)])
def test_cell_equals_equations_7_to_11_in_numpy(peepholes, columns):
    rng = np.random.default_rng(0)
    layer = lstm.LSTMLayer(D, H, peepholes)
    variables = layer.init(jax.random.key(0))
    params = layer.apply(variables)
    assert ("peephole" in variables["params"]) == peepholes
    w_x, w_h, bias, (w_ci, w_cf, w_co) = (np.asarray(p, np.float64) for p in params)
    xs = rng.normal(size=(T, B, D))
    h, c = np.zeros((B, H)), np.zeros((B, H))
    h_jax, c_jax = jnp.zeros((B, H)), jnp.zeros((B, H))
    for x in xs:
        z = jnp.asarray(x, jnp.float32) @ params.input_kernel + h_jax @ params.recurrent_kernel + params.bias
        if columns:
            h_jax, c_jax = (a.T for a in lstm.step(z.T, c_jax.T, params.peephole[..., None], clip=10.0, axis=0))
        else:
            h_jax, c_jax = lstm.step(z, c_jax, params.peephole, clip=10.0)
        for b in range(B):
            z_i, z_f, z_c, z_o = np.split(x[b] @ w_x + h[b] @ w_h + bias, 4)
            i, f = expit(z_i + w_ci * c[b]), expit(z_f + w_cf * c[b])
            c[b] = f * c[b] + i * np.tanh(z_c)
            h[b] = expit(z_o + w_co * c[b]) * np.tanh(c[b])
        np.testing.assert_allclose(h_jax, h, atol=1e-5)
        np.testing.assert_allclose(c_jax, c, atol=1e-5)


def test_a_fresh_cell_remembers():
    params = lstm.LSTMLayer(D, H).init_with_output(jax.random.key(1))[0]
    bias = np.asarray(params.bias).reshape(4, H)
    assert (bias[1] == 1).all() and (bias[[0, 2, 3]] == 0).all()


def test_clipping_is_the_identity_forwards_and_bounds_the_derivative_backwards():
    x = jnp.array([-3.0, 0.5, 2.0])
    weights = jnp.array([-250.0, 7.0, 1e6])
    assert (clip_derivative(x, 100.0) == x).all()
    gradient = jax.grad(lambda x: (clip_derivative(x, 100.0) * weights).sum())(x)
    np.testing.assert_array_equal(gradient, [-100.0, 7.0, 100.0])
    unclipped = jax.grad(lambda x: (clip_derivative(x, 0.0) * weights).sum())(x)
    np.testing.assert_array_equal(unclipped, weights)


def test_the_cells_gates_are_clipped():
    c, peephole = jnp.zeros((1, H)), jnp.zeros((3, H))

    def gradient(clip):
        return jax.grad(lambda z: 1e6 * lstm.step(z, c, peephole, clip)[0].sum())(jnp.full((1, 4 * H), 0.3))

    assert float(jnp.abs(gradient(10.0)).max()) == 10.0
    assert float(jnp.abs(gradient(0.0)).max()) > 1e4

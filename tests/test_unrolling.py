"""Products of rounded operands, and what they leave of the network; tests/test_networks.py has the unrolling itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.test_networks import make, nll
from writemate_jax.model import unrolling


def rounded(a):
    """To bfloat16 and back, by NumPy alone."""
    return np.asarray(a).astype(jnp.bfloat16).astype(np.float32)


@pytest.fixture(scope="module")
def operands():
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=shape).astype(np.float32) for shape in ((4, 6, 5), (6, 7), (4, 7, 5)))


@pytest.mark.parametrize(("products", "seen"), [("float32", np.asarray), ("bfloat16", rounded)])
def test_a_product_and_its_derivatives_are_those_of_the_rounded_operands(operands, products, seen):
    x, w, g = operands
    y, pull_back = jax.vjp(lambda x, w: unrolling.product(x, w, products), x, w)
    dx, dw = pull_back(jnp.asarray(g))
    x, w, g = map(seen, operands)
    assert y.dtype == dx.dtype == dw.dtype == np.float32
    np.testing.assert_allclose(y, w.T @ x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dx, w @ g, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dw, np.einsum("tib,tjb->ij", x, g), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("window", [True, False])
def test_rounded_products_leave_the_loss_and_the_gradients_direction(window):
    network, params, x, text = make(window)

    def gradient(products):
        clone = network.clone(products=products)
        loss, tree = jax.jit(jax.value_and_grad(lambda p: nll(clone, clone.apply({"params": p}, x, text), x)))(params)
        return loss, jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(tree)])

    (loss, exact), (rounded_loss, rough) = gradient("float32"), gradient("bfloat16")
    assert loss != rounded_loss
    np.testing.assert_allclose(rounded_loss, loss, rtol=2e-3)
    assert exact @ rough > 0.999 * jnp.linalg.norm(exact) * jnp.linalg.norm(rough)

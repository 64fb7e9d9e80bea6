"""How to unroll the recurrence: one scan over the whole step, or layer by layer with hoisted products.

Prints points/s of the loss' gradient and its share of the GEMM peak, counting 6 FLOP a weight and point.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.timing import gemm_peak, seconds
from writemate_jax.model import mdn
from writemate_jax.model.networks import Network, text_batch

ALPHABET = 80


def joint(network: Network, params, x, text):
    """The plain way: `lax.scan` over `Network.step`."""

    def body(carry, x_t):
        return network.apply({"params": params}, carry, x_t, text, method="step")

    carry = network.initial_carry(x.shape[0], text.codes.shape[1])
    return jnp.swapaxes(lax.scan(body, carry, jnp.swapaxes(x, 0, 1))[1], 0, 1)


def layered(network: Network, params, x, text):
    """What training uses."""
    return network.apply({"params": params}, x, text)


def measure(layers: int, cells: int, batch: int, points: int, characters: int, peak: float) -> None:
    network = Network(layers, cells, mixtures=20, window=True, components=10, alphabet_size=ALPHABET)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, points + 1, 3)).astype(np.float32)
    x[..., 2] = x[..., 2] > 1
    text = text_batch([rng.integers(1, ALPHABET + 1, characters) for _ in range(batch)], characters + 1)
    params = network.init(jax.random.key(0), x[:, :2], text)["params"]
    weights = sum(leaf.size for leaf in jax.tree.leaves(params))
    for unroll in (joint, layered):

        def loss(params, x, text, unroll=unroll):
            y = unroll(network, params, x[:, :-1], text)
            return -mdn.log_prob(network.mixture(y), x[:, 1:]).sum()

        rate = batch * points / seconds(jax.jit(jax.grad(loss)), params, x, text, repeats=3)
        print(
            f"{layers} x {cells}, batch {batch:3d}, {points} points, {unroll.__name__:8}"
            f"{rate:9,.0f} points/s  {6 * weights * rate / peak:.2f} of the GEMM peak"
        )


def main() -> None:
    peak = gemm_peak()
    print(f"GEMM peak {peak / 1e9:.0f} GFLOP/s float32")
    for layers, cells in ((3, 400), (2, 256)):
        for batch in (32, 64, 128):
            measure(layers, cells, batch, points=200, characters=20, peak=peak)


if __name__ == "__main__":
    main()

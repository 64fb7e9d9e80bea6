"""How to unroll the recurrence: one scan over the whole step, or layer by layer with hoisted products (`unrolling`).

Prints points/s of the loss' gradient and its share of the float32 GEMM peak, counting 6 FLOP a weight and point.

On 2 cores of an AMD EPYC with AVX-512 and its bfloat16 products (peak 214 GFLOP/s float32), 3 x 400, points/s:

    lines x points         24 x 650   64 x 200   128 x 200
    one scan                  5,049      6,257       6,811
    layer by layer            6,381      6,687       6,877
    the same, bfloat16        7,757      7,847       8,626

So training goes layer by layer. Huge pages (`training/huge_pages.py`) are on in all. That was with a row for each
line; they are columns since. Both, layer by layer, on 2 cores of an AMD EPYC without AVX-512 (peak 159 GFLOP/s
float32), one device, points/s of 650 points a line:

    lines                            6       8      16      24
    prediction 1 x 900, rows     1,749   1,802       -   3,334
                        columns  2,928   5,181       -   5,543
    synthesis 3 x 400,  rows     3,783   3,062   3,987   4,283
                        columns  3,145   3,853   3,705   4,261

The matrix of 900 cells is 13 MB, which no core's cache holds. Columns like multiples of 8 (`data.batches.lines_of`).
"""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.timing import gemm_peak, seconds
from writemate_jax.model import mdn
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network, text_batch

ALPHABET = 80


def one_scan(network: Network, params, x, text):
    """`Network.step` scanned over a line: all layers in one loop, which has every product in it."""

    def unroll(network: Network, x, text):
        scan = nn.scan(
            lambda network, carry, x: network.step(carry, x, text),
            variable_broadcast="params",
            split_rngs={"params": False},
            in_axes=1,
            out_axes=1,
        )
        return scan(network, network.initial_carry(x.shape[0], text.codes.shape[-1] if text else 0), x)[1]

    return network.apply({"params": params}, x, text, method=unroll)


def layered(network: Network, params, x, text):
    """What training uses."""
    return network.apply({"params": params}, x, text)


WAYS = (("one scan", one_scan, "float32"), ("layers", layered, "float32"), ("bfloat16", layered, "bfloat16"))


def measure(layers: int, cells: int, batch: int, points: int, characters: int, peak: float) -> None:
    """Of a synthesis network, or of a prediction network with no characters."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, points + 1, 3)).astype(np.float32)
    x[..., 2] = x[..., 2] > 1
    window, text = characters > 0, None
    if window:
        text = text_batch([rng.integers(1, ALPHABET + 1, characters) for _ in range(batch)], characters + 1)
    gradients = []
    for name, unroll, products in WAYS:
        network = Network(
            layers, cells, mixtures=20, window=window, components=10, alphabet_size=ALPHABET, products=products
        )
        params = network.init(jax.random.key(0), x[:, :2], text)["params"]
        weights = sum(leaf.size for leaf in jax.tree.leaves(params))

        def loss(params, x, text, network=network, unroll=unroll):
            y = unroll(network, params, x[:, :-1], text)
            return -mdn.log_prob(network.mixture(y), x[:, 1:]).sum()

        gradient = jax.jit(exact(jax.grad(loss)))
        gradients.append(gradient(params, x, text))
        rate = batch * points / seconds(gradient, params, x, text, repeats=3)
        print(
            f"{layers} x {cells}, batch {batch:3d}, {points} points, {name:8}"
            f"{rate:9,.0f} points/s  {6 * weights * rate / peak:.2f} of the GEMM peak",
            flush=True,
        )
    for a, b in zip(*map(jax.tree.leaves, gradients[:2]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3 * float(jnp.abs(a).max()), err_msg="the two ways disagree")


def main() -> None:
    peak = gemm_peak()
    print(f"GEMM peak {peak / 1e9:.0f} GFLOP/s float32")
    for layers, cells in ((3, 400), (2, 256)):
        for batch, points, characters in ((6, 650, 40), (8, 650, 40), (24, 650, 40), (64, 200, 20), (128, 200, 20)):
            measure(layers, cells, batch, points, characters, peak)
    for batch in (6, 8, 24):
        measure(1, 900, batch, 650, 0, peak)


if __name__ == "__main__":
    main()

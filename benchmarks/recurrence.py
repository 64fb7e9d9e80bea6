"""How to unroll the recurrence: one scan over the whole step, or layer by layer with hoisted products.

Prints points/s of the loss' gradient and its share of the GEMM peak, counting 6 FLOP a weight and point.

On 2 cores (AMD EPYC with AVX-512), 200 points and 20 characters a line, share of a peak of 210 GFLOP/s:

                         3 x 400            2 x 256
    batch                64     128         64
    one scan             0.66   0.73        0.58
    layer by layer       0.66   0.67        0.54
    (small pages) scan   0.59   0.52        0.50

On 2 cores of an Intel Xeon (peak 304 GFLOP/s), 660 points and 60 characters a line, 3 x 400: at 24 lines the one scan
0.38 and layer by layer 0.41, at 64 lines 0.49 and 0.47. A training of 24 lines a batch made 4,460 and 5,180 points/s.

So training uses the one scan, which is also the simpler; huge pages are `training/huge_pages.py`. Where batches are as
small as 24 lines, layer by layer would be a sixth faster.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.layered import layered
from benchmarks.timing import gemm_peak, seconds
from writemate_jax.model import mdn
from writemate_jax.model.networks import Network, text_batch

ALPHABET = 80


def one_scan(network: Network, params, x, text):
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
    gradients = []
    for unroll in (one_scan, layered):

        def loss(params, x, text, unroll=unroll):
            y = unroll(network, params, x[:, :-1], text)
            return -mdn.log_prob(network.mixture(y), x[:, 1:]).sum()

        gradient = jax.jit(jax.grad(loss))
        gradients.append(gradient(params, x, text))
        rate = batch * points / seconds(gradient, params, x, text, repeats=3)
        print(
            f"{layers} x {cells}, batch {batch:3d}, {points} points, {unroll.__name__:8}"
            f"{rate:9,.0f} points/s  {6 * weights * rate / peak:.2f} of the GEMM peak",
            flush=True,
        )
    for a, b in zip(*map(jax.tree.leaves, gradients), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3 * float(jnp.abs(a).max()), err_msg="the two ways disagree")


def main() -> None:
    peak = gemm_peak()
    print(f"GEMM peak {peak / 1e9:.0f} GFLOP/s float32")
    for layers, cells in ((3, 400), (2, 256)):
        for batch in (32, 64, 128):
            measure(layers, cells, batch, points=200, characters=20, peak=peak)


if __name__ == "__main__":
    main()

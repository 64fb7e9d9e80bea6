"""Random keys that mean the same everywhere."""

from __future__ import annotations

import jax


def key(seed: jax.Array | int) -> jax.Array:
    """JAX's usual key of a seed, whatever ``jax_default_prng_impl`` says: by others a line's numbers depend on those
    beside it.
    """
    return jax.random.key(seed, impl="threefry2x32")

"""Timing of jitted functions, and the yardstick: this machine's fastest matrix product."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from writemate_jax.model.exact import exact


def seconds(function: Callable, *args, repeats: int = 5) -> float:
    """The shortest of several runs after one that compiles; the minimum is what the machine can do undisturbed."""
    jax.block_until_ready(function(*args))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(function(*args))
        times.append(time.perf_counter() - start)
    return min(times)


def gemm_peak(size: int = 2048) -> float:
    """float32 FLOP/s of a square product on the default device."""
    a = jnp.ones((size, size))
    return 2 * size**3 / seconds(jax.jit(exact(lambda a: a @ a)), a, repeats=10)

"""Products of float32 in float32, whatever the device."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import jax


def exact(function: Callable) -> Callable:
    """The function, traced so that products of float32, also in its derivatives, are made in float32.

    TPUs and newer GPUs take fewer bits unless they are asked to, and then a network would not write by the densities
    that it is measured by. It goes inside of `jax.jit` or `pmap`.
    """

    @wraps(function)
    def traced(*arguments, **options):
        with jax.default_matmul_precision("highest"):
            return function(*arguments, **options)

    return traced

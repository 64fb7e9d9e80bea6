"""The reader's network: convolutions over the pen's movements, two points a frame.

One function for NumPy, which reads a few candidates before JAX would have compiled anything, and for JAX, which learns
it.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

WIDTH = 64
DILATIONS = (1, 2, 4, 8, 1, 2)  # of the layers, in frames: each sees 19 others on either side, a letter and a half
SCALE = np.array([3.0, 3.0, 1.0], np.float32)  # offsets have a deviation of about a third of an x-height
POINTS_A_FRAME = 2
FEATURES = POINTS_A_FRAME * 4  # of a frame: offsets, pen and height of its points


def initial_params(key: jax.Array, characters: int, width: int = WIDTH) -> Any:
    """Fresh weights for an alphabet of so many characters; class 0 is CTC's blank."""
    keys = iter(jax.random.split(key, 2 + 2 * len(DILATIONS)))
    draw = jax.nn.initializers.lecun_normal()

    def dense(inputs: int, outputs: int) -> dict[str, jax.Array]:
        return {"kernel": draw(next(keys), (inputs, outputs)), "bias": jnp.zeros(outputs)}

    def norm() -> dict[str, jax.Array]:
        return {"scale": jnp.ones(width), "offset": jnp.zeros(width)}

    params: dict[str, Any] = {"first": dense(3 * FEATURES, width)}
    for layer in range(len(DILATIONS)):
        params[f"layer_{layer}"] = {"norm": norm(), "beside": dense(3 * width, width), "inner": dense(width, width)}
    return {**params, "last": {"norm": norm(), "classes": dense(width, 1 + characters)}}


def frames_of(points: int) -> int:
    """How many frames a line of so many points has: the last may be half empty."""
    return -(-points // POINTS_A_FRAME)


def log_probs(params: Any, rows: Any, lengths: Any = None, *, xp: ModuleType = np) -> Any:
    """ln of the probability of each class in each frame.

    Args:
      params: `initial_params`, or what was learned from there.
      rows: [..., T, 3], offsets in x-heights from the left edge on the baseline, and eos, in whole frames.
      lengths: [...], how many of the rows are there; None for all. What stands behind them does not matter.
      xp: jax.numpy, or numpy, whose result differs by rounding.

    Returns:
      [..., frames, 1 + characters]; a line's own are the first `frames_of(length)`.
    """
    height = xp.cumsum(rows[..., 1:2], axis=-2)  # above the baseline: it tells a comma from an apostrophe
    x = xp.concatenate([rows * SCALE, height], axis=-1)
    frames: Any = None
    if lengths is not None:
        there = (xp.arange(rows.shape[-2]) < lengths[..., None])[..., None]
        x, frames = xp.where(there, x, 0), there[..., ::POINTS_A_FRAME, :]
    x = x.reshape(*x.shape[:-2], x.shape[-2] // POINTS_A_FRAME, FEATURES)
    x = _gelu(_dense(params["first"], _beside(x, 1, xp)), xp)
    for layer, dilation in enumerate(DILATIONS):
        own = params[f"layer_{layer}"]
        y = _norm(own["norm"], x, xp)
        y = _beside(y if frames is None else xp.where(frames, y, 0), dilation, xp)
        x = x + _dense(own["inner"], _gelu(_dense(own["beside"], y), xp))
    y = _dense(params["last"]["classes"], _norm(params["last"]["norm"], x, xp))
    y = y - y.max(axis=-1, keepdims=True)
    return y - xp.log(xp.exp(y).sum(axis=-1, keepdims=True))


def _beside(x: Any, distance: int, xp: ModuleType) -> Any:
    """Each frame of [..., T, C] with those `distance` before and behind it, [..., T, 3 C].

    A product with these is a convolution, and on a CPU several times as fast as one.
    """
    edge = [(0, 0)] * (x.ndim - 2)
    padded = xp.pad(x, [*edge, (distance, distance), (0, 0)])
    return xp.concatenate([padded[..., : x.shape[-2], :], x, padded[..., 2 * distance :, :]], axis=-1)


def _dense(own: Any, x: Any) -> Any:
    return x @ own["kernel"] + own["bias"]


def _norm(own: Any, x: Any, xp: ModuleType) -> Any:
    x = x - x.mean(axis=-1, keepdims=True)
    return x / xp.sqrt(xp.square(x).mean(axis=-1, keepdims=True) + 1e-6) * own["scale"] + own["offset"]


def _gelu(x: Any, xp: ModuleType) -> Any:
    return 0.5 * x * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))

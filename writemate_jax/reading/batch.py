"""How likely many lines say their texts, by JAX: what the reader learns by, and what whole sets are read with.

`Reader.nats`, which is NumPy's, compiles nothing for a few lines of one text.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax

from writemate_jax.reading.ctc import BLANK
from writemate_jax.reading.network import POINTS_A_FRAME, log_probs


def batch_nats(params: Any, rows: jax.Array, lengths: jax.Array, codes: jax.Array) -> jax.Array:
    """-ln P(text | line) of each line, [b] nats; large where a line has too few points for its text.

    Args:
      params: the weights, see `network.log_probs`.
      rows: [b, T, 3], lines padded to T points, a whole number of frames.
      lengths: int32 [b], their points.
      codes: int32 [b, u], their texts, padded with `BLANK`.
    """
    frames = log_probs(params, rows, lengths, xp=jnp)
    behind = (jnp.arange(frames.shape[1]) * POINTS_A_FRAME >= lengths[:, None]).astype(jnp.float32)
    unused = (codes == BLANK).astype(jnp.float32)
    return optax.ctc_loss(frames, behind, codes, unused, blank_id=BLANK)

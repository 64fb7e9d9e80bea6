"""The optimisers: the paper's RMSProp, and Adam with warm-up and cosine as the other choice."""

from __future__ import annotations

from functools import partial

import optax
from ml_collections import ConfigDict

from writemate_jax.training import weight_noise


def learning_rate(config: ConfigDict, steps: int) -> optax.Schedule:
    """Linear warm-up from 0, then a cosine down to `cosine_to` times the rate (1 keeps it constant)."""
    if config.warmup_steps == 0 and config.cosine_to == 1.0:
        return optax.constant_schedule(config.learning_rate)
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0 if config.warmup_steps else config.learning_rate,
        peak_value=config.learning_rate,
        warmup_steps=config.warmup_steps,
        decay_steps=max(steps, config.warmup_steps + 1),
        end_value=config.learning_rate * config.cosine_to,
    )


def make(config: ConfigDict, steps: int) -> optax.GradientTransformation:
    """Builds the optimiser of a configuration's `optimizer` section for a run of `steps`.

    `rmsprop` is eqs 38-45 of Graves (2013): centred, momentum .9, decay .95, 1e-4 inside the root.
    """
    rate = learning_rate(config, steps)
    rule = {
        "rmsprop": partial(optax.rmsprop, decay=0.95, eps=1e-4, eps_in_sqrt=True, centered=True, momentum=0.9),
        "adam": partial(optax.adam, b1=config.b1, b2=config.b2),
    }[config.name](rate)
    if config.weight_noise:
        rule = optax.chain(rule, weight_noise.scaled_steps(config.deviation_steps))
    if config.deviations_first:
        rule = optax.chain(rule, weight_noise.deviations_first(config.deviations_first))
    if config.global_norm > 0:
        return optax.chain(optax.clip_by_global_norm(config.global_norm), rule)
    return rule

"""The optimisers: the paper's RMSProp, and Adam with warm-up and cosine as the other choice."""

from __future__ import annotations

import optax
from ml_collections import ConfigDict

from writemate_jax.config import ConfigurationError
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

    Raises:
      ConfigurationError: an unknown name, a negative deviation of weight noise or number of updates for it alone, such
      updates without weight noise, or steps for deviations that are not longer than nothing.
    """
    if config.weight_noise < 0:
        raise ConfigurationError(f"config.optimizer.weight_noise is {config.weight_noise}; expected 0 (none) or more")
    if config.deviation_steps <= 0:
        raise ConfigurationError(f"config.optimizer.deviation_steps is {config.deviation_steps}; expected more than 0")
    if config.deviations_first < 0 or (config.deviations_first and not config.weight_noise):
        raise ConfigurationError(
            f"config.optimizer.deviations_first is {config.deviations_first}; expected 0 updates, or more where "
            f"config.optimizer.weight_noise, {config.weight_noise}, is above 0"
        )
    rate = learning_rate(config, steps)
    match config.name:
        case "rmsprop":
            rule = optax.rmsprop(rate, decay=0.95, eps=1e-4, eps_in_sqrt=True, centered=True, momentum=0.9)
        case "adam":
            rule = optax.adam(rate, b1=config.b1, b2=config.b2)
        case other:
            raise ConfigurationError(f'config.optimizer.name is "{other}"; use "rmsprop" or "adam"')
    if config.weight_noise:
        rule = optax.chain(rule, weight_noise.scaled_steps(config.deviation_steps))
    if config.deviations_first:
        rule = optax.chain(rule, weight_noise.deviations_first(config.deviations_first))
    if config.global_norm > 0:
        return optax.chain(optax.clip_by_global_norm(config.global_norm), rule)
    return rule

"""What a configuration may be, asked before a run begins: a mistake is told at once, not after hours."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from operator import attrgetter

from ml_collections import ConfigDict

from writemate_jax.config import ConfigurationError, default
from writemate_jax.data.corpus import ARRANGEMENTS
from writemate_jax.limits import LARGEST_BIAS, LARGEST_SEED, MAX_CANDIDATES, MAX_CHARACTERS, MAX_POINTS

LEAST = math.ulp(0.0)
BELOW_ONE = math.nextafter(1.0, 0.0)
# Both ends included.
RANGES = (
    ("seed", 0, LARGEST_SEED),
    ("data.batch_size", 0, math.inf),
    ("data.buckets", 1, math.inf),
    ("data.max_points", 1, math.inf),
    ("data.short_steps", 0, math.inf),
    ("data.short_points", 1, math.inf),
    ("data.slant", 0, math.inf),
    ("data.size", 0, math.inf),
    ("data.aspect", 0, math.inf),
    ("data.unknown_hands", 0, BELOW_ONE),
    ("model.layers", 1, math.inf),
    ("model.cells", 1, math.inf),
    ("model.mixtures", 1, math.inf),
    ("model.components", 1, math.inf),
    ("model.style_size", 0, math.inf),
    ("model.kappa_scale", LEAST, math.inf),
    ("model.sigma_floor", 0, math.inf),
    ("model.rho_max", 0, 1 - 1e-6),
    ("model.lstm_clip", 0, math.inf),
    ("model.output_clip", 0, math.inf),
    ("optimizer.learning_rate", 0, math.inf),
    ("optimizer.global_norm", 0, math.inf),
    ("optimizer.warmup_steps", 0, math.inf),
    ("optimizer.cosine_to", 0, math.inf),
    ("optimizer.b1", 0, BELOW_ONE),
    ("optimizer.b2", 0, BELOW_ONE),
    ("optimizer.average_decay", 0, BELOW_ONE),
    ("optimizer.weight_noise", 0, math.inf),
    ("optimizer.deviation_steps", LEAST, math.inf),
    ("optimizer.deviations_first", 0, math.inf),
    ("training.steps", 1, math.inf),
    ("training.log_every", 1, math.inf),
    ("training.evaluate_every", 1, math.inf),
    ("training.save_every", 1, math.inf),
    ("training.validation_lines", 0, math.inf),
    ("training.minutes", 0, math.inf),
    ("sampling.bias", 0, LARGEST_BIAS),
    ("sampling.reach", 0, math.inf),
    ("sampling.candidates", 1, MAX_CANDIDATES),
    ("sampling.termination_lines", 0, math.inf),
    ("sampling.points", 1, MAX_POINTS),
    ("sampling.points_per_character", 1, math.inf),
    ("sampling.points_per_second", LEAST, math.inf),
)
CHOICES = (
    ("data.arrangement", tuple(sorted(ARRANGEMENTS))),
    ("data.normalisation", ("per_axis", "shared")),
    ("optimizer.name", ("rmsprop", "adam")),
    ("optimizer.loss_unit", ("line", "point")),
    ("training.products", ("float32", "bfloat16")),
)


def check(config: ConfigDict) -> None:
    """Raises ConfigurationError for what would end a run later, or let it learn nothing."""
    known_names = list(_names(default()))
    for name in _names(config):
        if name not in known_names:  # a misspelt one in a configuration file, where nothing else would tell
            near = [known for known in known_names if known.endswith("." + name.rpartition(".")[2])]
            near = near or difflib.get_close_matches(name, known_names, 1)
            raise ConfigurationError(
                f"config.{name} is no field"
                + (f", config.{near[0]} is" if near else "")
                + "; writemate_jax/config.py lists all"
            )
    for field, known in CHOICES:
        value = attrgetter(field)(config)
        if value not in known:
            raise ConfigurationError(f'config.{field} is "{value}"; use {" or ".join(known)}')
    for field, least, most in RANGES:
        value = attrgetter(field)(config)
        if not least <= value <= most:
            raise ConfigurationError(f"config.{field} is {value}; expected {_named(least, most)}")
    data, optimizer, training = config.data, config.optimizer, config.training
    if data.batch_size == 0 and data.points_per_batch < 1:
        raise ConfigurationError(
            f"config.data.points_per_batch is {data.points_per_batch} and config.data.batch_size 0; expected at least 1"
            " of either"
        )
    if optimizer.deviations_first and not optimizer.weight_noise:
        raise ConfigurationError(
            f"config.optimizer.deviations_first is {optimizer.deviations_first}; expected 0 updates where"
            " config.optimizer.weight_noise is 0, as there are no deviations"
        )
    if optimizer.deviations_first >= training.steps:
        raise ConfigurationError(
            f"config.optimizer.deviations_first is {optimizer.deviations_first} of config.training.steps "
            f"{training.steps}; expected less, as the weights do not move in these"
        )
    for field in ("texts", "styles"):
        for value in config.sampling[field]:
            if not isinstance(value, str):  # as --config.sampling.texts=2024 is parsed
                raise ConfigurationError(
                    f"config.sampling.{field} has the number {value!r}; expected texts: give it as \"('{value}',)\""
                )
    for text in config.sampling.texts:
        if not 1 <= len(text.strip()) <= MAX_CHARACTERS:
            raise ConfigurationError(
                f"config.sampling.texts has one of {len(text)} characters, {text[:40]!r}; "
                f"expected 1 to {MAX_CHARACTERS}"
            )
    if config.model.style_size and not data.unknown_hands:
        raise ConfigurationError(
            f"config.model.style_size is {config.model.style_size} and config.data.unknown_hands 0: no line would "
            "teach the hand of a writer who is not known, as those of the validation are; use e.g. 0.2"
        )


def _names(config: ConfigDict, before: str = "") -> Iterator[str]:
    """Of all fields and sections, with the sections that they lie in."""
    for name, value in config.items():
        yield before + name
        if isinstance(value, ConfigDict):
            yield from _names(value, f"{before}{name}.")


def _named(least: float, most: float) -> str:
    if most == math.inf:
        return "more than 0" if least == LEAST else f"at least {least}"
    return f"{least} to {'less than 1' if most == BELOW_ONE else f'{most:g}'}"

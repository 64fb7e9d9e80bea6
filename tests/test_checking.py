"""What a configuration may be: every field is refused by its name, and every one of our own is taken."""

from __future__ import annotations

import importlib
import math
from operator import attrgetter
from pathlib import Path

import pytest
from ml_collections import ConfigDict

from writemate_jax import config as configuration
from writemate_jax.config import ConfigurationError
from writemate_jax.training.checking import CHOICES, RANGES, check

NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "configs").glob("*.py") if path.stem != "__init__")


def changed(field: str, value):
    config = configuration.default()
    section, _, name = field.rpartition(".")
    with (attrgetter(section)(config) if section else config).ignore_type():
        (attrgetter(section)(config) if section else config)[name] = value
    return config


@pytest.mark.parametrize("name", NAMES)
def test_our_own_configurations_are_taken(name):
    check(importlib.import_module(f"configs.{name}").get_config())


def numbers(config, path: str = "") -> set[str]:
    """The fields of a configuration that are numbers, and no yes or no."""
    found = set()
    for name, value in config.items():
        if isinstance(value, ConfigDict):
            found |= numbers(value, f"{path}{name}.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found.add(path + name)
    return found


def test_every_number_has_a_range():
    elsewhere = {"data.points_per_batch", "batch_size"}  # asked for beside data.batch_size; another name of that
    assert numbers(configuration.default()) == {field for field, _, _ in RANGES} | elsewhere


@pytest.mark.parametrize(("field", "least", "most"), RANGES, ids=[field for field, _, _ in RANGES])
def test_a_number_beyond_its_range_is_refused_by_its_field(field, least, most):
    beyond = [math.nextafter(least, -math.inf), -math.inf, math.nan]
    if most < math.inf:
        beyond.append(math.nextafter(most, math.inf))
    for value in beyond:
        with pytest.raises(ConfigurationError, match=rf"^config\.{field} is {value}; expected "):
            check(changed(field, value))


@pytest.mark.parametrize(("field", "known"), CHOICES)
def test_a_choice_that_is_none_is_refused_with_those_there_are(field, known):
    with pytest.raises(ConfigurationError, match=rf'^config\.{field} is "other"; use {" or ".join(known)}$'):
        check(changed(field, "other"))
    for value in known:
        check(changed(field, value))


@pytest.mark.parametrize(("field", "near"), [
    ("optimizer.learning_rte", ", config.optimizer.learning_rate is"), ("note", ""),
    ("model.layer", ", config.model.layers is"), ("model.products", ", config.training.products is"),
])  # fmt: skip
def test_a_field_that_is_none_is_refused_with_the_one_that_is_near(field, near):
    with pytest.raises(ConfigurationError, match=rf"^config\.{field} is no field{near}; .*config.py lists all$"):
        check(changed(field, 1))


@pytest.mark.parametrize("field", ["sampling.texts", "sampling.styles"])
def test_a_text_that_was_taken_for_a_number_is_refused(field):
    with pytest.raises(ConfigurationError, match=rf"""config\.{field} has the number 2024; .* "\('2024',\)"$"""):
        check(changed(field, (2024,)))


def test_fields_that_do_not_fit_each_other_are_refused():
    config = configuration.default()
    config.optimizer.deviations_first = 10
    with pytest.raises(ConfigurationError, match="deviations_first is 10; expected 0 updates where .*noise is 0"):
        check(config)
    config.optimizer.weight_noise, config.training.steps = 0.075, 10
    with pytest.raises(ConfigurationError, match="deviations_first is 10 of config.training.steps 10"):
        check(config)

"""The weights that a run begins with, where they are those of trained networks."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util

from writemate_jax.checkpoints.models import Description, load_model
from writemate_jax.config import ConfigurationError
from writemate_jax.data.corpus import ARRANGEMENTS
from writemate_jax.model.networks import without_text
from writemate_jax.training import weight_noise
from writemate_jax.training.step import TrainState

# What weights mean depends on these; layers, cells and the like show in their shapes.
MEANINGS = (
    "data.normalisation", "data.rests", "model.kappa_scale", "model.peepholes", "model.rho_max", "model.sigma_floor",
)  # fmt: skip
# By how much offsets may differ in their deviations (as a logarithm) and means (in deviations): the arrangements of one
# corpus are 0.02 apart, and a run soon makes up for that.
APART = 0.2


def trained(folders: str, description: Description) -> dict:
    """The weights that a run begins with: of several networks their mean. ConfigurationError for what does not fit."""
    weights = [_weights_of(folder, description) for folder in folders.split(",")]
    shapes = [jax.tree.map(np.shape, one) for one in weights]
    for folder, shape in zip(folders.split(","), shapes, strict=True):
        if shape != shapes[0]:
            raise ConfigurationError(f"config.weights_from: {folder} has other weights than {folders.split(',')[0]}")
    return jax.tree.map(lambda *arrays: np.mean(arrays, axis=0, dtype=np.float64).astype(np.float32), *weights)


def started_from(state: TrainState, weights: Any) -> TrainState:
    """A fresh state with the weights of a trained network, as `trained` has them.

    What that network lacks (styles) stays fresh. Raises ConfigurationError for weights of another shape.
    """
    fresh = traverse_util.flatten_dict(weight_noise.weights_of(state.params), sep="/")
    given = traverse_util.flatten_dict(weights, sep="/")
    for name, array in given.items():
        shape = fresh[name].shape if name in fresh else None
        if shape != array.shape:
            raise ConfigurationError(
                f"the trained network's weights {name} have the shape {array.shape}, this run's {shape}"
            )
    weights = traverse_util.unflatten_dict({**fresh, **given}, sep="/")
    noisy = isinstance(state.params, weight_noise.Posterior)
    params = state.params.replace(mean=weights) if noisy else weights
    return state.replace(params=params, average=jax.tree.map(jnp.copy, weights))


def _told(numbers: np.ndarray) -> str:
    return " and ".join(f"{number:.3g}" for number in numbers)


def _weights_of(folder: str, description: Description) -> dict:
    model = load_model(None if folder == "embedded" else folder)
    for name in ("alphabet", "unit"):
        ours, theirs = getattr(description, name), getattr(model, name)
        if ours != theirs:
            raise ConfigurationError(
                f"config.weights_from: {folder} has the {name} {theirs}, this run {ours}; pack the corpus with that"
                f" {name} (writemate_jax.data.corpus.pack)"
            )
    for field in MEANINGS:
        ours, theirs = (attrgetter(field)(one.config) for one in (description, model))
        if ours != theirs:
            raise ConfigurationError(
                f"config.weights_from: {folder} was trained with config.{field} {theirs}, this run has {ours}, by "
                "which the same weights mean something else; use theirs"
            )
    apart = np.abs(np.log(description.std / model.std))
    shifted = np.abs(description.mean - model.mean) / model.std
    if max(*apart, *shifted) > APART:
        raise ConfigurationError(
            f"config.weights_from: {folder} was trained on offsets of mean {_told(model.mean)} and deviation"
            f" {_told(model.std)} {model.unit}, this run's are of {_told(description.mean)} and"
            f" {_told(description.std)}, by which the same weights mean another size; bring the corpus' letters and the"
            " distances of its points to theirs"
        )
    params = model.params
    if description.writers and model.writers and not {*description.writers} <= {*model.writers}:
        raise ConfigurationError(
            f"config.weights_from: {folder} knows the hands of other writers ({len(model.writers)}, the first "
            f"{model.writers[0]}) than this run's ({len(description.writers)}, the first {description.writers[0]}); "
            "begin with one that was trained on the same corpus"
        )
    arrangement, theirs = description.config.data.arrangement, model.config.data.arrangement
    kept = sorted({*ARRANGEMENTS[theirs][0]} - {*ARRANGEMENTS[arrangement][0]})
    if kept:
        raise ConfigurationError(
            f'config.weights_from: {folder} was trained by the arrangement "{theirs}" on {", ".join(kept)}, too, which '
            f'"{arrangement}" keeps for measuring; begin with a network that was trained by "{arrangement}"'
        )
    if description.writers and model.writers:  # of whom this run may have fewer, where it leaves out longer lines
        rows = [0, *(1 + model.writers.index(writer) for writer in description.writers)]
        params = {**params, "styles": np.asarray(params["styles"])[rows]}
    if model.config.model.window and not description.config.model.window:
        return without_text(params, model.alphabet.size)
    return params

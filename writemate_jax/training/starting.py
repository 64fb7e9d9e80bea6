"""The weights that a run begins with, where they are those of trained networks."""

from __future__ import annotations

import jax
import numpy as np

from writemate_jax.checkpoints.models import Description, load_model
from writemate_jax.config import ConfigurationError
from writemate_jax.data.corpus import ARRANGEMENTS
from writemate_jax.model.networks import without_text


def trained(folders: str, description: Description) -> dict:
    """The weights that a run begins with: of several networks their mean. ConfigurationError for what does not fit."""
    weights = [_weights_of(folder, description) for folder in folders.split(",")]
    shapes = [jax.tree.map(np.shape, one) for one in weights]
    for folder, shape in zip(folders.split(","), shapes, strict=True):
        if shape != shapes[0]:
            raise ConfigurationError(f"config.weights_from: {folder} has other weights than {folders.split(',')[0]}")
    return jax.tree.map(lambda *arrays: np.mean(arrays, axis=0, dtype=np.float64).astype(np.float32), *weights)


def _weights_of(folder: str, description: Description) -> dict:
    model = load_model(None if folder == "embedded" else folder)
    for name in ("alphabet", "unit"):
        ours, theirs = getattr(description, name), getattr(model, name)
        if ours != theirs:
            raise ConfigurationError(f"config.weights_from: {folder} has the {name} {theirs}, this run {ours}")
    arrangement, theirs = description.config.data.arrangement, model.config.data.arrangement
    kept = sorted({*ARRANGEMENTS[theirs][0]} - {*ARRANGEMENTS[arrangement][0]})
    if kept:
        raise ConfigurationError(
            f'config.weights_from: {folder} was trained by the arrangement "{theirs}" on {", ".join(kept)}, too, which '
            f'"{arrangement}" keeps for measuring; begin with a network that was trained by "{arrangement}"'
        )
    if model.config.model.window and not description.config.model.window:
        return without_text(model.params, model.alphabet.size)
    return model.params

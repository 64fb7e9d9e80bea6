"""Trained networks as folders: what they hold, how one is loaded and how one is shipped.

A *model folder* holds `description.json` (configuration, alphabet, offset statistics) and `params.npz` (the weights),
so that whoever writes with a network needs NumPy alone to read it. A work directory's checkpoints carry the same two
things in Orbax's own format, which is asked only where there is one: to import Orbax takes a fifth of a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flax import traverse_util
from ml_collections import ConfigDict

from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet
from writemate_jax.damage import DAMAGE
from writemate_jax.model.networks import Network
from writemate_jax.shipped import SYNTHESIS, shipped
from writemate_jax.strokes import UNIT

LAST, BEST = "last", "best"  # of a work directory
DESCRIPTION, PARAMS = "description.json", "params.npz"


class CheckpointNotFound(ValueError):
    """A folder holds no checkpoint of this project; the message says what was looked for."""


@dataclass(frozen=True)
class Description:
    """What a network needs beside its weights.

    config: of the run. alphabet: its characters. mean, std: float32 [2] of the offsets in the corpus' unit, as used
    for normalisation. unit: the name of that unit. writers: those whose style is learned, in the order of the vectors,
    which begin with that of a hand not known.
    """

    config: ConfigDict
    alphabet: Alphabet
    mean: np.ndarray
    std: np.ndarray
    unit: str
    writers: tuple[str, ...]

    @property
    def sized(self) -> bool:
        """Whether it learned lines between rests in x-heights, so that any ink can be brought to its size."""
        return bool(self.config.data.rests) and self.unit == UNIT

    @property
    def x_height(self) -> float:
        """Of an x in normalised offsets; 0 where it is not known."""
        known = self.unit == UNIT and self.config.data.normalisation == "shared"
        return 1.0 / float(self.std[0]) if known else 0.0

    @property
    def hands(self) -> tuple[str, ...]:
        """The writers whose styles are drawn from where none is asked for."""
        return tuple(self.config.sampling.styles) or self.writers

    @property
    def learns_hands(self) -> bool:
        """Whether a hand can be learned with it: it writes texts, in styles, and is `sized`."""
        model = self.config.model
        return bool(model.window and model.style_size and self.writers and self.sized)

    def network(self) -> Network:
        """The network that the weights belong to."""
        return Network.from_config(self.config.model, self.alphabet.size, len(self.writers))

    def to_json(self) -> dict:
        return {
            "config": configuration.to_json(self.config),
            "alphabet": self.alphabet.characters,
            "mean": [float(x) for x in self.mean],
            "std": [float(x) for x in self.std],
            "unit": self.unit,
            "writers": list(self.writers),
        }

    @classmethod
    def from_json(cls, stored: dict) -> Description:
        return cls(
            config=configuration.from_json(stored["config"]),
            alphabet=Alphabet(stored["alphabet"]),
            mean=np.asarray(stored["mean"], np.float32),
            std=np.asarray(stored["std"], np.float32),
            unit=stored["unit"],
            writers=tuple(stored.get("writers", ())),
        )


@dataclass(frozen=True)
class Model(Description):
    """A trained network: its description and its weights (a tree of arrays)."""

    params: Any


def digest(weights: Mapping[str, Any]) -> str:
    """SHA-256 of a tree of arrays, their names and shapes, as hexadecimal digits."""
    total = hashlib.sha256()
    for path, values in sorted(traverse_util.flatten_dict(weights).items()):
        array = np.ascontiguousarray(values, np.dtype(np.float32).newbyteorder("<"))
        total.update(f"/{'/'.join(path)} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def export_model(folder: Path, description: Description, params: Any) -> None:
    """Writes weights and description as one model folder, as the package ships them.

    Raises FileExistsError where there is something of that name.
    """
    folder = Path(folder).absolute()
    if folder.exists():
        raise FileExistsError(f"{folder} exists; remove it or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.asarray(x) for name, x in traverse_util.flatten_dict(params, sep="/").items()}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        written = Path(temporary) / "model"
        written.mkdir()
        (written / DESCRIPTION).write_text(json.dumps(description.to_json(), indent=1) + "\n", "utf-8")
        np.savez_compressed(written / PARAMS, **arrays)
        written.rename(folder)


def load_model(folder: str | os.PathLike | None = None) -> Model:
    """Loads a trained network.

    Args:
      folder: a work directory of `train.py` (its best weights are taken, else the moving average of the last state),
        its `best/` or `last/`, one step's folder in there, or a folder that `export_model` wrote; None for the network
        that comes with the package.

    Raises:
      CheckpointNotFound: there is none, or what is there is damaged or of a later version.
    """
    path = shipped(SYNTHESIS) if folder is None else find(Path(folder))
    try:
        stored, params = _read(path)
        model = Model(**vars(Description.from_json(stored)), params=params)
        _check_belongs(model)
        return model
    except DAMAGE as error:
        raise CheckpointNotFound(
            f"{path} is no whole checkpoint ({type(error).__name__}: {error}); take another, or train it again"
        ) from error


def _check_belongs(model: Model) -> None:
    """Raises ValueError where the weights are not of the network that is described."""
    found = {name: np.shape(x) for name, x in traverse_util.flatten_dict(model.params, sep="/").items()}
    expected = model.network().shapes()
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise ValueError(
                f"its weights {name} are {found.get(name, 'absent')}; its description says "
                f"{expected.get(name, 'that there are none')}"
            )


def _read(path: Path) -> tuple[dict, Any]:
    """The stored description and the weights of one folder."""
    if not (path / DESCRIPTION).is_file():
        from writemate_jax.checkpoints import orbax_checkpoints

        return orbax_checkpoints.read(path)
    with np.load(path / PARAMS, allow_pickle=False) as stored:
        params = traverse_util.unflatten_dict({name: stored[name] for name in stored.files}, sep="/")
    return json.loads((path / DESCRIPTION).read_text("utf-8")), params


def find(folder: Path) -> Path:
    """The folder of the one checkpoint that `load_model` takes; its name is the step where it lies in `best/` or
    `last/`.
    """
    if not folder.is_dir():
        raise CheckpointNotFound(
            f"{folder} is not a folder; give the --workdir of a training or one of its checkpoints"
        )
    for candidate in (folder, folder / BEST, folder / LAST):
        if _describes(candidate):
            return candidate.absolute()
        steps = [p for p in candidate.glob("*") if p.name.isdigit() and _describes(p)]
        if steps:
            return max(steps, key=lambda p: int(p.name)).absolute()
    raise CheckpointNotFound(
        f"{folder} holds no checkpoint (no description.json, best/STEP/ or last/STEP/ in it); "
        "give the --workdir of a training or one of its checkpoints"
    )


def workdir_of(folder: Path) -> Path:
    """The work directory of a run, of RUN, RUN/best and RUN/best/STEP alike RUN, whether it is still there or not."""
    if (folder / BEST).is_dir() or (folder / LAST).is_dir():
        return folder
    kind = folder.parent if folder.name.isdigit() else folder
    return kind.parent if kind.name in (BEST, LAST) else folder


def _describes(folder: Path) -> bool:
    """Whether the folder is a model folder, or a checkpoint, which calls its description by the same name."""
    return (folder / DESCRIPTION).is_file() or (folder / Path(DESCRIPTION).stem).is_dir()

"""Orbax checkpoints; nothing else in the project knows Orbax.

A work directory holds `last/` (the whole training state, the newest two) and `best/` (the weights with the lowest
validation loss, alone). Each step's folder also carries the *model description*: configuration, alphabet and offset
statistics, so a checkpoint is all that sampling needs. Orbax writes under a temporary name and renames: a step's
folder is whole or absent.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from ml_collections import ConfigDict

from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet
from writemate_jax.config import ConfigurationError
from writemate_jax.model.networks import Network

LAST, BEST = "last", "best"


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


class Checkpoints:
    """The checkpoints of one work directory; a context manager that waits for what is still being written."""

    def __init__(self, workdir: Path, description: Description):
        self._description = description.to_json()
        root = Path(workdir).absolute()
        self._last = ocp.CheckpointManager(root / LAST, options=ocp.CheckpointManagerOptions(max_to_keep=2))
        self._best = ocp.CheckpointManager(
            root / BEST,
            options=ocp.CheckpointManagerOptions(
                max_to_keep=1, best_fn=lambda metrics: metrics["nats_per_line"], best_mode="min"
            ),
        )

        # Kept here, since the manager knows a checkpoint's loss only when it has been written.
        best = self._best.best_step()
        self._lowest = float("inf") if best is None else self._best.metrics(best)["nats_per_line"]

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *_) -> None:
        self._last.close()
        self._best.close()

    def save(self, step: int, state: Any) -> None:
        """Starts writing the whole state at `step`, unless that step is there already."""
        if step not in self._last.all_steps():
            self._last.save(step, args=self._args(state=_to_host(state)))

    def save_if_best(self, step: int, params: Any, nats_per_line: float) -> bool:
        """Writes the weights alone if their validation loss is the lowest so far; says whether it was."""
        if nats_per_line >= self._lowest:
            return False
        self._lowest = nats_per_line
        args = self._args(params=_to_host(params))
        return self._best.save(step, args=args, metrics={"nats_per_line": nats_per_line})

    def restore(self, like: Any) -> Any | None:
        """The newest whole state as host arrays in the structure of `like`; None where the run is new.

        Raises:
          ConfigurationError: the work directory belongs to a run with another model or corpus.
        """
        step = self._last.latest_step()
        if step is None:
            return None
        stored = self._last.restore(step, args=ocp.args.Composite(description=ocp.args.JsonRestore()))["description"]
        # Fields that are newer than the run had their defaults' effect in it.
        stored["config"] = configuration.to_json(configuration.from_json(stored["config"]))
        stored.setdefault("writers", [])
        for key, value in self._description.items():
            # How long to train and how often to look may change between two starts of a run; the rest may not.
            ours, theirs = (_identity(v) if key == "config" else v for v in (value, stored[key]))
            if ours != theirs:
                raise ConfigurationError(
                    f"{self._last.directory.parent} holds a run with another {_difference(ours, theirs, key)}; "
                    "continue it with its own configuration, or choose a new --workdir"
                )
        abstract = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), like)
        return self._last.restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(abstract)))["state"]

    def _args(self, **trees: Any) -> ocp.args.Composite:
        items = {name: ocp.args.StandardSave(tree) for name, tree in trees.items()}
        return ocp.args.Composite(description=ocp.args.JsonSave(self._description), **items)


def export_model(folder: Path, description: Description, params: Any) -> None:
    """Writes weights and description as one checkpoint folder, as the package ships them.

    Raises FileExistsError where there is something of that name.
    """
    folder = Path(folder).absolute()
    if folder.exists():
        raise FileExistsError(f"{folder} exists; remove it or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        written = Path(temporary) / "checkpoint"
        with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
            checkpointer.save(
                written,
                args=ocp.args.Composite(
                    description=ocp.args.JsonSave(description.to_json()), params=ocp.args.StandardSave(_to_host(params))
                ),
            )
        # They say only where the folder was written, which is nobody's business once it is moved.
        for mark in written.rglob("commit_success.txt"):
            mark.unlink()
        written.rename(folder)


def load_model(folder: Path | str) -> Model:
    """Loads a trained network.

    Args:
      folder: a work directory of `train.py` (its best weights are taken, else the moving average of the last state),
        its `best/` or `last/`, one step's folder in there, or a folder that `export_model` wrote.

    Raises:
      CheckpointNotFound: there is none, or what is there is damaged or of a later version.
    """
    path = find(Path(folder))
    try:
        stored, params = _read(path)
        return Model(**vars(Description.from_json(stored)), params=params)
    # Which of them Orbax raises depends on the damage.
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise CheckpointNotFound(
            f"{path} is no whole checkpoint ({type(error).__name__}: {error}); take another, or train it again"
        ) from error


def _read(path: Path) -> tuple[dict, Any]:
    """The stored description and the weights of one checkpoint."""
    item = "params" if (path / "params").is_dir() else "state"
    handlers = {
        item: ocp.PyTreeCheckpointHandler(),
        "description": ocp.JsonCheckpointHandler(),
        "metrics": ocp.JsonCheckpointHandler(),
    }
    with ocp.Checkpointer(ocp.CompositeCheckpointHandler(**handlers)) as checkpointer:
        tree = checkpointer.metadata(path).item_metadata[item].tree
        # As host arrays: the devices of the training need not be here.
        restore_args = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
        restored = checkpointer.restore(
            path,
            args=ocp.args.Composite(
                **{item: ocp.args.PyTreeRestore(restore_args=restore_args)}, description=ocp.args.JsonRestore()
            ),
        )
    tree = restored[item]
    return restored["description"], tree if item == "params" else tree["average"]


def find(folder: Path) -> Path:
    """The folder of the one checkpoint that `load_model` takes; its name is the step where it lies in `best/` or
    `last/`.
    """
    if not folder.is_dir():
        raise CheckpointNotFound(
            f"{folder} is not a folder; give the --workdir of a training or one of its checkpoints"
        )
    for candidate in (folder, folder / BEST, folder / LAST):
        if (candidate / "description").is_dir():
            return candidate.absolute()
        steps = [p for p in candidate.glob("*") if p.name.isdigit() and (p / "description").is_dir()]
        if steps:
            return max(steps, key=lambda p: int(p.name)).absolute()
    raise CheckpointNotFound(
        f"{folder} holds no checkpoint (no description/, best/STEP/ or last/STEP/ in it); "
        "give the --workdir of a training or one of its checkpoints"
    )


def _to_host(tree: Any) -> Any:
    # Copies: the device buffers are donated to the next step while the checkpoint is still being written. NumPy
    # arrays are also what makes one process of several write, and every one of them read.
    return jax.tree.map(lambda x: np.array(x, copy=True), tree)


def _identity(config: dict) -> dict:
    free = {"steps", "log_every", "evaluate_every", "save_every", "validation_lines", "minutes"}
    training = {key: value for key, value in config["training"].items() if key not in free}
    return {**{k: v for k, v in config.items() if k != "sampling"}, "training": training}


def _difference(ours: Any, theirs: Any, path: str) -> str:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            if ours.get(key) != theirs.get(key):
                return _difference(ours.get(key), theirs.get(key), f"{path}.{key}")
    return f"{path}: {theirs!r} there, {ours!r} here"

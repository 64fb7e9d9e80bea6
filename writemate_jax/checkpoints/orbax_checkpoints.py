"""Orbax checkpoints; nothing else in the project knows Orbax.

A work directory holds `last/` (the whole training state, the newest two) and `best/` (the weights with the lowest
validation loss, alone). Each step's folder also carries the *model description*: configuration, alphabet and offset
statistics, so a checkpoint is all that sampling needs. Orbax writes under a temporary name and renames: a step's
folder is whole or absent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from writemate_jax import config as configuration
from writemate_jax.checkpoints.models import BEST, LAST, CheckpointNotFound, Description
from writemate_jax.config import ConfigurationError
from writemate_jax.damage import DAMAGE


class Checkpoints:
    """The checkpoints of one work directory; a context manager that waits for what is still being written.

    corpus_checksum: of the `Corpus` that the run is trained on, by which another one of the same statistics is told.
    """

    def __init__(self, workdir: Path, description: Description, corpus_checksum: int = 0):
        self._description = description.to_json() | {"corpus_checksum": corpus_checksum}
        root = Path(workdir).absolute()
        self._last = _manager(root / LAST, max_to_keep=2)
        self._best = _manager(
            root / BEST, max_to_keep=1, best_fn=lambda metrics: metrics["nats_per_line"], best_mode="min"
        )

        # Kept here, since the manager knows a checkpoint's loss only when it has been written.
        best = self._best.best_step()
        self._lowest = float("inf") if best is None else self._best.metrics(best)["nats_per_line"]

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *_) -> None:
        self._last.close()
        self._best.close()

    @property
    def newest(self) -> int | None:
        """The step that a run goes on from, None where it is new."""
        return self._last.latest_step()

    def save(self, step: int, state: Any) -> None:
        """Starts writing the whole state at `step`, unless that step is there already.

        state: of arrays that stay as they are until that is done, as `parallel.unreplicate` returns them.
        """
        if step not in self._last.all_steps():
            self._last.save(step, args=self._args(state=_to_host(state)))

    def save_if_best(self, step: int, params: Any, nats_per_line: float) -> bool:
        """Writes the weights alone if their validation loss is the lowest so far; says whether it was."""
        if nats_per_line >= self._lowest or step in self._best.all_steps():
            return False
        args = self._args(params=_to_host(params))
        # Forced, as a run that was killed may come by here before the step of its best once more.
        self._best.save(step, args=args, metrics={"nats_per_line": nats_per_line}, force=True)
        self._lowest = nats_per_line
        return True

    def restore(self, like: Any) -> Any | None:
        """The newest whole state as host arrays in the structure of `like`; None where the run is new.

        Raises:
          ConfigurationError: the work directory belongs to a run with another model or corpus.
          CheckpointNotFound: the newest is damaged.
        """
        step, best = self.newest, self._best.best_step()
        if step is None:
            if best is not None:  # of a run that ended before its first state was saved
                self._check_same(self._read(self._best, best, description=ocp.args.JsonRestore()))
            return None
        self._check_same(self._read(self._last, step, description=ocp.args.JsonRestore()))
        abstract = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), like)
        return self._read(self._last, step, state=ocp.args.StandardRestore(abstract))

    def _check_same(self, stored: dict) -> None:
        # Fields that are newer than the run had their defaults' effect in it.
        stored["config"] = configuration.to_json(configuration.from_json(stored["config"]))
        stored.setdefault("writers", [])
        stored.setdefault("corpus_checksum", self._description["corpus_checksum"])
        for key, value in self._description.items():
            ours, theirs = (configuration.identity(v) if key == "config" else v for v in (value, stored[key]))
            if ours != theirs:
                other = configuration.difference(ours, theirs, key)
                raise ConfigurationError(
                    f"{self._last.directory.parent} holds a run with another {other}; "
                    "continue it with its own configuration and corpus, or choose a new --workdir"
                )

    @staticmethod
    def _read(manager: ocp.CheckpointManager, step: int, **item: Any) -> Any:
        [name] = item
        try:
            return manager.restore(step, args=ocp.args.Composite(**item))[name]
        except PermissionError:
            raise
        except DAMAGE as error:
            folder, told = manager.directory / str(step), f"({type(error).__name__}: {error})"
            if _is_whole(folder):
                raise CheckpointNotFound(
                    f"{folder} is whole, but not as this version of WriteMate or Optax keeps a training's state "
                    f"{told}; go on with the version that wrote it, or from its weights: a new --workdir with "
                    f"--config.weights_from={folder}"
                ) from error
            raise CheckpointNotFound(
                f"{folder} is no whole checkpoint {told}; move that folder elsewhere, and the run goes on from the "
                "one before it or, if it was the only one, begins anew"
            ) from error

    def _args(self, **trees: Any) -> ocp.args.Composite:
        items = {name: ocp.args.StandardSave(tree) for name, tree in trees.items()}
        return ocp.args.Composite(description=ocp.args.JsonSave(self._description), **items)


def _manager(folder: Path, **options: Any) -> ocp.CheckpointManager:
    # Where several processes save, each manager waits for the others at barriers of its own name: both may be saving.
    processes = ocp.options.MultiprocessingOptions(barrier_sync_key_prefix=folder.name)
    # What a kill left half written is removed: a save of that step may never come again.
    options = ocp.CheckpointManagerOptions(
        multiprocessing_options=processes, cleanup_tmp_directories=True, **options
    )
    return ocp.CheckpointManager(folder, options=options)


def read(path: Path) -> tuple[dict, Any]:
    """The stored description and the weights of one step's folder: the moving average, where it holds a whole state."""
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


def _is_whole(folder: Path) -> bool:
    try:
        read(folder)
    except DAMAGE:
        return False
    return True


def _to_host(tree: Any) -> Any:
    # NumPy arrays are what makes one process of several write, and every one of them read.
    return jax.tree.map(np.asarray, tree)

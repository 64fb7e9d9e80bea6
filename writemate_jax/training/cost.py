"""What a run has cost so far: time and epochs, through all its starts; and what the networks that it began with had."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from writemate_jax.checkpoints.models import CheckpointNotFound, find, load_model, workdir_of
from writemate_jax.replacing import write_text
from writemate_jax.training import log

BEFORE = "cost_before.json"  # in a work directory


@dataclass
class Cost:
    """Counts on from where the checkpoint that a run goes on from was written.

    What was done after that checkpoint and lost with a killed process is not counted: the weights owe nothing to it.

    seconds: before this start. lines: training lines seen, repeats counted; whoever trains adds to it. lines_in_epoch:
    of the training data. started: `time.monotonic()` of this start.
    """

    seconds: float
    lines: float
    lines_in_epoch: int
    started: float

    @classmethod
    def so_far(cls, workdir: Path, step: int, lines_in_epoch: int, started: float) -> Cost:
        """Of the run in a work directory up to `step`, by its `checkpoints.csv`."""
        rows = [row for row in log.read(workdir / "checkpoints.csv") if row["step"] <= step]
        if not rows:
            return cls(0.0, 0.0, lines_in_epoch, started)
        return cls(rows[-1]["seconds"], rows[-1]["epochs"] * lines_in_epoch, lines_in_epoch, started)

    def now(self) -> dict[str, float]:
        """seconds: of the clock on the wall, with compilation and evaluations. epochs: of the training data."""
        return {
            "seconds": self.seconds + time.monotonic() - self.started,
            "epochs": self.lines / self.lines_in_epoch,
        }


def of_weights(folder: Path) -> tuple[int, float, float] | None:
    """Step, epochs and minutes of the weights that are read from a run's folder; None where there is no log of them."""
    run, step = workdir_of(folder), find(folder).name
    if not step.isdigit():  # of a model folder, whatever its name is
        return None
    steps = int(step)
    for name in ("validation", "checkpoints"):
        for row in log.read(run / f"{name}.csv"):
            if "epochs" in row and row["step"] == steps:
                return steps, round(row["epochs"], 3), round(row["seconds"] / 60, 2)
    return None


def note_before(workdir: Path, weights_from: str) -> None:
    """Keeps what the network that a run begins with has cost, which may be gone on with and have other weights then."""
    write_text(workdir / BEFORE, json.dumps(_with_those_before(weights_from)) + "\n")


def before(workdir: Path, weights_from: str) -> tuple[float, float] | None:
    """Epochs and minutes of the network that a run began with and of those before it; None where it is not known."""
    noted = workdir / BEFORE
    if not noted.exists():
        return _with_those_before(weights_from)
    kept = json.loads(noted.read_text("utf-8"))
    return None if kept is None else tuple(kept)


def _with_those_before(weights_from: str) -> tuple[float, float] | None:
    if not weights_from:
        return 0.0, 0.0
    folder = Path(weights_from)
    try:
        own = of_weights(folder)
        earlier = before(workdir_of(folder), load_model(folder).config.weights_from)
    except CheckpointNotFound:
        return None
    if own is None or earlier is None:
        return None
    _, epochs, minutes = own
    return epochs + earlier[0], minutes + earlier[1]

"""What a run has cost so far: time and epochs, through all its starts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from writemate_jax.training import log


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

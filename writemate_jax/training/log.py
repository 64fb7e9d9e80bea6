"""The log of a run: CSV files, TensorBoard events and the learning curve as a picture."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from tensorboardX import SummaryWriter

from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.replacing import replacing


class Log:
    """Writes rows of named numbers into `workdir/NAME.csv` and to TensorBoard.

    A resumed run drops the rows that lie after its checkpoint, since it makes those steps once more.
    """

    def __init__(self, workdir: Path, step: int):
        self._workdir = Path(workdir)
        self._step = step
        self._files: dict[str, tuple] = {}
        self._board = SummaryWriter(str(self._workdir / "tensorboard"), purge_step=step + 1)

    def write(self, name: str, step: int, **values: float) -> None:
        """Appends one row; the columns are those of the table's first row."""
        if name not in self._files:
            self._files[name] = self._open(name, ["step", *values])
        file, writer = self._files[name]
        told = {key: str(value) if isinstance(value, int) else f"{value:.6g}" for key, value in values.items()}
        writer.writerow({"step": step, **told})
        file.flush()
        for key, value in values.items():
            self._board.add_scalar(f"{name}/{key}", value, step)

    def close(self) -> None:
        for file, _ in self._files.values():
            file.close()
        self._board.close()

    def _open(self, name: str, columns: list[str]):
        path = self._workdir / f"{name}.csv"
        kept = [row for row in read(path) if row["step"] <= self._step]
        with replacing(path) as temporary, open(temporary, "w", newline="") as file:
            # A run that began before a column was there keeps its rows.
            writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="nan")
            writer.writeheader()
            for row in kept:
                writer.writerow({key: f"{value:.10g}" for key, value in row.items()})
        file = open(path, "a", newline="")
        return file, csv.DictWriter(file, columns, extrasaction="ignore")


def read(path: Path) -> list[dict[str, float]]:
    """Rows of a log's CSV file as numbers; empty where there is no file.

    A last row that a kill cut short is left out.
    """
    if not Path(path).exists():
        return []
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: float(value) for key, value in row.items()} for row in rows if all(row.values())]


@default_rc()
def plot_learning_curve(workdir: Path) -> Path | None:
    """Draws training and validation loss of a work directory's logs into `learning_curve.png`, nats per point."""
    from matplotlib.figure import Figure

    training, validation = read(workdir / "train.csv"), read(workdir / "validation.csv")
    if not training:
        return None
    figure = Figure((8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([r["step"] for r in training], [r["nats_per_point"] for r in training], lw=0.7, label="training")
    if validation:
        steps = [r["step"] for r in validation]
        axes.plot(steps, [r["nats_per_point"] for r in validation], "o-", ms=3, label="validation")
    ended = [r for r in validation if not math.isnan(r["complete"])]  # without a text nothing ends
    if ended:
        ends = axes.twinx()
        ends.plot([r["step"] for r in ended], [100 * r["complete"] for r in ended], "g:")
        ends.set(ylabel="lines that end by themselves, %", ylim=(0, 102))
    values = sorted(r["nats_per_point"] for r in training)
    # The first steps are far above the rest and would flatten what matters.
    axes.set_ylim(values[0] - 0.1, values[int(0.97 * (len(values) - 1))] + 0.3)
    axes.set(xlabel="updates", ylabel="nats per point (normalised offsets)")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right")
    path = workdir / "learning_curve.png"
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path

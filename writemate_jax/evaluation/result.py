"""A run's result as a file: what was reached, on which lines, by what, at which cost; and its learning curve."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from writemate_jax import config as configuration
from writemate_jax.checkpoints.models import LAST, Model, load_model, workdir_of
from writemate_jax.data.corpus import ARRANGEMENTS
from writemate_jax.evaluation.likelihood import Likelihood
from writemate_jax.replacing import replacing, write_text
from writemate_jax.training import cost, hardware, log

# Of a long run's training rows so many are kept in its curve, evenly.
CURVE_ROWS = 300


class NoRun(ValueError):
    """A folder is not the work directory of a run with its logs, or a result file lacks something."""


@dataclass(frozen=True)
class Result:
    """One row of the table of results.

    nats_per_line, nats_per_point, sse: of normalised offsets, as the paper has them; see `losses.Sums`. split, lines,
    points, left_out: what they were measured on. std: what offsets were divided by, in the corpus' unit.
    seed, config: of the run, every field of it. steps, epochs, minutes: what the measured weights cost, validation
    and compilation included; what lies after the best step is not counted, nor the network that a run started from
    (weights_from). epochs_before, minutes_before: of that one and those before it, each epoch of its own training
    lines; None where their folders no longer tell. planned_steps: of the configuration. last_step: the run's last
    checkpoint. complete: the run came to its planned end, wherever its loss stood there. hardware: machines of the
    training. workdir: the run's. curve: its learning curve, a file beside this one.
    """

    nats_per_line: float
    nats_per_point: float
    sse: float
    split: str
    lines: int
    points: int
    left_out: int
    unit: str
    std: tuple[float, float]
    seed: int
    steps: int
    planned_steps: int
    last_step: int
    complete: bool
    epochs: float
    minutes: float
    epochs_before: float | None
    minutes_before: float | None
    hardware: str
    workdir: str
    weights_from: str
    curve: str
    config: dict


def of_run(workdir: Path, model: Model, found: Likelihood, split: str, curve: str) -> Result:
    """The result of a run in its work directory, whose `model` was measured.

    Raises NoRun where the folder lacks the run's logs, or the run was trained on what was measured.
    """
    workdir = Path(workdir)
    arrangement = model.config.data.arrangement
    seen = sorted({*split.split(",")} & {*ARRANGEMENTS[arrangement][0]})
    if seen:
        raise NoRun(
            f'{workdir} was trained by the arrangement "{arrangement}", on {", ".join(seen)} as well; a result is of '
            "lines that no weight was learned from"
        )
    own, before = cost.of_weights(workdir), cost.before(workdir, model.config.weights_from)
    if own is None or workdir_of(workdir) != workdir:
        raise NoRun(f"{workdir}: no cost of its weights in validation.csv or checkpoints.csv; give the --workdir of a"
                    " training")  # fmt: skip
    steps, epochs, minutes = own
    last = max((int(path.name) for path in (workdir / LAST).glob("*") if path.name.isdigit()), default=steps)
    # How long to train may have been changed after the best weights were written.
    planned = int(load_model(workdir / LAST).config.training.steps) if (workdir / LAST).is_dir() else last
    return Result(
        nats_per_line=found.nats_per_line,
        nats_per_point=found.nats_per_point,
        sse=found.sse,
        split=split,
        lines=found.lines,
        points=found.points,
        left_out=found.left_out,
        unit=found.unit,
        std=found.std,
        seed=int(model.config.seed),
        steps=steps,
        planned_steps=planned,
        last_step=last,
        complete=last >= planned,
        epochs=epochs,
        minutes=minutes,
        epochs_before=before and round(before[0], 3),
        minutes_before=before and round(before[1], 2),
        hardware=", then ".join(hardware.of(workdir)) or "not noted",
        workdir=str(workdir),
        weights_from=model.config.weights_from,
        curve=curve,
        config=configuration.to_json(model.config),
    )


def write(path: Path, result: Result, workdir: Path) -> None:
    """Writes a result, and beside it the learning curve of its run as CSV."""
    path = Path(path)
    _write_curve(path.with_name(result.curve), Path(workdir))
    write_text(path, json.dumps(asdict(result), indent=1) + "\n")


def read(path: Path) -> Result:
    """A result from its file. Raises NoRun, naming what is absent or unknown there."""
    stored = json.loads(Path(path).read_text("utf-8"))
    known = set(Result.__dataclass_fields__)
    wrong = sorted(known ^ set(stored))
    if wrong:
        raise NoRun(f"{path}: {wrong[0]} is {'absent' if wrong[0] in known else 'unknown'}; measure the run again")
    return Result(**stored)


def _write_curve(path: Path, workdir: Path) -> None:
    """Rows of the run's training (means since the row before) and validation, by step."""
    training = log.read(workdir / "train.csv")
    together = -(-len(training) // CURVE_ROWS) or 1
    rows = [("training", _mean(training[i : i + together])) for i in range(0, len(training), together)]
    rows += [("validation", row) for row in log.read(workdir / "validation.csv")]
    with replacing(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["of", "step", "epochs", "minutes", "nats_per_line", "nats_per_point", "sse"])
        for of, row in sorted(rows, key=lambda pair: (pair[1]["step"], pair[0])):
            cost = (f"{row.get('epochs', float('nan')):.4g}", f"{row.get('seconds', float('nan')) / 60:.4g}")
            losses = (f"{row[name]:.6g}" for name in ("nats_per_line", "nats_per_point", "sse"))
            writer.writerow([of, int(row["step"]), *cost, *losses])


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """The last of some rows, each of as many updates, with the means of their losses."""
    names = ("nats_per_line", "nats_per_point", "sse")
    return {**rows[-1], **{name: sum(row[name] for row in rows) / len(rows) for name in names}}

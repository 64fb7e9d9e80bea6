"""The paper's table beside our results, made from their files, so that nobody types a figure."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

from writemate_jax import config as configuration
from writemate_jax.checkpoints.models import workdir_of
from writemate_jax.evaluation import learning_curves, tables
from writemate_jax.evaluation import result as results
from writemate_jax.evaluation.extrapolation import ASTRAY, FURTHER
from writemate_jax.evaluation.learning_curves import HIGHEST
from writemate_jax.evaluation.result import Result
from writemate_jax.replacing import write_text


class Row(NamedTuple):
    """A network: name of its files, what it is, the paper's nats per line and SSE (tables 3 and 4) where it has them.

    goal: nats a line to come to; the paper's, or where it has none this project's own.
    """

    name: str
    what: str
    nats: float | None
    sse: float | None
    goal: float


ROWS: tuple[Row, ...] = (
    Row("prediction_1x900", "prediction, 1 x 900", -1025.7, 0.40, -1025.7),
    Row("prediction_3x400", "prediction, 3 x 400", -1041.0, 0.41, -1041.0),
    Row("prediction_3x400_weight_noise", "prediction, 3 x 400, adaptive weight noise", -1057.7, 0.41, -1057.7),
    Row("synthesis", "synthesis, 3 x 400", -1096.9, 0.23, -1096.9),
    Row("synthesis_weight_noise", "synthesis, 3 x 400, adaptive weight noise", -1128.2, 0.23, -1128.2),
    Row("synthesis_today", "synthesis, 3 x 400, today's training", None, None, -1200.0),
    Row("prediction_today", "prediction, 3 x 400, today's training", None, None, -1100.0),
)
HONEST = "_honest"  # ends the name of a row that was trained on the training split alone

HEAD = """\
# Results on IAM-OnDB

Made by `python evaluate.py table` from the JSON files in this folder; [how they are made](../reproduce.md), and
[how far the paper's figures can be compared](../reproduce.md#other-peoples-figures): the definitions and the split are
the paper's, the ink is not prepared as it was there, which moves a figure by tens of nats. Nats per line: negative
log-likelihood of a whole line, mean over lines; offsets have mean 0 and standard deviation 1 on each axis over the
training lines, as in the paper. SSE: squared error of the predicted offset, summed over both axes, mean over points, as
the caption of the paper's table 3 has it. Lower is better.

A row and the same network by the honest split are two trainings, often by other means: the gap between them is not
what the split alone does. Epochs and minutes: up to the measured weights, and in brackets with those of the networks
that the row began with ("from"). "Not at its end": the training did not make all the updates that it was laid for; a
row without that mark made them, whether its loss was still falling or not. Weights are not published, by the
database's terms.

| network | work directory | trained by | paper: nats/line | ours | nats/point | paper: SSE | ours | measured on \
| epochs (in all) | minutes (in all) | on |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""

CURVES = "curves.png"
AS_TRAINED = f"""
## Learning curves

![Validation nats per line by epochs]({CURVES})

Dots: the training's own validations, on testset_v or some of its lines, moved so that the measured weights have their
figure on all that they were measured on; the CSVs have them as they were. Epochs are counted from the first network
that a row began with, each of its own training lines. Dotted: what a row is to come to: the paper's figure, or for
today's training this project's own aim. The slope is that of the last third of the validations; where the rate fell, it
is the low rate's, and a turn at a higher one is steeper.

"""
CONTINUED = f"""\
Dashed: a power law above a floor through the validations below {HIGHEST:.0f} nats a line, continued to {FURTHER:.0f}
times the epochs. A law takes for granted that training goes on as it was, at a constant rate, and from a young curve it
is a guess; it is told only where it has a floor and stays within {ASTRAY:.0f} nats at that place without the last
validation, and without the last two.

"""
NO_LAW = """\
No power law continues them: it would take for granted that training goes on as it was, at a constant rate.

"""


def table(folder: Path) -> str:
    """Markdown of the results in a folder; a row without a file says that it was not trained."""
    folder = Path(folder)
    lines = []
    for row in ROWS:
        for suffix, how in (("", ""), (HONEST, ", honest split")):
            path = folder / f"{row.name}{suffix}.json"
            if path.exists():
                paper = ("", "") if suffix else _paper(row)
                lines.append(_row(row.what + how, results.read(path), *paper))
            elif not suffix:
                lines.append(f"| {row.what} | | | {' | '.join((_paper(row)[0], 'not trained', '', _paper(row)[1]))}"
                             " | | | | | |")  # fmt: skip
    reachable = (folder.resolve().parent / "reproduce.md").exists()
    head = HEAD if reachable else re.sub(r"\[([^]]*)\]\(\.\./[^)]*\)", r"\1 (docs/reproduce.md)", HEAD)
    return head + "\n".join(lines) + "\n"


def strangers(folder: Path) -> list[str]:
    """Names of the results in a folder that are of no row of the table."""
    known = {f"{row.name}{suffix}" for row in ROWS for suffix in ("", HONEST)}
    return sorted(path.name for path in Path(folder).glob("*.json") if path.stem not in known)


def write(folder: Path) -> Path:
    """Writes the table as README.md of its folder, with the rows' learning curves and where they go."""
    folder = Path(folder)
    curves = {}
    for row in ROWS:
        if (path := folder / f"{row.name}.json").exists():
            found = results.read(path)
            curves[row] = learning_curves.read(folder / found.curve, found)
    text = table(folder)
    if curves:
        text += AS_TRAINED + (CONTINUED if _lawful(curves) else NO_LAW) + "\n".join(continued_table(curves)) + "\n"
        panels = {
            kind: [(row.what.removeprefix(f"{kind}, "), curve, row.goal) for row, curve in curves.items()
                   if row.what.startswith(kind)]
            for kind in ("prediction", "synthesis")
        }  # fmt: skip
        learning_curves.draw(folder / CURVES, panels)
    write_text(folder / "README.md", text)
    return folder / "README.md"


def _lawful(curves: dict[Row, learning_curves.Curve]) -> bool:
    return any(curve.law for curve in curves.values())


def continued_table(curves: dict[Row, learning_curves.Curve]) -> list[str]:
    """Lines of a table: where each curve stands and, if there are laws, what they say of the rest."""
    lawful, rows = _lawful(curves), []
    for row, curve in curves.items():
        floor, further, when = learning_curves.continued(curve, row.goal)
        best = float(curve.nats.min(initial=float("inf")))
        reached = best <= row.goal
        cells = (row.what, f"{row.goal:.1f}", f"{best:.1f}" + ", reached" * reached if len(curve.nats) else "",
                 f"{curve.epochs[curve.nats.argmin()]:.1f}" if len(curve.nats) else "",
                 "" if math.isnan(curve.slope) else f"{curve.slope:.1f}", floor)  # fmt: skip
        rows.append((*cells, further, "" if reached else when) if lawful else cells)
    header = ("network", "to reach", "lowest", "epochs", "slope, nats an epoch", "law: floor")
    further = (f"law: after {FURTHER:.0f} times the epochs", "law: reached after")
    return tables.table((*header, *further) if lawful else (*header[:-1], "power law"), rows)


def _paper(row: Row) -> tuple[str, str]:
    return ("" if row.nats is None else f"{row.nats:.1f}", "" if row.sse is None else f"{row.sse:.2f}")


def _row(what: str, found: Result, nats: str, sse: str) -> str:
    end = "" if found.complete else f" (step {found.last_step:,} of {found.planned_steps:,}; not at its end)"
    names = " and ".join(workdir_of(Path(folder)).name for folder in found.weights_from.split(","))
    start = f", from {names}" if names else ""
    return (
        f"| [{what}]({found.curve}){end} | {Path(found.workdir).name}{start} | {_training(found)} | {nats} |"
        f" {found.nats_per_line:.1f} | {found.nats_per_point:.3f} | {sse} | {found.sse:.2f} |"
        f" {found.split}: {found.lines:,} lines | {_with(found.epochs, found.epochs_before, '.1f')} |"
        f" {_with(found.minutes, found.minutes_before, ',.0f')} | {found.hardware} |"
    )


def _training(found: Result) -> str:
    """In a few words what the weights were trained by."""
    config = configuration.from_json(found.config)
    optimizer, data = config.optimizer, config.data
    batch = f"{data.batch_size:,} lines" if data.batch_size else f"{data.points_per_batch:,} points"
    rate = f"{optimizer.name} {optimizer.learning_rate:g}"
    if optimizer.cosine_to != 1.0:
        rate += f" laid to fall to {optimizer.cosine_to * optimizer.learning_rate:g}"
    further = [
        name for name, used in (
            ("a warm-up", optimizer.warmup_steps),
            ("averaged weights", optimizer.average_decay),
            ("gradient norm bounded", optimizer.global_norm),
            ("augmented lines", data.slant or data.size or data.aspect),
            (f"products in {config.training.products}", config.training.products != "float32"),
        ) if used
    ]  # fmt: skip
    return ", ".join((rate, f"{found.steps:,} updates of {batch}", *further))


def _with(own: float, before: float | None, form: str) -> str:
    """A row's own cost, and in brackets with what lay before it; a question mark where that is not known."""
    if before == 0:
        return f"{own:{form}}"
    return f"{own:{form}} ({'?' if before is None else f'{own + before:{form}}'})"

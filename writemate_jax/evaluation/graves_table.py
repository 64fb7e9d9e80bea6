"""The paper's table beside our results, made from their files, so that nobody types a figure."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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

Made by `python evaluate.py table` from the JSON files in this folder; [how they are made](../reproduce.md). Nats per
line: negative log-likelihood of a whole line, mean over lines; offsets have mean 0 and standard deviation 1 on each
axis over the training lines, as in the paper. SSE: squared error of the predicted offset, summed over both axes, mean
over points; whether the paper's is a sum or a mean over the axes, it does not say. Lower is better. Epochs and minutes
are a row's own, without those of the network that it begins with ("from", a work directory of that page's commands).

| network | paper: nats/line | ours | nats/point | paper: SSE | ours | measured on | epochs | minutes | on |
|---|---|---|---|---|---|---|---|---|---|
"""

CURVES = "curves.png"
CONTINUED = f"""
## Learning curves

![Validation nats per line by epochs, as far as trained, and the power laws through them]({CURVES})

Dots: validations, moved so that the measured weights have their figure on the whole split. Dashed: a power law above a
floor through those below {HIGHEST:.0f} nats a line, continued to {FURTHER:.0f} times the epochs. Dotted: what a row is
to come to. A law takes for granted that training goes on as it was, and from a young curve it is a guess; it is told
only where it stays within {ASTRAY:.0f} nats at that place without the last validation, and without the last two.

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
                lines.append(f"| {row.what} | {' | '.join((_paper(row)[0], 'not trained', '', _paper(row)[1]))}"
                             " | | | | | |")  # fmt: skip
    return HEAD + "\n".join(lines) + "\n"


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
        text += CONTINUED + "\n".join(_continued(curves)) + "\n"
        panels = {
            kind: [(row.what.removeprefix(f"{kind}, "), curve, row.goal) for row, curve in curves.items()
                   if row.what.startswith(kind)]
            for kind in ("prediction", "synthesis")
        }  # fmt: skip
        learning_curves.draw(folder / CURVES, panels)
    write_text(folder / "README.md", text)
    return folder / "README.md"


def _continued(curves: dict[Row, learning_curves.Curve]) -> list[str]:
    """Lines of a table: where each curve stands, and what its power law says of the rest."""
    rows = []
    for row, curve in curves.items():
        floor, further, when = learning_curves.continued(curve, row.goal)
        best = float(curve.nats.min(initial=float("inf")))
        reached = best <= row.goal
        rows.append((row.what, f"{row.goal:.1f}", f"{best:.1f}" if len(curve.nats) else "",
                     f"{curve.epochs[curve.nats.argmin()]:.1f}" if len(curve.nats) else "", floor, further,
                     "reached" if reached else when))  # fmt: skip
    further = f"law: after {FURTHER:.0f} times the epochs"
    return tables.table(("network", "to reach", "reached", "epochs", "law: floor", further, "law: reached after"), rows)


def _paper(row: Row) -> tuple[str, str]:
    return ("" if row.nats is None else f"{row.nats:.1f}", "" if row.sse is None else f"{row.sse:.2f}")


def _row(what: str, found: Result, nats: str, sse: str) -> str:
    end = "" if found.complete else f" (step {found.last_step:,} of {found.planned_steps:,}; not at its end)"
    names = " and ".join(Path(folder).name for folder in found.weights_from.split(","))
    start = f", from {names}" if names else ""
    return (
        f"| [{what}]({found.curve}){start}{end} | {nats} | {found.nats_per_line:.1f} | {found.nats_per_point:.3f} |"
        f" {sse} | {found.sse:.2f} | {found.split}: {found.lines:,} lines | {found.epochs:.1f} | {found.minutes:,.0f} |"
        f" {found.hardware} |"
    )

"""The paper's table beside our results, made from their files, so that nobody types a figure."""

from __future__ import annotations

from pathlib import Path

from writemate_jax.evaluation import result as results
from writemate_jax.evaluation.result import Result
from writemate_jax.replacing import write_text

# Row, what it is, and the paper's nats per line and SSE (tables 3 and 4 of Graves, 2013), where it has them.
ROWS: tuple[tuple[str, str, float | None, float | None], ...] = (
    ("prediction_1x900", "prediction, 1 x 900", -1025.7, 0.40),
    ("prediction_3x400", "prediction, 3 x 400", -1041.0, 0.41),
    ("prediction_3x400_weight_noise", "prediction, 3 x 400, adaptive weight noise", -1057.7, 0.41),
    ("synthesis", "synthesis, 3 x 400", -1096.9, 0.23),
    ("synthesis_weight_noise", "synthesis, 3 x 400, adaptive weight noise", -1128.2, 0.23),
    ("synthesis_today", "synthesis, 3 x 400, today's training", None, None),
    ("prediction_today", "prediction, 3 x 400, today's training", None, None),
)
HONEST = "_honest"  # ends the name of a row that was trained on the training split alone

HEAD = """\
# Results on IAM-OnDB

Made by `python evaluate.py table` from the JSON files in this folder; [how they are made](../reproduce.md). Nats per
line: negative log-likelihood of a whole line, mean over lines; offsets have mean 0 and standard deviation 1 on each
axis over the training lines, as in the paper. SSE: squared error of the predicted offset, mean over points. Lower is
better.

| network | paper: nats/line | ours | nats/point | paper: SSE | ours | measured on | epochs | minutes | on |
|---|---|---|---|---|---|---|---|---|---|
"""


def table(folder: Path) -> str:
    """Markdown of the results in a folder; a row without a file says that it was not trained."""
    folder = Path(folder)
    lines = []
    for name, what, nats, sse in ROWS:
        for suffix, how in (("", ""), (HONEST, ", honest split")):
            path = folder / f"{name}{suffix}.json"
            if path.exists():
                lines.append(_row(what + how, results.read(path), *(("", "") if suffix else _paper(nats, sse))))
            elif not suffix:
                lines.append(f"| {what} | {' | '.join((_paper(nats, sse)[0], 'not trained', '', _paper(nats, sse)[1]))}"
                             " | | | | | |")  # fmt: skip
    return HEAD + "\n".join(lines) + "\n"


def write(folder: Path) -> Path:
    """Writes the table as README.md of its folder."""
    path = Path(folder) / "README.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, table(folder))
    return path


def _paper(nats: float | None, sse: float | None) -> tuple[str, str]:
    return ("" if nats is None else f"{nats:.1f}", "" if sse is None else f"{sse:.2f}")


def _row(what: str, found: Result, nats: str, sse: str) -> str:
    end = "" if found.complete else f" (step {found.last_step:,} of {found.planned_steps:,}; not at its end)"
    start = f", from {Path(found.weights_from).name}" if found.weights_from else ""
    return (
        f"| [{what}]({found.curve}){start}{end} | {nats} | {found.nats_per_line:.1f} | {found.nats_per_point:.3f} |"
        f" {sse} | {found.sse:.2f} | {found.split}: {found.lines:,} lines | {found.epochs:.1f} | {found.minutes:,.0f} |"
        f" {found.hardware} |"
    )

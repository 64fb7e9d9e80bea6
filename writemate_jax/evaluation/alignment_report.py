"""What a measure of alignment leaves behind: JSON, a table in Markdown, and attention maps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writemate_jax.drawing.attention import plot_attention_sheet
from writemate_jax.evaluation.alignment import Record, Summary, summarise
from writemate_jax.evaluation.groups import ALL, by_group
from writemate_jax.evaluation.tables import plain, table
from writemate_jax.replacing import write_text

MAPS = 6


def write_report(folder: Path, about: Mapping[str, Any], found: Mapping[float, Sequence[Record]]) -> list[Path]:
    """Writes alignment.json and .md, and a PNG of maps for each bias, the worst lines first, into a folder.

    ``found``: records by bias, at least one of at least one line. The folder is made if absent.
    """
    folder = Path(folder)
    summaries = {bias: by_group(records, summarise) for bias, records in found.items()}
    paths = [folder / "alignment.json", folder / "alignment.md"]
    stored = {
        "about": dict(about),
        "written": [
            {
                "bias": bias,
                "groups": {name: asdict(summary) for name, summary in summaries[bias].items()},
                "lines": [_line(record) for record in records],
            }
            for bias, records in found.items()
        ],
    }
    write_text(paths[0], json.dumps(plain(stored), indent=1) + "\n")
    write_text(paths[1], markdown(about, summaries))
    for bias, records in found.items():
        paths.append(folder / f"alignment-bias-{bias:g}.png")
        plot_attention_sheet([record.line for record in chosen(records)], paths[-1])
    return paths


def chosen(records: Sequence[Record], count: int = MAPS) -> list[Record]:
    """Half of them the lines with most faults, for each of their characters; the others from the middle."""
    ordered = sorted(records, key=lambda r: (-r.faults / len(r.line.text), -r.width))
    worst = ordered[: count // 2]
    rest = ordered[len(worst) :]
    first = max(0, len(rest) // 2 - (count - len(worst)) // 2)
    return worst + rest[first : first + count - len(worst)]


def markdown(about: Mapping[str, Any], summaries: Mapping[float, Mapping[str, Summary]]) -> str:
    """A table: every bias over all prompts, then each group at each bias."""
    lines = [
        "Where the window was, point by point. Skipped: never on the character; stalled: on it for more points than"
        " are taken for a loop; width: places that it looks at, 1 for a needle.",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
    ]
    header = ("prompts", "bias", "lines", "in order", "skipped", "spaces skipped", "stalled", "width", "sum of phi",
              "reached the end", "complete", "lines without a fault")  # fmt: skip
    groups = [ALL, *(name for name in next(iter(summaries.values())) if name != ALL)]
    rows = [_cells(name, bias, summaries[bias][name]) for name in groups for bias in summaries]
    return "\n".join(lines + table(header, rows)) + "\n"


def _cells(name: str, bias: float, s: Summary) -> tuple[str, ...]:
    return (name.replace("_", " "), f"{bias:g}", f"{s.lines}", f"{s.in_order:.2%}", f"{s.skipped:.2%}",
            f"{s.skipped_spaces:.1%}", f"{s.stalled:.2%}", f"{s.width:.2f}", f"{s.weight:.2f}", f"{s.reached:.1%}",
            f"{s.complete:.1%}", f"{s.clean:.1%}")  # fmt: skip


def _line(record: Record) -> dict[str, Any]:
    return {
        "group": record.group, "text": record.line.text, "in_order": record.in_order, "skipped": record.skipped,
        "skipped_spaces": record.skipped_spaces, "stalled": record.stalled, "width": record.width,
        "weight": record.weight, "reached": record.reached, "complete": record.line.complete,
        "points": len(record.line.strokes), "seed": record.line.seed,
    }  # fmt: skip

"""What a measure of legibility leaves behind: JSON, a table in Markdown, a curve and contact sheets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writemate_jax.drawing.contact_sheet import contact_sheet
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.evaluation.groups import ALL, by_group
from writemate_jax.evaluation.legibility import Record, Summary, Way, summarise
from writemate_jax.evaluation.tables import plain, table
from writemate_jax.replacing import replacing, write_text

SHEET_LINES = 24


def write_report(
    folder: Path, about: Mapping[str, Any], floor: Sequence[Record], written: Mapping[Way, Sequence[Record]]
) -> list[Path]:
    """Writes legibility.json, .md and .png, and best, median and worst sheets of each way; returns the paths.

    Args:
      folder: made if absent.
      about: what was measured and how, for the JSON and the table's caption.
      floor: records of real ink; may be empty.
      written: the records of each way of writing, ascending; at least one of at least one line.
    """
    folder = Path(folder)
    summaries = {way: by_group(records, summarise) for way, records in written.items()}
    real = by_group(floor, summarise)[ALL] if floor else None
    paths = [folder / f"legibility.{suffix}" for suffix in ("json", "md", "png")]
    write_text(paths[0], json.dumps(plain(as_json(about, floor, real, written, summaries)), indent=1) + "\n")
    write_text(paths[1], markdown(about, real, summaries))
    plot(paths[2], real, summaries)
    for way, records in written.items():
        for name, chosen in extremes(records).items():
            paths.append(folder / f"{name}-bias-{way.bias:g}-of-{way.candidates or 'default'}.png")
            contact_sheet([r.line.strokes for r in chosen], [_title(r) for r in chosen], paths[-1], columns=2)
    return paths


def extremes(records: Sequence[Record], count: int = SHEET_LINES) -> dict[str, list[Record]]:
    """The best, median and worst lines by error rate, then by the recogniser's nats a character; worst ones first."""
    ordered = sorted(records, key=lambda r: (r.error_rate, r.nll_per_character))
    middle = max(0, (len(ordered) - count) // 2)
    return {"best": ordered[:count], "median": ordered[middle : middle + count], "worst": ordered[::-1][:count]}


def as_json(about, floor, real, written, summaries) -> dict[str, Any]:
    """Everything but the ink. The lines are in full, so that other figures can be made of them."""
    return {
        "about": dict(about),
        "floor": None if real is None else {"summary": asdict(real), "lines": [_line(r) for r in floor]},
        "written": [
            {
                **way._asdict(),
                "groups": {name: asdict(summary) for name, summary in summaries[way].items()},
                "lines": [_line(r) for r in records],
            }
            for way, records in written.items()
        ],
    }


def markdown(about: Mapping[str, Any], real: Summary | None, summaries: Mapping[Way, Mapping[str, Summary]]) -> str:
    """Two tables: every figure of each way of writing beside real ink; the CER of each group written so."""
    lines = ["Character errors by the recogniser, case and punctuation counted, with 95% bootstrap intervals.", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()] + [""]
    columns = ("lines", "CER", "interval", "missing", "extra", "wrong", "NLL/character", "complete", "runaway",
               "last one missing", "more behind", "stray tick", "points", "seconds")  # fmt: skip
    figures: list[tuple[str, ...]] = []
    rows = [(str(way), groups[ALL]) for way, groups in summaries.items()]
    rows += [] if real is None else [("real", real)]
    for name, s in rows:
        interval = f"{s.cer_interval.low:.1%}-{s.cer_interval.high:.1%}"
        cells = (name, f"{s.lines}", f"{s.cer:.1%}", interval, f"{s.missing:.1%}", f"{s.extra:.1%}", f"{s.wrong:.1%}",
                 f"{s.nll:.3f}", f"{s.complete:.1%}", f"{s.runaway:.1%}", f"{s.cut_short:.1%}", f"{s.trailing:.1%}",
                 f"{s.tick:.1%}", f"{s.points:.0f}", "" if math.isnan(s.seconds) else f"{s.seconds:.2f}")  # fmt: skip
        figures.append(cells)
    lines += table(("ink", *columns), figures)
    ways = list(summaries)
    groups: list[tuple[str, ...]] = []
    for group, first in summaries[ways[0]].items():
        cells = [
            f"{s.cer:.1%} ({s.cer_interval.low:.1%}-{s.cer_interval.high:.1%})"
            for s in (summaries[way][group] for way in ways)
        ]
        groups.append((group.replace("_", " "), str(first.lines), *cells))
    lines += ["", *table(("CER of", "lines", *map(str, ways)), groups)]
    return "\n".join(lines) + "\n"


@default_rc()
def plot(path: Path, real: Summary | None, summaries: Mapping[Way, Mapping[str, Summary]]) -> None:
    """CER against bias, all lines and each group, with the floor and the best of several candidates drawn in."""
    from matplotlib.figure import Figure

    fewest = min((way.candidates for way in summaries if way.candidates), default=None)
    curve = {way.bias: groups for way, groups in summaries.items() if way.candidates == fewest}
    biases = list(curve)
    figure = Figure((7, 4.5), layout="constrained")
    axes = figure.subplots()
    for group in curve[biases[0]]:
        values = [100 * curve[bias][group].cer for bias in biases]
        if group != ALL:
            axes.plot(biases, values, "o-", lw=0.9, ms=3, alpha=0.7, label=group.replace("_", " "))
            continue
        intervals = [curve[bias][group].cer_interval for bias in biases]
        axes.fill_between(biases, [100 * i.low for i in intervals], [100 * i.high for i in intervals], color="black",
                          alpha=0.12, lw=0)  # fmt: skip
        axes.plot(biases, values, "o-", color="black", lw=2, ms=5, label="all")
    for way, groups in summaries.items():
        if way.candidates != fewest:
            axes.plot(way.bias, 100 * groups[ALL].cer, "s", color="black", ms=4)
            name = f"best of {way.candidates}" if way.candidates else "default"
            axes.annotate(name, (way.bias, 100 * groups[ALL].cer), fontsize=7,
                          xytext=(5, -3), textcoords="offset points")  # fmt: skip
    if real is not None:
        axes.axhspan(100 * real.cer_interval.low, 100 * real.cer_interval.high, color="tab:green", alpha=0.12, lw=0)
        axes.axhline(100 * real.cer, color="tab:green", ls="--", label="real ink")
    axes.set(xlabel="bias", ylabel="character error rate, %", ylim=(0, None))
    axes.legend(fontsize=7, ncols=2)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def _title(record: Record) -> str:
    return f"{record.line.text}  |  read: {record.read}"


def _line(record: Record) -> dict[str, Any]:
    return {
        "group": record.group, "text": record.line.text, "read": record.read, **record.edits._asdict(),
        "nll": record.nll, "complete": record.line.complete, "tick": record.tick, "points": len(record.line.strokes),
    }  # fmt: skip

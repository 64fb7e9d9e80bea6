"""The study's tables and pictures, from the runs that are finished."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.plateau import faults as f
from benchmarks.plateau.running import Row, read_rows
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.replacing import replacing

COLOURS = dict(
    zip(
        f.SAYS,
        ("#000000", "#999999", "#7b3294", "#e31a1c", "#1f78b4", "#33a02c", "#a6761d", "#ff7f00", "#17becf", "#e78ac3",
         "#c2a5cf"),
        strict=True,
    )
)  # fmt: skip


def slope(rows: Sequence[Row]) -> float:
    """Least squares' slope of the validation over the last third of the updates, nats a point in 1,000 updates.

    Not a number where fewer than two finite rows lie there.
    """
    last = [(r.step, r.validation) for r in rows if r.step >= rows[-1].step * 2 / 3 and np.isfinite(r.validation)]
    if len(last) < 2:
        return float("nan")
    step, value = np.array(last).T
    return float(np.polyfit(step / 1_000, value, 1)[0])


def over_none(results: dict[str, list[Row]], name: str) -> float:
    """A run's last validation over that of the run without faults after as many updates; not a number without it."""
    last = results[name][-1]
    return next((last.validation - row.validation for row in results.get("none", ()) if row.step == last.step), np.nan)


def write(results: dict[str, list[Row]], courses: dict[str, np.ndarray], folder: Path) -> None:
    """Writes curves.csv, summary.csv, curves.png and window.png into a folder.

    results: rows of each run by its name. courses: of the window at the end, where a run has one.
    """
    with replacing(folder / "curves.csv") as path, open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", *Row._fields])
        for name, rows in results.items():
            for row in rows:
                writer.writerow([name, *(f"{x:.5g}" if isinstance(x, float) else x for x in row)])
    with replacing(folder / "summary.csv") as path, open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "what it does", "updates", "validation", "over none", "slope", "own", "worth", "end",
                         "past", "unseen", "gradient norm", "not finite"])  # fmt: skip
        for name, rows in results.items():
            r = rows[-1]
            numbers = (r.validation, over_none(results, name), slope(rows), r.own, r.worth, r.end, r.past, r.unseen)
            writer.writerow([name, f.says(name), r.step, *(f"{x:.3f}" for x in numbers),
                             f"{max(row.gradient_norm for row in rows):.3g}", r.not_finite])  # fmt: skip
    _draw_curves(results, folder / "curves.png")
    _draw_courses(courses, folder / "window.png")


def markdown(results: dict[str, list[Row]]) -> str:
    """The table of docs/plateau.md."""
    columns = ("run", "what it does", "updates", "validation", "over `none`", "slope", "own", "text's worth",
               "window's end", "past the text", "not finite")  # fmt: skip
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for name, rows in results.items():
        r = rows[-1]
        numbers = (r.validation, over_none(results, name), slope(rows), r.own)
        cells = [f"`{name}`", f.says(name), f"{r.step:,}", *(f"{x:.3f}" for x in numbers)]
        if name == f.UNREAD:
            cells += ["", "", ""]
        else:
            cells += [f"{r.worth:.3f}", f"{r.end:.2f}", f"{r.past:.0%}"]
        lines.append("| " + " | ".join([*cells, str(r.not_finite)]) + " |")
    return "\n".join(lines)


def read_course(folder: Path, name: str) -> np.ndarray | None:
    """The window's course of a finished run, [STATIONS]; None for one that has none."""
    path = folder / f"{name}.course.csv"
    return np.loadtxt(path) if path.exists() and path.stat().st_size else None


def collect(folder: Path, names: Sequence[str]) -> tuple[dict[str, list[Row]], dict[str, np.ndarray]]:
    """Rows and the last courses of those runs that have begun."""
    results = {name: rows for name in names if (rows := read_rows(folder / f"{name}.csv"))}
    courses = {name: course for name in results if (course := read_course(folder, name)) is not None}
    return results, courses


def _style(name: str) -> dict:
    return {
        "color": COLOURS.get(name, "#bbbb55"),
        "lw": 2.6 if name in ("none", "all") else 1.5,
        "ls": "--" if name == f.UNREAD else "-" if name in COLOURS else ":",
        "label": name,
    }


@default_rc()
def _draw_curves(results: dict[str, list[Row]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure((12, 8.5), layout="constrained")
    axes = figure.subplots(2, 2)
    titles = ("validation: whole lines of held-out writers", "as the run itself would report it",
              "worth of the text, nats a point", "largest norm of a gradient")  # fmt: skip
    fields = ("validation", "own", "worth", "gradient_norm")
    for ax, title, field in zip(axes.flat, titles, fields, strict=True):
        for name, rows in results.items():
            values = np.array([getattr(row, field) for row in rows])
            ax.plot([row.step for row in rows], np.where(np.isfinite(values), values, np.nan), **_style(name))
        ax.set(title=title, xlabel="updates")
        ax.grid(alpha=0.3)
    for ax, field in zip(axes[0], fields, strict=False):
        ax.set(ylabel="nats a point", ylim=_limits(results, field))
    axes[1, 1].set(yscale="log")
    axes[0, 0].legend(fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)


def _limits(results: dict[str, list[Row]], field: str) -> tuple[float, float]:
    """From the lowest value to where the slowest stands after a sixth of the updates: the start would flatten all."""
    last = max(rows[-1].step for rows in results.values())
    values = [getattr(r, field) for rows in results.values() for r in rows if r.step >= last / 6]
    values = [value for value in values if np.isfinite(value)] or [0.0]
    return min(values) - 0.1, min(max(values), np.median(values) + 2.0) + 0.1


@default_rc()
def _draw_courses(courses: dict[str, np.ndarray], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure((7, 5), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color="#cccccc", lw=5, label="an even hand")
    for name, course in courses.items():
        ax.plot(np.linspace(0, 1, len(course)), course, **_style(name))
    ax.set(xlabel="share of the line's points", ylabel="window's place, share of the text", ylim=(-0.02, 1.05))
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)

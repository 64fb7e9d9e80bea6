"""What a measure of likeness leaves behind: JSON, tables in Markdown, and a chart."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.evaluation.features import MEASURES
from writemate_jax.evaluation.likeness import Checks, Likeness
from writemate_jax.evaluation.tables import plain, table
from writemate_jax.evaluation.two_sample import TwoSample
from writemate_jax.replacing import replacing, write_text


def write_report(
    folder: Path, about: Mapping[str, Any], checks: Checks, found: Mapping[float, Likeness]
) -> list[Path]:
    """Writes likeness.json, .md and .png into a folder, which is made if absent; ``found`` by bias, at least one."""
    paths = [Path(folder) / f"likeness.{suffix}" for suffix in ("json", "md", "png")]
    stored = {
        "about": dict(about),
        "checks": asdict(checks),
        "written": [{"bias": bias, **asdict(likeness)} for bias, likeness in found.items()],
    }
    write_text(paths[0], json.dumps(plain(stored), indent=1) + "\n")
    write_text(paths[1], markdown(about, checks, found))
    plot(paths[2], checks, found)
    return paths


def markdown(about: Mapping[str, Any], checks: Checks, found: Mapping[float, Likeness]) -> str:
    """Three tables: the two-sample test, distances, and spreads."""
    biases = list(found)
    names = [f"bias {bias:g}" for bias in biases]
    lines = [f"- {name}: {value}" for name, value in about.items()]

    lines += ["", "Two-sample test: area under the ROC curve of a network that tells written from real lines, on"
              " writers that it was not trained on; 0.5 where it cannot. 95% intervals over writers.", ""]  # fmt: skip
    tests = {name: found[bias].two_sample for name, bias in zip(names, biases, strict=True)}
    tests |= {"real, other writers": checks.real_against_real, "real, disturbed": checks.real_against_disturbed}
    rows = [(name, f"{test.auc:.3f}", f"{test.interval.low:.3f} to {test.interval.high:.3f}")
            for name, test in tests.items()]  # fmt: skip
    lines += table(("real ink against", "AUC", "interval"), rows)

    lines += ["", "Distances to real ink (Wasserstein-1), each divided by the one between two halves of the real"
              " writers; in brackets the means. The floor is the ratio that a half in twenty exceeds.", ""]  # fmt: skip
    rows = []
    for name, measure in MEASURES.items():
        each = [found[bias].distances[name] for bias in biases]
        cells = [f"{_number(d.ratio)} ({_number(d.written)})" for d in each]
        rows.append((f"{name}, {measure.unit}", *cells, _number(each[0].floor), _number(each[0].real),
                     _number(each[0].halves, 3)))  # fmt: skip
    lines += table(("distance of", *names, "floor", "real mean", "between halves"), rows)

    lines += ["", "Diversity: deviation between seeds of one text, divided by that between real writers; 1 is as people"
              " differ.", ""]  # fmt: skip
    rows = [
        (name, *(_number(found[bias].spreads[name].ratio) for bias in biases)) for name in MEASURES
    ] + [("geometric mean", *(_number(found[bias].overall_spread) for bias in biases))]  # fmt: skip
    lines += table(("spread of", *names), rows)
    lines += ["", "Lines that ended by themselves: "
              + ", ".join(f"{found[bias].complete:.1%} at bias {bias:g}" for bias in biases) + "."]  # fmt: skip
    return "\n".join(lines) + "\n"


@default_rc()
def plot(path: Path, checks: Checks, found: Mapping[float, Likeness]) -> None:
    """Three panels, a colour for each bias: ratios of distances, AUC with its interval, ratios of spreads."""
    from matplotlib.figure import Figure

    figure = Figure((12, 4.2), layout="constrained")
    far, told, spread = figure.subplots(1, 3, width_ratios=(3, 2, 3))
    names, thickness = list(MEASURES), 0.8 / len(found)
    for i, (bias, likeness) in enumerate(found.items()):
        places = [row + (i - (len(found) - 1) / 2) * thickness for row in range(len(names))]
        options = {"height": thickness * 0.9, "color": f"C{i}", "label": f"bias {bias:g}"}
        far.barh(places, [likeness.distances[name].ratio for name in names], **options)
        spread.barh(places, [likeness.spreads[name].ratio for name in names], **options)
        _interval(told, i, likeness.two_sample, f"C{i}")
    floors = [next(iter(found.values())).distances[name].floor for name in names]
    far.plot(floors, range(len(names)), "k|", ms=14, label="real halves, 95%")
    for i, test in enumerate((checks.real_against_real, checks.real_against_disturbed), start=len(found)):
        _interval(told, i, test, "black")
    far.set_title("distance to real ink / between real halves")
    spread.set_title("spread over seeds / over real writers")
    for axes in (far, spread):
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.axvline(1, color="black", lw=0.8, ls="--")
        axes.set_xlim(0, None)
    labels = [*(f"bias {bias:g}" for bias in found), "real,\nother writers", "real,\ndisturbed"]
    told.set_xticks(range(len(labels)), labels, rotation=30, fontsize=8)
    told.axhline(0.5, color="black", lw=0.8, ls="--")
    told.set(title="told from real ink: AUC", ylim=(0.3, 1.02), xlim=(-0.5, len(labels) - 0.5))
    figure.legend(*far.get_legend_handles_labels(), loc="outside lower left", ncols=4, fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def _interval(axes, place: int, test: TwoSample, color: str) -> None:
    axes.plot([place, place], test.interval, color=color, lw=2, alpha=0.5)
    axes.plot([place], [test.auc], "o", color=color, ms=6)


def _number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"

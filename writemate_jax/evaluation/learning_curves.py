"""The learning curves of the table's rows: read from their files, continued by a power law, and drawn."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from writemate_jax import config as configuration
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.evaluation import extrapolation
from writemate_jax.evaluation.extrapolation import FURTHER
from writemate_jax.evaluation.result import Result
from writemate_jax.replacing import replacing

HIGHEST = -500.0  # nats a line; above it is the beginning, which tells nothing of the end
STANDING = 3  # validations in a row that are no lower than one before: of a curve that falls no more


class Curve(NamedTuple):
    """A row's validations, moved to where the measured weights have their figure on the whole split.

    epochs, nats: [n], ascending; epochs with those of the networks that the row began with, as far as they are known;
    nats a line. law: through those from a network that has begun to learn; None where there is none, or the curve
    stands. lawless: why none is looked for: the rate fell, or it is not known where the epochs begin; "" where one is.
    """

    epochs: np.ndarray
    nats: np.ndarray
    law: extrapolation.PowerLaw | None
    lawless: str = ""

    @property
    def stands(self) -> bool:
        """Whether it has fallen no more for some time, whatever a law of its fall would promise."""
        return len(self.nats) - 1 - int(np.argmin(self.nats)) >= STANDING if len(self.nats) else False

    @property
    def slope(self) -> float:
        """Nats a line and epoch over the last third of the validations, by least squares; NaN for fewer than three."""
        last = max(3, len(self.nats) // 3)
        return float(np.polyfit(self.epochs[-last:], self.nats[-last:], 1)[0]) if len(self.nats) >= last else math.nan


def read(path: Path, found: Result) -> Curve:
    """The curve of a result from its CSV.

    A training may validate on a part of the split: all of its validations are moved by the difference at the measured
    step, so that curves can be compared with figures.
    """
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["of"] == "validation"]
    steps = np.array([int(row["step"]) for row in rows])
    epochs = np.array([float(row["epochs"]) for row in rows])
    nats = np.array([float(row["nats_per_line"]) for row in rows])
    if (steps == found.steps).any():
        nats = nats + (found.nats_per_line - nats[steps == found.steps][0])
    begun = (nats < HIGHEST) & (epochs > 0)
    lawless = "its rate fell" if configuration.from_json(found.config).optimizer.cosine_to < 1 else ""
    if found.epochs_before is None:
        lawless = lawless or "its beginning is not known"
    curve = Curve(epochs + (found.epochs_before or 0.0), nats, None, lawless)
    if curve.stands or lawless:
        return curve
    return curve._replace(law=extrapolation.lasting(curve.epochs[begun], nats[begun]))


def continued(curve: Curve, goal: float) -> tuple[str, str, str]:
    """What the law says, in words: its floor, its figure after `FURTHER` times the epochs, when it is at the goal."""
    if curve.stands:
        return (f"stands since {curve.epochs[np.argmin(curve.nats)]:.1f} epochs", "", "")
    if curve.lawless:
        return (f"none, {curve.lawless}", "", "")
    if curve.law is None:
        few = (curve.nats < HIGHEST).sum() < extrapolation.FEWEST + 2  # as many as may be left out
        return ("too few validations" if few else "no law holds", "", "")
    epochs = curve.law.epochs_to(goal)
    when = "never" if math.isinf(epochs) else f"{epochs:,.0f} epochs" if epochs < 1e4 else "over 10,000 epochs"
    return (f"{curve.law.floor:.0f}", f"{float(curve.law.at(FURTHER * curve.epochs[-1])):.0f}", when)


@default_rc()
def draw(path: Path, panels: dict[str, list[tuple[str, Curve, float]]]) -> None:
    """Writes a PNG: a panel each for networks of a kind, their validations, laws and goals.

    panels: by heading, of each curve its name, itself, and the figure that it is to come to, drawn as a dotted line.
    """
    from matplotlib.figure import Figure

    figure = Figure((6.2 * len(panels), 4.6), layout="constrained")
    for axes, (heading, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        lowest = min((goal for _, _, goal in curves), default=-1.0)
        for number, (name, curve, goal) in enumerate(curves):
            colour = f"C{number}"
            axes.plot(curve.epochs, curve.nats, "o-", color=colour, markersize=3, linewidth=1, label=name)
            axes.axhline(goal, color=colour, linewidth=0.8, linestyle=":")
            if curve.law is not None:
                t = np.geomspace(curve.epochs[-1], FURTHER * curve.epochs[-1], 50)
                axes.plot(t, curve.law.at(t), "--", color=colour, linewidth=0.8)
            lowest = min(lowest, curve.nats.min(initial=0.0))
        axes.set(title=heading, xscale="log", xlabel="epochs", ylabel="nats a line", ylim=(lowest - 30, HIGHEST))
        axes.xaxis.set_major_formatter(lambda epochs, _: f"{epochs:g}")
        axes.xaxis.set_minor_formatter("")
        axes.grid(alpha=0.3)
        if curves:
            axes.legend(fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})

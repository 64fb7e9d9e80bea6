"""Likelihood of a corpus' lines under a network, by the training's own batches and losses."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from writemate_jax.checkpoints.models import Model
from writemate_jax.data.corpus import Corpus
from writemate_jax.training import evaluation, lines, parallel
from writemate_jax.training.step import make_evaluation_step


@dataclass(frozen=True)
class Likelihood:
    """Negative log-likelihoods in nats, of lines as the network is trained on them (with rests where it has them).

    nats_per_line, nats_per_point: of offsets divided by the network's own deviations, as the training reports them.
    nats_per_line_in_units, nats_per_point_in_units: of offsets in the corpus' unit, which another network's figures on
    the same corpus can be compared with: ln(std_x std_y) more for each point.
    sse: squared error of the mixture's mean, a point, normalised. std: the deviations, in the unit.
    writers: how many wrote those lines. left_out: lines too long, of one point, or beyond the alphabet.
    """

    nats_per_line: float
    nats_per_point: float
    nats_per_line_in_units: float
    nats_per_point_in_units: float
    sse: float
    lines: int
    points: int
    writers: int
    left_out: int
    unit: str
    std: tuple[float, float]
    rests: bool


def measure(model: Model, corpus: Corpus, indices: np.ndarray) -> Likelihood:
    """The likelihood of the lines ``indices`` of a corpus.

    Raises ValueError for a corpus in another unit than the network's, or without a line that it can take.
    """
    if corpus.unit != model.unit:
        raise ValueError(
            f"the corpus is in the unit {corpus.unit!r}, the network knows {model.unit!r}; take a corpus of that unit"
        )
    known = set(model.alphabet.characters)
    window = model.config.model.window
    usable = [int(i) for i in indices if not window or set(corpus.text(i)) <= known]
    data = model.config.data
    # In the training's batches, with as many more lines as the devices here need.
    batch_size = -(-data.batch_size // jax.device_count()) * jax.device_count()
    batches = lines.batches(model, corpus, usable, batch_size=batch_size)
    step = make_evaluation_step(model.network())
    sums = evaluation.validate(step, parallel.replicate(model.params), batches)
    unit_nats = float(np.log(np.asarray(model.std, np.float64)).sum())  # density of dx, dy in the unit, a point
    return Likelihood(
        nats_per_line=float(sums.per_line),
        nats_per_point=float(sums.per_point),
        nats_per_line_in_units=float((sums.nll + unit_nats * sums.points) / sums.lines),
        nats_per_point_in_units=float(sums.per_point + unit_nats),
        sse=float(sums.sse),
        lines=int(sums.lines),
        points=int(sums.points),
        writers=len({corpus.writer(i) for i in batches.indices}),
        left_out=len(indices) - batches.lines,
        unit=model.unit,
        std=tuple(float(s) for s in model.std),
        rests=bool(data.rests),
    )

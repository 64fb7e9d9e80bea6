"""What a network predicts at each step while a real line goes through it."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model
from writemate_jax.model import mdn
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network, text_batch
from writemate_jax.model.window import Text
from writemate_jax.strokes import Rows


class Course(NamedTuple):
    """The predictions for the n points that follow one of a line.

    starts, targets: float64 [n, 2], where the pen is when each is made, and where it goes, from the line's origin.
    mixture: of the offset between the two, its arrays [n, ...]. All is in the corpus' unit. lifted: bool [n], whether
    the pen leaves the paper at starts.
    """

    starts: np.ndarray
    targets: np.ndarray
    mixture: mdn.Mixture
    lifted: np.ndarray


def follow(model: Model, line: Rows, text: str) -> Course:
    """The course of a network along a line of ink [T, 3] in its unit, as in training: a hand not known, no bias.

    text: what the line says, in the network's alphabet; not looked at without a window. A network that knows rests
    predicts T + 1 points, from the rest in front to that behind; another T - 1, from the first point on. Raises
    ValueError for a line without a point to predict.
    """
    rests = model.config.data.rests
    line = strokes.add_rests(line) if rests else np.asarray(line, np.float32)
    if len(line) < 2:
        raise ValueError(f"a line of {len(line)} points; expected 2 or more, since the first is given")
    network = model.network()
    codes = model.alphabet.encode(text) if network.window else None
    read = text_batch([codes], len(codes) + 1) if network.window else None
    inputs = strokes.normalise(line, model.mean, model.std)[None, :-1]
    mixture = jax.device_get(_predictions(network, model.params, inputs, read))
    mixture = in_units(jax.tree.map(lambda part: np.asarray(part[0], np.float64), mixture), model.mean, model.std)
    points = strokes.to_points(line)
    return Course(points[:-1], points[1:], mixture, line[:-1, 2] > 0.5)


def in_units(mixture: mdn.Mixture, mean: np.ndarray, std: np.ndarray) -> mdn.Mixture:
    """The mixture of offsets that were normalised by mean and std [2], as one of offsets in their unit.

    Its density is that of the normalised offset over std_x std_y; correlations stay, since the axes are not mixed.
    """
    mean, std = np.asarray(mean, np.float64), np.asarray(std, np.float64)
    return mixture._replace(mu=mixture.mu * std + mean, log_sigma=mixture.log_sigma + np.log(std))


@partial(jax.jit, static_argnames=("network",))
@exact
def _predictions(network: Network, params: Any, inputs: jax.Array, text: Text | None) -> mdn.Mixture:
    return network.mixture(network.apply({"params": params}, inputs, text))

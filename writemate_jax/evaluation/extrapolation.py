"""Where a learning curve goes: a power law of the epochs above a floor, fitted to its validations.

Such laws describe how the loss of networks falls with training (Hestness et al. 2017, "Deep Learning Scaling is
Predictable, Empirically"). They hold for a constant learning rate at best: what they say of several times the length of
a run is a guess with a formula.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST = 5  # points that a law of three parameters is fitted to
FURTHER = 10.0  # how many times its own epochs a curve is continued
ASTRAY = 20.0  # nats a line that a law may change there without its last points
STEEPEST = 3.0  # of the exponents
# Of them, too: with less, ten times the epochs go a tenth of the way to the floor, and the points, a straight line in
# the logarithm of the epochs, know of no floor.
SHALLOWEST = 0.046


class PowerLaw(NamedTuple):
    """floor + scale * epochs^-exponent; floor and scale in nats a line, scale and exponent not negative."""

    floor: float
    scale: float
    exponent: float

    def at(self, epochs):
        """Nats a line after so many epochs, a number or an array."""
        return self.floor + self.scale * np.asarray(epochs, np.float64) ** -self.exponent

    def epochs_to(self, nats: float) -> float:
        """Epochs after which the law comes to so many nats a line; infinity where it never does."""
        if nats <= self.floor or self.scale == 0 or self.exponent == 0:
            return math.inf
        try:
            return (self.scale / (nats - self.floor)) ** (1 / self.exponent)
        except OverflowError:
            return math.inf


def fit(epochs: Sequence[float], nats: Sequence[float]) -> PowerLaw | None:
    """The law of least squares through validations; None for fewer than `FEWEST`, or where none can be found.

    An exponent that ends at `STEEPEST` is no find: what the law then says of the floor is what that bound says. Nor is
    one below `SHALLOWEST`: its floor may be anything.

    Args:
      epochs: above 0, of each validation.
      nats: nats a line, likewise.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    t, y = np.asarray(epochs, np.float64), np.asarray(nats, np.float64)
    if len(t) < FEWEST:
        return None
    # In units of the curve itself: from 0 to 1, at its last epoch.
    lowest, span = y.min(), max(float(np.ptp(y)), 1e-9)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # of the covariance, which is not used
            (floor, scale, exponent), _ = curve_fit(
                lambda t, floor, scale, exponent: floor + scale * t**-exponent,
                t / t[-1],
                (y - lowest) / span,
                p0=(-0.5, 0.5, 0.5),
                bounds=((-np.inf, 0, 0), (np.inf, np.inf, STEEPEST)),
                max_nfev=10_000,
            )
    except RuntimeError:
        return None
    if not SHALLOWEST <= exponent <= 0.999 * STEEPEST:
        return None
    return PowerLaw(float(lowest + span * floor), float(span * scale * t[-1] ** exponent), float(exponent))


def lasting(epochs: Sequence[float], nats: Sequence[float]) -> PowerLaw | None:
    """The law of `fit`, where it is not of the last one or two validations' making; None otherwise.

    Without them it has to come to the same after `FURTHER` times the epochs, to `ASTRAY` nats a line.
    """
    law = fit(epochs, nats)
    if law is None:
        return None
    last = FURTHER * epochs[-1]
    for fewer in (1, 2):
        other = fit(epochs[:-fewer], nats[:-fewer])
        if other is None or abs(other.at(last) - law.at(last)) > ASTRAY:
            return None
    return law

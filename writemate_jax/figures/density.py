"""The density of the next point, summed over a line: the upper map of the paper's figures 10 and 14."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from writemate_jax.figures.course import Course

# A component that is a pixel wide or less would fall between the pixels' centres. So the map is that of a density
# blurred by a Gaussian of this standard deviation, in pixels: narrow enough to hardly be seen, wide enough for the
# pixels' sum to be the integral to 1 part in 7,000.
BLUR = 0.7
REACH = 6.0  # standard deviations of a component that are drawn; two in a thousand million of it lie beyond
NEGLIGIBLE = 1e-6  # a component of less weight is not drawn


class Box(NamedTuple):
    """A part of the plane, in the line's unit."""

    left: float
    bottom: float
    right: float
    top: float


class DensityMap(NamedTuple):
    """density: float64 [rows, columns], points per square of the unit, the first row the lowest. box: what it covers.
    pixel: the side of a pixel, in the unit.
    """

    density: np.ndarray
    box: Box
    pixel: float


def density_map(course: Course, box: Box, pixel: float, *, blur: float = BLUR) -> DensityMap:
    """The sum over the line's steps of each step's density, placed where the pen is when it is made.

    Its integral over the plane is the number of the course's points. box: of any size, made larger to the right and to
    the top to hold whole pixels. pixel: the side of one, in the unit. blur: see `BLUR`; 0 for none. Raises ValueError
    for a box or a pixel without a size.
    """
    if not (pixel > 0 and box.right > box.left and box.top > box.bottom):
        raise ValueError(f"{box} in pixels of {pixel}; expected sizes above 0")
    columns = int(np.ceil((box.right - box.left) / pixel - 1e-9))
    rows = int(np.ceil((box.top - box.bottom) / pixel - 1e-9))
    x = box.left + pixel * (np.arange(columns) + 0.5)
    y = box.bottom + pixel * (np.arange(rows) + 0.5)
    weight = np.exp(course.mixture.log_pi)
    centre = course.starts[:, None] + course.mixture.mu
    sigma = np.exp(course.mixture.log_sigma)
    covariance = course.mixture.rho * sigma[..., 0] * sigma[..., 1]
    variance = np.square(sigma) + np.square(blur * pixel)
    total = np.zeros((rows, columns))
    for t, m in zip(*np.nonzero(weight >= NEGLIGIBLE), strict=True):
        (sx, sy), (cx, cy) = np.sqrt(variance[t, m]), centre[t, m]
        across, up = _near(x, cx, REACH * sx), _near(y, cy, REACH * sy)
        if across.start >= across.stop or up.start >= up.stop:
            continue
        rho = covariance[t, m] / (sx * sy)
        rest = (1 - rho) * (1 + rho)
        zx, zy = (x[across] - cx) / sx, ((y[up] - cy) / sy)[:, None]
        height = weight[t, m] / (2 * np.pi * sx * sy * np.sqrt(rest))
        total[up, across] += height * np.exp(-0.5 * (np.square(zx - rho * zy) / rest + np.square(zy)))
    return DensityMap(total, Box(box.left, box.bottom, box.left + columns * pixel, box.bottom + rows * pixel), pixel)


def _near(places: np.ndarray, centre: float, reach: float) -> slice:
    return slice(*np.searchsorted(places, [centre - reach, centre + reach]))

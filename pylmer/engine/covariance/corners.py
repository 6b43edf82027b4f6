"""Where another minimum may lie: the corners of one term's covariances, in whitened coordinates.

A criterion with few levels or little data can have a minimum in which a term is zero, another in which it is large, and
others in which all of it lies along one direction: an intercept alone, a slope alone, a correlation of 1 or -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...numerics.linalg import Array
from .family import CovarianceFamily
from .point import Point

WHOLE = (0.0, 0.3, 3.0, 30.0)  # standard deviations of all columns, relative to sigma
ALONE = (0.5, 1.5, 5.0, 15.0, 50.0, 150.0, 500.0, 1500.0)  # and of a single direction
TOGETHER = (1e2, 1e3, 1e4, 1e5)  # all terms at once: columns that nearly cancel, a year without correlation
SMALL = 0.1  # the other terms, where they are not at the optimum that was found


@dataclass(frozen=True, eq=False)
class Corners:
    """whole: all columns alike. along: D directions times S sizes, direction by direction; `circular` where the first
    direction follows the last."""

    whole: tuple[Point, ...]
    along: tuple[Point, ...]
    circular: bool

    @property
    def points(self) -> tuple[Point, ...]:
        """All of them."""
        return (*self.whole, *self.along)

    def minima(self, values: Array) -> Array:
        """Which of the criteria at `along` (D S, R) no neighbour undercuts; the nearest sizes, and angles, of each."""
        grid = values.reshape(-1, len(ALONE), values.shape[1])
        bounded = np.pad(grid, ((0, 0), (1, 1), (0, 0)), constant_values=np.inf)
        lowest = (grid <= bounded[:, :-2]) & (grid <= bounded[:, 2:])
        if self.circular:
            lowest &= (grid <= np.roll(grid, 1, axis=0)) & (grid <= np.roll(grid, -1, axis=0))
        return np.asarray(lowest.reshape(values.shape))


@lru_cache(maxsize=64)
def corners(family: CovarianceFamily) -> Corners:
    """Where to look.

    >>> from pylmer.engine.covariance.family import covariance_family
    >>> len(corners(covariance_family("us", 2)).points), len(corners(covariance_family("us", 1)).points)
    (388, 4)
    """
    whole = tuple(family.multiple(c) for c in WHOLE if c or not family.kinked)
    return Corners(whole, tuple(family.along(v, c) for v in family.directions for c in ALONE), family.circular)

"""Where a criterion of (Sigma, beta) is asked: points of the covariances, beta, shape parameters of the family.

Local coordinates are those of the points (moving charts, see `covariance`), then beta, then the shapes; beta is that of
the scaled columns X R^-1, so that all coordinates are in units of the linear predictor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array
from ..covariance.point import Point
from ..covariance.points import Points

SHAPE_LIMIT = float(np.log(1e6))  # of log theta, both ways: beyond it the criterion is held, theta at this limit


@dataclass(frozen=True, eq=False)
class Place:
    """points, one per random term; beta (p,), empty where it is profiled; shapes, logs of the family's parameters.

    limit  of the shapes, either way: beyond it they are held (log phi has none)
    """

    points: Points
    beta: Array
    shapes: Array
    limit: float = SHAPE_LIMIT

    @property
    def k(self) -> int:
        """Number of coordinates of the covariances."""
        return self.points.size

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.k + len(self.beta) + len(self.shapes)

    def templates(self) -> list[Array]:
        """T (l, l) per random term."""
        return [point.template() for point in self.points]

    def _parts(self, step: Array) -> tuple[Array, Array, Array]:
        k, p = self.k, len(self.beta)
        return step[:k], self.beta + step[k : k + p], self.shapes + step[k + p :]

    def shifted(self, step: Array) -> Place:
        """The place at local coordinates `step`, still in these coordinates."""
        of_points, beta, shapes = self._parts(step)
        return Place(self.points.shifted(of_points), beta, shapes, self.limit)

    def moved(self, step: Array) -> Place:
        """The same place with coordinates of its own."""
        of_points, beta, shapes = self._parts(step)
        return Place(self.points.moved(of_points), beta, shapes, self.limit)

    def same_chart(self, other: Place) -> bool:
        """Whether second-order information at `other` still speaks of the same coordinates."""
        return self.points.same_chart(other.points)

    @property
    def extent(self) -> float:
        """The largest entry of all templates."""
        return self.points.extent

    @property
    def free(self) -> Array:
        """Mask over the coordinates: False where one would only grow a vanished deviation, and at a shape's limit."""
        inside = np.abs(self.shapes) < self.limit
        return np.concatenate([self.points.free, np.ones(len(self.beta), bool), inside])

    @property
    def theta(self) -> float:
        """The shape of a negative binomial, within its limits."""
        return float(np.exp(np.clip(self.shapes[0], -SHAPE_LIMIT, SHAPE_LIMIT)))


def in_chart(point: Point, tangents: Array) -> Array:
    """The local steps (k, m) that move Sigma as `tangents` (m, l, l) do, to first order, where the chart has them."""
    own = point.tangents()
    steps: Array = np.linalg.lstsq(own.reshape(len(own), -1).T, tangents.reshape(len(tangents), -1).T, rcond=1e-12)[0]
    return steps

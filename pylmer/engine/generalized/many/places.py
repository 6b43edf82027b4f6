"""Where the criteria of many runs are asked: `generalized.place` with a leading axis of runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....numerics.linalg import Array, Mask
from ...covariance.point import VANISHED
from ...many_responses.stacked_points import StackedPoints
from ..place import Place


@dataclass(frozen=True, eq=False)
class ManyPlaces:
    """Covariances of m runs, and beta (m, p) of the scaled columns."""

    points: StackedPoints
    beta: Array

    def __getitem__(self, runs: Array) -> ManyPlaces:
        return ManyPlaces(self.points[runs], self.beta[runs])

    def updated(self, runs: Array, other: ManyPlaces) -> ManyPlaces:
        """These places with `other` in the places of `runs`."""
        beta = self.beta.copy()
        beta[runs] = other.beta
        return ManyPlaces(self.points.updated(runs, other.points), beta)

    @property
    def k(self) -> int:
        """Number of coordinates of the covariances."""
        return self.points.size

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.k + int(self.beta.shape[1])

    @property
    def extent(self) -> Array:
        """The largest entry of all templates of each run (m,)."""
        return self.points.extent

    def moved(self, step: Array) -> ManyPlaces:
        """The places after `step` (m, size), in charts of their own."""
        return ManyPlaces(self.points.moved(step[:, : self.k]), self.beta + step[:, self.k :])

    def shifted(self, step: Array) -> ManyPlaces:
        """The places at local coordinates `step` (m, size), still in these coordinates."""
        return ManyPlaces(self.points.shifted(step[:, : self.k]), self.beta + step[:, self.k :])

    def same_chart(self, other: ManyPlaces) -> Mask:
        """Whether second-order information at `other` still speaks of the same coordinates (m,)."""
        return self.points.same_chart(other.points)

    def place(self, run: int) -> Place:
        """One run's place."""
        return Place(self.points.points(run), self.beta[run], np.zeros(0))


def is_singular(places: ManyPlaces) -> Mask:
    """The runs whose covariance has lost a direction."""
    return np.asarray(np.any(places.points.deviations() < VANISHED, axis=1))

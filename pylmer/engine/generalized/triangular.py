"""Covariances in the coordinates of one lower-triangular template.

Where the template itself matters: quadrature, whose grid of nodes turns with it, and parameters that are held, since
with its column first a standard deviation is one entry, and a correlation a ratio of two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Mask, lower_factor, transposed
from ..covariance.point import Point, lower_entries
from ..covariance.unstructured import Unstructured


@dataclass(frozen=True, eq=False)
class Triangular(Point):
    """Sigma = T~ T~', T~ = R diag(1/d) S with S lower triangular, whose entries are the local coordinates.

    diag(1/d) S is the template in the user's units: lme4's, where R (l, l) brings the user's columns to the scaled
    ones, or that of columns in another order, where R does. d are the lengths of the columns of R.
    """

    S: Array
    R: Array

    @classmethod
    def of(cls, point: Point, R: Array) -> Triangular:
        """The same Sigma."""
        d = np.linalg.norm(R, axis=0)
        S: Array = d[:, None] * lower_factor(np.linalg.solve(R, point.template()))[0]
        return cls(S, R)

    @property
    def _unit(self) -> Array:
        return np.asarray(self.R / np.linalg.norm(self.R, axis=0))

    @property
    def units_of_rows(self) -> Array:
        """What divides the rows of S to give the template in the user's units."""
        return np.asarray(np.linalg.norm(self.R, axis=0))

    @property
    def size(self) -> int:
        return len(lower_entries(len(self.S))[0])

    def template(self) -> Array:
        return np.asarray(self._unit @ self.S)

    @property
    def directions(self) -> Array:
        """dT~/da (k, l, l)."""
        rows, columns = lower_entries(len(self.S))
        E = np.zeros((len(rows), *self.S.shape))
        E[np.arange(len(rows)), :, columns] = self._unit.T[rows]
        return E

    def tangents(self) -> Array:
        half = self.directions @ self.template().T
        return np.asarray(half + transposed(half))

    def curvature(self, G: Array) -> Array:
        E = self.directions.reshape(-1, G.size)
        return np.asarray(2.0 * E @ (G @ self.directions).reshape(-1, G.size).T)

    def shifted(self, step: Array) -> Triangular:
        S = self.S.copy()
        S[lower_entries(len(S))] += step
        return Triangular(S, self.R)

    def moved(self, step: Array) -> Triangular:
        return self.shifted(step)

    def _by_deviations(self, change: Array) -> Triangular:
        U, _, _ = np.linalg.svd(self.template())
        return Triangular.of(Unstructured(U * change, U), self.R)

    def zeroed(self, tolerance: float) -> Triangular:
        s = self.deviations()
        return self._by_deviations(np.where(s < tolerance, 0.0, s))

    def floored(self, floor: float) -> Triangular:
        return self._by_deviations(np.maximum(self.deviations(), floor))

    def deviations(self) -> Array:
        return np.linalg.svd(self.template(), compute_uv=False)

    def root_directions(self) -> Array:
        return self.directions

    @property
    def free(self) -> Mask:
        alive = self.deviations() > 0
        return np.append(alive, np.full(self.size - len(alive), alive.any()))

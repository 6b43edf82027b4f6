"""The criterion of a generalized linear mixed model in the user's coordinates: lme4's `par`, beta, log theta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, block_diagonal
from ..covariance.family import CovarianceFamily as Covariance
from ..covariance.points import Points
from .laplace import Laplace, LaplaceAt
from .modes import RowResponses
from .place import SHAPE_LIMIT, Place, in_chart
from .profiled_beta import Profiled
from .quadrature import Quadrature, QuadratureAt
from .weighted import WeightedStructure

Criterion: TypeAlias = Laplace | Quadrature
At: TypeAlias = LaplaceAt | QuadratureAt


@dataclass(frozen=True, eq=False)
class GeneralizedDevfun:
    """d(x), x = (par (k,), beta (p,), a shape), all in user's units.

    The shape is log theta of a negative binomial that is estimated, log phi of a family with a scale where nAGQ > 1
    (elsewhere phi is profiled), else none. With nAGQ = 0 beta is profiled and no part of x. Called with x it gives the
    value; `at` gives what the value, the gradient and the modes come from, and begins at the modes of `near`, which is
    much faster:

        d = devfun.at(x, near=optimum.at); d.value; devfun.gradient(d)
    """

    criterion: Criterion
    covariances: tuple[Covariance, ...]
    free_shape: bool = False

    def __call__(self, x: Sequence[float] | Array) -> float:
        """The criterion, -2 log of the approximate likelihood (lme4's, where the criterion is that)."""
        return self.at(x).value

    def at(self, x: Sequence[float] | Array, near: At | None = None) -> At:
        """The criterion at x; ArgumentError if its length is wrong, NumericalError where it has no value."""
        place = self.place(x)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._at(place, near)

    def _at(self, place: Place, near: At | None) -> At:
        if near is not None and near.place.size == place.size:
            return near.to(place)
        return self.criterion.at(place)

    @property
    def k(self) -> int:
        """Number of parameters of the covariances."""
        return sum(covariance.size for covariance in self.covariances)

    @property
    def p(self) -> int:
        """Number of fixed effects among the coordinates: 0 where they are profiled."""
        return 0 if isinstance(self.criterion, Profiled) else self.structure.p

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.k + self.p + self.shapes

    @property
    def shapes(self) -> int:
        """Number of shapes: 0 or 1."""
        scaled = isinstance(self.criterion, Quadrature) and self.criterion.scaled
        return int(self.free_shape or scaled)

    @property
    def structure(self) -> WeightedStructure:
        """The rows."""
        return self.criterion.structure

    @property
    def laplace(self) -> Laplace:
        """The criterion that gives the modes."""
        return self.criterion.laplace if isinstance(self.criterion, Quadrature) else self.criterion

    @property
    def responses(self) -> RowResponses:
        """y, prior weights, offset and family."""
        return self.laplace.responses

    def place(self, x: Sequence[float] | Array) -> Place:
        """x -> the place, in scaled coordinates."""
        values = np.array(x, float)
        if values.shape != (self.size,):
            raise ArgumentError(f"the criterion has {self.size} coordinates (covariances, beta); found {values.size}")
        if not np.isfinite(values).all():
            raise ArgumentError(f"the coordinates must be finite, found {values}")
        scaling, k, p = self.structure.scaling, self.k, self.p
        pieces = np.split(values[:k], np.cumsum([c.size for c in self.covariances])[:-1])
        points = [c.point(piece, R) for c, piece, R in zip(self.covariances, pieces, scaling.R_terms, strict=True)]
        beta = scaling.R @ values[k : k + p] if p else np.zeros(0)
        limit = SHAPE_LIMIT if self.free_shape else np.inf
        place = Place(Points(points), beta, values[k + p :], limit)
        return self.criterion.own(place) if isinstance(self.criterion, Quadrature) else place

    def coordinates(self, at: At) -> Array:
        """x of a place."""
        scaling = self.structure.scaling
        points = zip(self.covariances, at.place.points, scaling.R_terms, strict=True)
        par = [covariance.par(point, R) for covariance, point, R in points]
        shapes = np.clip(at.place.shapes, -at.place.limit, at.place.limit)
        return np.concatenate([*par, scaling.inverse @ at.place.beta if self.p else np.zeros(0), shapes])

    def gradient(self, at: At) -> Array:
        """dd/dx (size,)."""
        k = at.place.k
        beta = self._R.T @ at.gradient[k : k + self.p]
        return np.concatenate([*at.slopes_along(self._par_tangents(at.place)), beta, at.gradient[k + self.p :]])

    @property
    def _R(self) -> Array:
        """Of the fixed effects among the coordinates."""
        return self.structure.scaling.R[: self.p, : self.p]

    def _par_tangents(self, place: Place) -> list[Array]:
        """dSigma~/dpar (k_i, l, l) per random term."""
        terms = zip(self.covariances, place.points, self.structure.scaling.R_terms, strict=True)
        return [R @ covariance.par_tangents(covariance.par(point, R)) @ R.T for covariance, point, R in terms]

    def jacobian(self, place: Place) -> Array:
        """d(local coordinates of a place)/dx (size, size), where no standard deviation vanishes."""
        pairs = zip(place.points, self._par_tangents(place), strict=True)
        rest = np.eye(self.p + len(place.shapes))
        rest[: self.p, : self.p] = self._R
        return block_diagonal([*(in_chart(point, tangents) for point, tangents in pairs), rest])

    def with_responses(self, y: Array, weights: Array | None = None, offset: Array | None = None) -> GeneralizedDevfun:
        """The same model of another response (and prior weights, offset): what belongs to X and Z is shared."""
        old = self.responses
        responses = replace(
            old,
            y=np.asarray(y, float),
            weights=old.weights if weights is None else np.asarray(weights, float),
            offset=old.offset if offset is None else np.asarray(offset, float),
        )
        laplace = replace(self.laplace, responses=responses)
        criterion = replace(self.criterion, laplace=laplace) if isinstance(self.criterion, Quadrature) else laplace
        return replace(self, criterion=criterion)

"""The covariances of all random terms of one fit, between lme4's `par` and points in scaled coordinates.

What one term may be says its `CovarianceFamily`; here the terms stand side by side, each with the scale of its columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from ...numerics.linalg import Array, joined, traces
from .family import CovarianceFamily
from .point import Point
from .points import Points


class Scored(Protocol):
    """A place with the score of a criterion there: G = dd/dSigma~ (l, l) of each random term."""

    @property
    def place(self) -> Points:
        """One point per term."""

    @property
    def G(self) -> Sequence[Array]:
        """dd/dSigma~ (l, l), one per term."""


class Label(NamedTuple):
    """What names speak of: the grouping factor and the columns of a random term."""

    group: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Covariances:
    """What the relative covariances of a fit may be, one entry a random term, in fitting order.

    families  the structure and width l of each
    R_terms   upper triangular (l, l): the sums are those of Z~ = Z R^-1, so that Sigma = R^-1 Sigma~ R^-T
    labels    for names, none where nobody asks for them

    >>> from pylmer.engine.covariance.family import covariance_family
    >>> both = Covariances((covariance_family("us", 2), covariance_family("diag", 1)), (np.eye(2), 2 * np.eye(1)))
    >>> points = both.points(np.array([1.0, 0.5, 2.0, 3.0]))
    >>> both.par(points)
    array([1. , 0.5, 2. , 3. ])
    >>> points[1].template()
    array([[6.]])
    """

    families: tuple[CovarianceFamily, ...]
    R_terms: tuple[Array, ...]
    labels: tuple[Label, ...] = ()

    @classmethod
    def unscaled(cls, families: Sequence[CovarianceFamily], labels: Sequence[Label] = ()) -> Covariances:
        """The same in the user's own coordinates: Z~ = Z."""
        return cls(tuple(families), tuple(np.eye(family.width) for family in families), tuple(labels))

    def on(self, R_terms: Sequence[Array]) -> Covariances:
        """The same on other scales, those of other sums."""
        return replace(self, R_terms=tuple(R_terms))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Free parameters of each term."""
        return tuple(family.size for family in self.families)

    @property
    def size(self) -> int:
        """k, the length of `par`."""
        return sum(self.sizes)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """lme4's lower and upper bounds of `par`: (k,) each."""
        lower, upper = zip(*(family.bounds for family in self.families), strict=True)
        return np.concatenate(lower), np.concatenate(upper)

    # --- names --------------------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> tuple[str, ...]:
        """lme4's names of `par`: (k,)."""
        terms = zip(self.families, self.labels, strict=True)
        return tuple(name for family, label in terms for name in family.par_names(*label))

    @cached_property
    def theta_names_by_term(self) -> tuple[tuple[str, ...], ...]:
        """lme4's names of the theta of each term."""
        terms = zip(self.families, self.labels, strict=True)
        return tuple(tuple(family.theta_names(*label)) for family, label in terms)

    @property
    def theta_names(self) -> tuple[str, ...]:
        """lme4's names of theta."""
        return tuple(name for names in self.theta_names_by_term for name in names)

    # --- par, points, templates, theta --------------------------------------------------------------------------------

    def multiple(self, c: float | Array) -> Points:
        """Every relative covariance c^2 I in scaled coordinates; c one number, or one for each term."""
        if not isinstance(c, np.ndarray):
            return Points.multiple(self.families, c)
        return Points([family.multiple(float(size)) for family, size in zip(self.families, c, strict=True)])

    def points(self, par: Array) -> Points:
        """`par` (k,) -> one point per random term, in scaled coordinates."""
        terms = zip(self.families, self.pieces(par), self.R_terms, strict=True)
        return Points([family.point(piece, R) for family, piece, R in terms])

    def pieces(self, par: Array) -> list[Array]:
        """What each term has of `par` (k,)."""
        return [par] if len(self.families) == 1 else np.split(par, np.cumsum(self.sizes)[:-1])

    def par(self, points: Points) -> Array:
        """The points -> `par` (k,)."""
        return joined([family.par(point, R) for family, point, R in self.terms(points)])

    def par_gradient(self, at: Scored, par: Array | None = None) -> Array:
        """dd/dpar (k,) at a place; `par` where it is known, whose signs then count."""
        pieces = self.pieces(self.par(at.place) if par is None else par)
        terms = zip(self.families, pieces, at.G, self.R_terms, strict=True)
        return joined([traces(family.par_tangents(piece), R.T @ G @ R) for family, piece, G, R in terms])

    def terms(self, points: Points) -> Iterator[tuple[CovarianceFamily, Point, Array]]:
        """Family, point and R of each term."""
        return zip(self.families, points, self.R_terms, strict=True)

    def factors(self, points: Points) -> list[tuple[Array, Array]]:
        """Per term (T, Q) (l, l) each: T lower triangular in the user's coordinates, R^-1 T~ = T Q'."""
        return [family.factor(point, R) for family, point, R in self.terms(points)]

    def templates(self, points: Points) -> tuple[Array, ...]:
        """Per term T (l, l), lower triangular in the user's coordinates: Sigma = T T'."""
        return tuple(T for T, _ in self.factors(points))

    def theta(self, templates: Sequence[Array]) -> Array:
        """lme4's theta of lower-triangular templates, one (..., l, l) a term."""
        thetas = [family.theta(T) for family, T in zip(self.families, templates, strict=True)]
        return np.concatenate(thetas, axis=-1)

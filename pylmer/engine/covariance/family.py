"""The relative covariance Sigma = T T' of one random term, and how it moves.

A *point* is a place in the family of covariances of one term. It gives a square root T of Sigma, the derivatives of
Sigma in its own local coordinates, and the point that a step in these coordinates leads to. Nothing here divides by a
standard deviation: singular covariances are ordinary points.

For `us` the coordinates are a moving chart (engine.md 2d): with T = U diag(s), U orthogonal, a step Delta (lower
triangular) leads to U (diag(s) + Delta). The others move standard deviations d and, where columns correlate, eta, a
transform of rho to the line.

Which structures there are says `pylmer.structures`; each has its class, and all that differs between structures is a
method here or of `Point`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Protocol

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, Codes, inverse_upper, lower_factor
from ...structures import STRUCTURES
from .point import Point, lower_entries, pairs_below


@lru_cache(maxsize=64)
def covariance_family(structure: str, width: int, hom: bool = False) -> CovarianceFamily:
    """The covariances that one term may have: structure, width l, hom.

    >>> covariance_family("cs", 3, hom=False).size
    4
    """
    if structure not in STRUCTURES:
        raise ArgumentError(f"unknown covariance structure {structure!r}; known: {', '.join(STRUCTURES)}")
    module, name = STRUCTURES[structure].family.split(".")
    made: CovarianceFamily = getattr(import_module(f"..{module}", __name__), name)(structure, width, hom)
    return made


class CorrelationScale(Protocol):
    """A correlation psi as an increasing function of a coordinate w, with the coordinate's limits."""

    @property
    def lowest(self) -> float: ...

    @property
    def highest(self) -> float: ...

    def psi(self, w: Array) -> Array: ...

    def w(self, psi: Array) -> Array: ...


@dataclass(frozen=True)
class CovarianceFamily(ABC):
    """The covariances of one structure: what they are, and what lme4 calls their parameters.

    In the user's coordinates but for points, which are in those in which Z~ = Z R^-1. Standard deviations are relative
    to sigma.
    """

    structure: str
    width: int
    hom: bool = False

    # --- parameters ---------------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of free parameters."""

    @property
    @abstractmethod
    def bounds(self) -> tuple[Array, Array]:
        """lme4's lower and upper bounds of `par`."""

    @abstractmethod
    def par_names(self, group: str, columns: Sequence[str]) -> list[str]:
        """lme4's names of `par`: `group.column`, `group.row.column`, `group.rho`; `group.*` where hom."""

    @property
    def n_sd(self) -> int:
        """How many standard deviations are parameters."""
        return 1 if self.hom else self.width

    @property
    @abstractmethod
    def pairs(self) -> list[tuple[int, int]]:
        """Rows and columns of the correlations that are parameters, in the order of names."""

    def pair_names(self, group: str, columns: Sequence[str], kind: str) -> list[str]:
        """Names of the `pairs`; `kind` is "cor" or "cov"."""
        return [f"{kind}_{columns[i]}.{columns[j]}|{group}" for i, j in self.pairs]

    def pair_number(self, i: int, j: int) -> int | None:
        """Which of the `pairs` the correlation of two columns is, i > j; None if it is no parameter itself."""
        return self.pairs.index((i, j)) if (i, j) in self.pairs else None

    @property
    def printed_pairs(self) -> list[list[tuple[int, int]]]:
        """The `pairs` that stand in each line of a printed table."""
        return [[(i, j) for j in range(i)] for i in range(self.width)] if self.pairs else []

    @property
    def suffix(self) -> str:
        """What follows a printed correlation."""
        return ""

    # --- points -------------------------------------------------------------------------------------------------------

    @property
    def by_deviations(self) -> bool:
        """Whether the coordinates of points are standard deviations of columns, then correlations (`Point.numbers`)."""
        return False

    @property
    def correlation_scales(self) -> list[CorrelationScale]:
        """Of the coordinates after the standard deviations, where points are `by_deviations`."""
        return []

    @abstractmethod
    def multiple(self, c: float) -> Point:
        """The point Sigma = c^2 I."""

    @abstractmethod
    def point(self, par: Array, R: Array) -> Point:
        """lme4's `par` -> the point."""

    @abstractmethod
    def par(self, point: Point, R: Array) -> Array:
        """The point -> lme4's `par` (us: theta; others: relative standard deviations, then rho)."""

    @abstractmethod
    def outward(self, mean: Array, least: float) -> Point:
        """The covariance mean mean' of effects (l,), as far as the structure allows, deviations at least `least`."""

    def factor(self, point: Point, R: Array) -> tuple[Array, Array]:
        """(T, Q): the lower-triangular template in the user's coordinates, R^-1 T~ = T Q'."""
        return lower_factor(inverse_upper(R) @ point.template())

    def par_tangents(self, par: Array) -> Array:
        """dSigma/dpar in the user's coordinates: (k, l, l)."""
        return self.point(par, np.eye(self.width)).tangents()

    # --- theta --------------------------------------------------------------------------------------------------------

    @cached_property
    def theta_places(self) -> Codes:
        """Which number of theta each entry of the template is (l, l), column by column; -1 where it is always zero."""
        out = np.full((self.width, self.width), -1, np.int64)
        out[lower_entries(self.width)] = np.arange(self.width * (self.width + 1) // 2)
        return out

    def theta_names(self, group: str, columns: Sequence[str]) -> list[str]:
        """lme4's names of `theta`, the distinct entries of the template."""
        return [self.entry_name(group, columns, int(i), int(j)) for i, j in zip(*self._distinct, strict=True)]

    def entry_name(self, group: str, columns: Sequence[str], i: int, j: int) -> str:
        """lme4's name of an entry of the template."""
        return f"{group}.{columns[i]}" if i == j else f"{group}.{columns[i]}.{columns[j]}"

    def theta(self, T: Array) -> Array:
        """lme4's theta: the distinct entries of the lower-triangular templates (..., l, l), column by column."""
        rows, columns = self._distinct
        return T[..., rows, columns]

    @cached_property
    def _distinct(self) -> tuple[Codes, Codes]:
        """Rows and columns of the first entry that is each number of theta."""
        columns, rows = np.nonzero(self.theta_places.T >= 0)
        first = np.unique(self.theta_places[rows, columns], return_index=True)[1]
        return rows[first], columns[first]

    @abstractmethod
    def par_of_theta(self, theta: Array) -> Array:
        """lme4's theta -> `par`."""

    @property
    def any_theta(self) -> bool:
        """Whether every theta is one of such a covariance."""
        return True

    # --- values in the user's units -----------------------------------------------------------------------------------

    @abstractmethod
    def sdcor(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        """Standard deviations, and the correlations that are parameters."""

    @abstractmethod
    def varcov(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        """Variances, and covariances; where correlations are parameters, these."""

    @abstractmethod
    def profiled_par(self, point: Point, R: Array) -> Array:
        """`par` with deviations that are not negative, and zeros for what is only rounding."""

    # --- many points at once, and where else a minimum may lie --------------------------------------------------------

    def template_units(self) -> Array | None:
        """D_a (k, l, l) if a step delta leads from T to T + U sum_a delta_a D_a, with U the `axes` or I; else None."""
        return None

    @property
    def charted(self) -> bool:
        """Whether points have `axes` that turn with them."""
        return False

    def at_template(self, T: Array, axes: Array) -> Point:
        """The point of a template, for structures with `template_units`."""
        raise NotImplementedError

    @property
    def directions(self) -> list[Array]:
        """Unit vectors (l,) along which alone a covariance may lie: where another minimum may be."""
        return []

    @property
    def circular(self) -> bool:
        """Whether the first of the `directions` follows the last."""
        return False

    def along(self, direction: Array, c: float) -> Point:
        """The covariance c^2 v v' of one of the `directions`."""
        raise NotImplementedError

    @property
    def kinked(self) -> bool:
        """Whether criteria have a kink where a deviation vanishes."""
        return False


def all_pairs(M: Array) -> Array:
    """The entries below the diagonal, column by column."""
    return np.array([M[i, j] for i, j in pairs_below(len(M))])

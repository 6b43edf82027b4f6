"""The relative covariance Sigma = T T' of one random term, and how it moves.

A *point* is a place in the family of covariances of one term (us, diag, cs, ar1). It gives a square root T of Sigma,
the derivatives of Sigma in its own local coordinates, and the point that a step in these coordinates leads to. Nothing
here divides by a standard deviation: singular covariances are ordinary points.

For `us` the coordinates are a moving chart (engine.md 2d): with T = U diag(s), U orthogonal, a step Delta (lower
triangular) leads to U (diag(s) + Delta). `cs` and `ar1` move standard deviations d and eta, a transform of rho to the
line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from .correlation import Correlated, Correlation
from .errors import ArgumentError
from .linalg import Array, lower_factor

SAME_CHART = 0.99  # |cos| between axes of two charts above which second-order information carries over


class Point(Protocol):
    """A covariance Sigma = T T' (l, l) with k local coordinates."""

    @property
    def size(self) -> int:
        """k, the number of local coordinates."""

    def template(self) -> Array:
        """T (l, l), any square root of Sigma."""

    def tangents(self) -> Array:
        """dSigma/da for each coordinate: (k, l, l)."""

    def curvature(self, G: Array) -> Array:
        """tr(G d2Sigma/da db) for symmetric G (l, l): (k, k)."""

    def shifted(self, step: Array) -> Point:
        """The point at local coordinates `step` (k,), still in these coordinates."""

    def moved(self, step: Array) -> Point:
        """The same point with coordinates of its own."""

    def cleared(self, tolerance: float) -> Point:
        """The point with every standard deviation below `tolerance` set to zero."""

    def raised(self, floor: float) -> Point:
        """The point with every standard deviation at least `floor`."""

    def deviations(self) -> Array:
        """Standard deviations along the principal axes (us) or of the columns."""

    def same_chart(self, other: Point) -> bool:
        """Whether second-order information at `other` still speaks of the same coordinates."""


def lower_entries(width: int) -> tuple[list[int], list[int]]:
    """Rows and columns of a lower triangle, column by column (lme4's order of theta)."""
    return [i for j in range(width) for i in range(j, width)], [j for j in range(width) for _ in range(j, width)]


@dataclass(frozen=True, eq=False)
class Unstructured:
    """Sigma = T T' moved as T + U Delta with Delta lower triangular."""

    T: Array
    U: Array

    @classmethod
    def charted(cls, T: Array, previous: Array | None = None) -> Unstructured:
        """The same Sigma with T = U diag(s); signs of U follow those of `previous`."""
        U, s = (np.where(T < 0, -1.0, 1.0), np.abs(T[0])) if len(T) == 1 else np.linalg.svd(T)[:2]
        if previous is not None:
            U = U * np.where(np.sum(U * previous, axis=0) < 0, -1.0, 1.0)
        return cls(U * s, U)

    @property
    def size(self) -> int:
        return len(self.T) * (len(self.T) + 1) // 2

    def template(self) -> Array:
        return self.T

    @cached_property
    def directions(self) -> Array:
        """dT/da = U e_i e_j': (k, l, l)."""
        width = self.T.shape[0]
        rows, columns = lower_entries(width)
        E = np.zeros((len(rows), width, width))
        for a, (i, j) in enumerate(zip(rows, columns, strict=True)):
            E[a, :, j] = self.U[:, i]
        return E

    def tangents(self) -> Array:
        half = self.directions @ self.T.T
        return np.asarray(half + np.swapaxes(half, 1, 2))

    def curvature(self, G: Array) -> Array:
        E = self.directions.reshape(-1, G.size)
        GE = (G @ self.directions).reshape(-1, G.size)
        return np.asarray(2.0 * E @ GE.T)

    def shifted(self, step: Array) -> Unstructured:
        width = self.T.shape[0]
        Delta = np.zeros((width, width))
        Delta[lower_entries(width)] = step
        return Unstructured(self.T + self.U @ Delta, self.U)

    def moved(self, step: Array) -> Unstructured:
        return Unstructured.charted(self.shifted(step).T, self.U)

    def cleared(self, tolerance: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.where(s < tolerance, 0.0, s), U)

    def raised(self, floor: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.maximum(s, floor), U)

    def deviations(self) -> Array:
        return np.linalg.svd(self.T, compute_uv=False)

    def same_chart(self, other: Point) -> bool:
        return isinstance(other, Unstructured) and bool(np.all(np.abs(np.sum(self.U * other.U, axis=0)) >= SAME_CHART))


@dataclass(frozen=True, eq=False)
class Diagonal:
    """Sigma = diag(d)^2, or d^2 I where `d` has one entry for all columns (hom)."""

    d: Array
    width: int

    @property
    def size(self) -> int:
        return int(self.d.size)

    def template(self) -> Array:
        return np.diag(np.broadcast_to(self.d, self.width))

    def _units(self) -> Array:
        if self.d.size == self.width:
            return np.eye(self.width)
        return np.ones((1, self.width))

    def tangents(self) -> Array:
        units = self._units()
        return np.asarray((2.0 * units * self.d[:, None])[:, :, None] * np.eye(self.width))

    def curvature(self, G: Array) -> Array:
        return np.diag(2.0 * self._units() @ np.diag(G))

    def shifted(self, step: Array) -> Diagonal:
        return Diagonal(self.d + step, self.width)

    def moved(self, step: Array) -> Diagonal:
        return self.shifted(step)

    def cleared(self, tolerance: float) -> Diagonal:
        return Diagonal(np.where(np.abs(self.d) < tolerance, 0.0, self.d), self.width)

    def raised(self, floor: float) -> Diagonal:
        return Diagonal(np.maximum(np.abs(self.d), floor), self.width)

    def deviations(self) -> Array:
        return np.abs(self.d)

    def same_chart(self, other: Point) -> bool:
        return True


@dataclass(frozen=True)
class Family:
    """The covariances that one term may have: structure, width l, hom.

    >>> Family("cs", 3, hom=False).size
    4
    """

    structure: str
    width: int
    hom: bool = False

    def __post_init__(self) -> None:
        if self.structure not in ("us", "diag", "cs", "ar1"):
            raise ArgumentError(f"unknown covariance structure {self.structure!r}; known: ar1, cs, diag, us")

    @property
    def _uncorrelated(self) -> bool:
        return self.structure == "diag" or (self.structure in ("cs", "ar1") and self.width == 1)

    @property
    def _n_sd(self) -> int:
        return 1 if self.hom else self.width

    @property
    def size(self) -> int:
        """Number of free parameters."""
        if self.structure == "us":
            return self.width * (self.width + 1) // 2
        return self._n_sd + (not self._uncorrelated)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """lme4's lower and upper bounds of `par`."""
        if self.structure == "us":
            rows, columns = lower_entries(self.width)
            return np.where(np.equal(rows, columns), 0.0, -np.inf), np.full(self.size, np.inf)
        lower, upper = np.zeros(self.size), np.full(self.size, np.inf)
        if not self._uncorrelated:
            lower[-1], upper[-1] = Correlation(self.structure, self.width).lowest, 1.0
        return lower, upper

    def multiple(self, c: float) -> Point:
        """The point Sigma = c^2 I."""
        if self.structure == "us":
            return Unstructured(c * np.eye(self.width), np.eye(self.width))
        if self._uncorrelated:
            return Diagonal(np.full(self._n_sd, c), self.width)
        return Correlated(np.full(self._n_sd, c), 0.0, Correlation(self.structure, self.width))

    def point(self, par: Array, R: Array) -> Point:
        """lme4's `par` -> the point, in the coordinates in which Z~ = Z R^-1."""
        if self.structure == "us":
            T = np.zeros((self.width, self.width))
            T[lower_entries(self.width)] = par
            return Unstructured(R @ T, np.eye(self.width))
        d = par[: self._n_sd] * np.diag(R)[: self._n_sd]
        if self._uncorrelated:
            return Diagonal(d, self.width)
        family = Correlation(self.structure, self.width)
        return Correlated(d, family.eta(float(par[-1])), family)

    def par(self, point: Point, R: Array) -> Array:
        """The point -> lme4's `par` (us: theta; others: relative standard deviations, then rho)."""
        if isinstance(point, Diagonal):
            return np.asarray(np.abs(point.d) / np.diag(R)[: self._n_sd])
        if isinstance(point, Correlated):
            return np.append(point.d / np.diag(R)[: self._n_sd], point.family.rho(point.eta)[0])
        return self.factor(point, R)[0][lower_entries(self.width)]

    def factor(self, point: Point, R: Array) -> tuple[Array, Array]:
        """(T, Q): the lower-triangular template in the user's coordinates, R^-1 T~ = T Q'."""
        return lower_factor(np.linalg.solve(R, point.template()))

    def par_tangents(self, par: Array) -> Array:
        """dSigma/dpar in the user's coordinates: (k, l, l)."""
        point = self.point(par, np.eye(self.width))
        tangents = point.tangents()
        if isinstance(point, Correlated):
            slope = point.family.rho(point.eta)[1]
            tangents[-1] /= slope if slope else 1.0
        return tangents

    def theta(self, T: Array) -> Array:
        """lme4's theta: the distinct entries of the lower-triangular templates (..., l, l), column by column."""
        if self.structure == "us" or (not self.hom and not self._uncorrelated):
            rows, columns = lower_entries(self.width)
            return T[..., rows, columns]
        if self._uncorrelated:
            return np.diagonal(T, axis1=-2, axis2=-1)[..., : self._n_sd]
        if self.structure == "cs":
            return np.concatenate([T[..., j : j + 2, j] for j in range(self.width)], axis=-1)
        return np.concatenate([T[..., j:, j] for j in range(min(2, self.width))], axis=-1)

    def par_of_theta(self, theta: Array) -> Array:
        """lme4's theta -> `par`: of cs and ar1, standard deviations are row norms of T and T_21 = rho d_2."""
        if self.structure == "us" or self._uncorrelated:
            return theta
        if self.hom:
            d = np.abs(theta[:1])
        else:
            T = np.zeros((self.width, self.width))
            T[lower_entries(self.width)] = theta
            d = np.linalg.norm(T, axis=1)
        second = d[min(1, len(d) - 1)]
        return np.append(d, theta[1] / second if second else 0.0)

"""The relative covariance Sigma = T T' of one random term, and how it moves.

A *point* is a place in the family of covariances of one term (us, diag, cs, ar1). It gives a square root T of Sigma,
the derivatives of Sigma in its own local coordinates, and the point that a step in these coordinates leads to. Nothing
here divides by a standard deviation: singular covariances are ordinary points.

For `us` the coordinates are a moving chart (engine.md 2d): with T = U diag(s), U orthogonal, a step Delta (lower
triangular) leads to U (diag(s) + Delta). `cs` and `ar1` move standard deviations d and eta, a transform of rho to the
line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, lower_factor
from .correlated import Correlated, Correlation
from .diagonal import Diagonal
from .point import Point, lower_entries
from .unstructured import Unstructured


@dataclass(frozen=True)
class CovarianceFamily:
    """The covariances that one term may have: structure, width l, hom.

    >>> CovarianceFamily("cs", 3, hom=False).size
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

    def par_names(self, group: str, columns: Sequence[str]) -> list[str]:
        """lme4's names of `par`: `group.column`, `group.row.column`, `group.rho`; `group.*` where hom."""
        if self.structure == "us":
            return self.theta_names(group, columns)
        sds = [f"{group}.*"] if self.hom else [f"{group}.{column}" for column in columns]
        return sds + [f"{group}.rho"] * (self.size - len(sds))

    def theta_names(self, group: str, columns: Sequence[str]) -> list[str]:
        """lme4's names of `theta`, the distinct entries of the template."""
        pattern = np.array(
            [[f"{group}.{a}" if a == b else f"{group}.{a}.{b}" for b in columns] for a in columns], dtype=object
        ).reshape(len(columns), len(columns))
        if self.structure == "diag" and self.hom:
            return [f"{group}.*"]
        if self.structure == "cs" and self.hom:
            for j, column in enumerate(columns[:-1]):
                pattern[j + 1, j] = f"{group}.*.{column}"
        return [str(name) for name in self.theta(pattern)]

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

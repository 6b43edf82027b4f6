"""The variance parameters of one random term in the user's units, on each scale of a profile.

Each function takes the covariance `point` of a term in scaled coordinates Z~ = Z R^-1, relative to sigma, and gives two
arrays: what comes before the like of other terms, and what comes after them.
"""

from __future__ import annotations

import numpy as np

from ...engine.covariance.correlated import Correlated
from ...engine.covariance.diagonal import Diagonal
from ...engine.covariance.family import CovarianceFamily
from ...engine.covariance.point import Point, lower_entries
from ...numerics.linalg import Array

ROUNDING = 1e-12  # what is so much smaller than the others of its kind is zero
NONE = np.zeros(0)


def sdcor(family: CovarianceFamily, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
    """Standard deviations, and correlations column by column; rho of cs and ar1."""
    if isinstance(point, Correlated | Diagonal):
        return sigma * _deviations(point, R), _rho(point)
    template = point.template()
    if len(R) == 1:
        return sigma * np.abs(template[0] / R[0]), NONE
    inverse = np.linalg.inv(R)
    T = inverse @ template
    sd = np.linalg.norm(T, axis=1)
    sd[sd < ROUNDING * np.linalg.norm(inverse, axis=1) * np.linalg.norm(template)] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        C = np.clip(T @ T.T / np.outer(sd, sd), -1, 1)
    return sigma * sd, _below(C)


def varcov(family: CovarianceFamily, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
    """Variances, and covariances column by column; rho of cs and ar1."""
    sds, rest = sdcor(family, point, R, sigma)
    if not isinstance(point, Correlated | Diagonal):
        T = np.linalg.solve(R, point.template())
        rest = sigma**2 * _below(T @ T.T)
    return sds**2, rest


def theta(family: CovarianceFamily, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
    """The term's `par`: theta of us and diag, relative standard deviations and rho of cs and ar1."""
    if isinstance(point, Correlated | Diagonal):
        return family.par(point, R), NONE
    T = family.factor(point, R)[0]
    T[np.abs(T) < ROUNDING * np.linalg.norm(T, axis=1, keepdims=True)] = 0.0
    return T[lower_entries(len(T))], NONE


def _deviations(point: Correlated | Diagonal, R: Array) -> Array:
    return np.asarray(np.abs(point.d) / np.diag(R)[: len(point.d)])


def _rho(point: Correlated | Diagonal) -> Array:
    return np.array([point.family.rho(point.eta)[0]]) if isinstance(point, Correlated) else NONE


def _below(M: Array) -> Array:
    """The entries below the diagonal, column by column."""
    width = len(M)
    return np.array([M[i, j] for j in range(width) for i in range(j + 1, width)])

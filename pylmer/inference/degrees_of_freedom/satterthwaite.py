"""Satterthwaite's degrees of freedom of contrasts of the fixed effects, from sums.

With C = s2 Phi the covariance of beta-hat, psi = (theta, log sigma) and A the asymptotic covariance of psi-hat,

    df(l) = 2 (l'Cl)^2 / (g'Ag),   g_a = l' (dC/dpsi_a) l                (Satterthwaite 1946; Giesbrecht & Burns 1985)

and A is twice the inverse of the observed Hessian of the criterion d(theta, sigma), sigma not profiled out. theta are
local coordinates of the covariances, in which a singular fit is an ordinary point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...engine.criterion.profiled import At
from ...engine.optimize.asymptotics import FLAT, flat_directions, hessian, inverse
from ...numerics.linalg import Array, symmetric
from ...numerics.stacks import cross, product

DEPENDENT = 1e-8  # singular value of rows, the largest entry of each 1, below which one follows from the others
VANISHED = float(np.sqrt(np.finfo(float).eps))  # a variance so much smaller than the largest
UNDETERMINED = 1e-4  # degrees of freedom so small are rounding's
SAME = 1e-8  # degrees of freedom of several rows that differ by less are one number


@dataclass(frozen=True, eq=False)
class Satterthwaite:
    """In the scaled coordinates of the sums, beta~ = inverse^-1 (beta - shift); of many fits with an axis first.

    inverse (p, p); C (p, p) the covariance; slopes (k + 1, p, p) = dC/dpsi_a; A (k + 1, k + 1);
    flat (k + 1, k + 1) directions of psi that the data do not determine, which A leaves out; zero for the others
    """

    inverse: Array
    C: Array
    slopes: Array
    A: Array
    flat: Array

    def covariance(self, L: Array) -> Array:
        """L vcov(beta) L' for L (q, p): (q, q)."""
        scaled = L @ self.inverse
        return np.asarray(scaled @ self.C @ scaled.T)

    def variances(self, L: Array) -> Array:
        """Of each row of L (q, p) beta-hat: (q,)."""
        return _quadratic(L @ self.inverse, self.C)

    def single(self, L: Array) -> Array:
        """Degrees of freedom of each row of L (q, p) alone: (q,); NaN where the data do not determine its variance."""
        variance = self.variances(L)
        g = np.swapaxes(_quadratic(L @ self.inverse, self.slopes), -1, -2)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = determined(2 * variance**2 / _quadratic(g, self.A))
        unknown = np.any(FLAT * variance[..., None] ** 2 < UNDETERMINED * (g @ self.flat) ** 2, axis=-1)
        return np.where(unknown, np.nan, df)

    def rank(self, L: Array) -> int:
        """How many rows of L (q, p) are independent."""
        return rank_of(L, self.inverse)

    def joint(self, L: Array) -> tuple[float, float]:
        """Denominator degrees of freedom of the F test of all rows of L (q, p), and its scale, 1.

        The rows are turned to independent ones (Fai & Cornelius 1996); their F has the mean of an F distribution.
        """
        _, rows = independent_rows(self.covariance(L), self.rank(L))
        return combined(self.single(rows.T @ L)), 1.0


def _quadratic(rows: Array, M: Array) -> Array:
    """l'Ml of each row: (..., q)."""
    return np.asarray(np.sum((rows @ M) * rows, axis=-1))


def rank_of(L: Array, inverse: Array) -> int:
    """How many rows of L (q, p) are independent, each coefficient measured by the length of its row of `inverse`."""
    rows = L * np.linalg.norm(inverse, axis=1)
    length = np.max(np.abs(rows), axis=1, initial=0.0)
    return int(np.linalg.matrix_rank(rows[length > 0] / length[length > 0, None], DEPENDENT)) if len(L) else 0


def independent_rows(covariance: Array, rank: int) -> tuple[Array, Array]:
    """Variances (r,) and axes (q, r) of r = `rank` uncorrelated combinations of rows with this covariance.

    They are the principal components, as lmerTest takes them, which depend on the rows' units; where units differ so
    much that these are lost to rounding, the components of the rows in units of their standard errors.
    """
    values, axes = _principal(covariance)
    if np.sum(values > VANISHED * np.max(values, initial=0.0)) >= rank:
        return values[:rank], axes[:, :rank]
    error = np.sqrt(np.diag(covariance))
    error = np.where(error > 0, error, 1.0)
    values, axes = _principal(covariance / np.outer(error, error))
    return values[:rank], axes[:, :rank] / error[:, None]


def _principal(covariance: Array) -> tuple[Array, Array]:
    values, vectors = np.linalg.eigh(symmetric(covariance))
    return values[::-1], vectors[:, ::-1]


def determined(df: Array) -> Array:
    """Degrees of freedom, NaN where there are none: the criterion is flat in the variances that an estimate needs."""
    return np.asarray(np.where(np.abs(df) < UNDETERMINED, np.nan, df))


def combined(df: Array) -> float:
    """Denominator degrees of freedom of the mean of squares of independent t statistics with `df` each."""
    if not len(df) or np.isnan(df).any():
        return float("nan")
    if len(df) == 1 or np.ptp(df) < SAME:
        return float(np.mean(df))
    if not np.all(df > 2):
        return 2.0
    expectation = float(np.sum(df / (df - 2)))
    return 2 * expectation / (expectation - len(df))


def satterthwaite(at: At) -> Satterthwaite:
    """The derivatives that the degrees of freedom need, at an optimum."""
    back = at.gram.scaling.inverse
    C = at.s2 * at.Phi
    slopes, H = np.concatenate([_slopes(at), 2 * C[None]]), hessian(at)
    return Satterthwaite(back, C, slopes, 2 * inverse(H), flat_directions(H))


def _slopes(at: At) -> Array:
    """dC/dtheta_a = s2 Phi [sum_j D_j' dSigma_a D_j] Phi, D_j = Z_j'V^-1X: (k, p, p)."""
    D, gram = cross_products(at), at.gram
    inner = []
    for term, point in enumerate(at.points):
        factor, here = gram.place[term]
        own = D[factor][:, here]
        inner += [cross(own, product(tangent, own)) for tangent in point.tangents()]
    return np.array([at.s2 * at.Phi @ each @ at.Phi for each in inner]).reshape(len(inner), *at.Phi.shape)


def cross_products(at: At) -> list[Array]:
    """D_j = Z_j'V^-1X per factor: (J, L, p)."""
    p = at.gram.p
    return at.factorization.modes(np.eye(p + 1)[:, :p])[2]

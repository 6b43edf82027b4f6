"""The largest of several correlated t statistics.

With T_i = a_i'w / s, where R = A A' (m, r) are the correlations, w is standard normal (r,) and df s^2 chi-square, write
w = rho u with u on the unit sphere. Then max |T_i| = M(u) rho / s with M(u) = max |a_i'u|, and as rho^2 / (r s^2)
follows F(r, df),

    P(max |T_i| > t) = E_u P( F(r, df) > t^2 / (r M(u)^2) )

(spherical-radial coordinates: Genz & Bretz 2009, Computation of Multivariate Normal and t Probabilities, chapter 4).

The mean over the sphere is taken at Sobol's points, the same for all t. Against the exact probabilities of pairwise
comparisons, also with the points turned at random, it errs by at most 3e-5 for up to four means, 2e-4 for eight and
6e-4 for twelve; one-sided, where t is near zero, by 5e-4 even for few. A singular R is no special case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ...numerics.linalg import Array, symmetric

POWER = 16  # 2^16 points
PLACES = 2_000  # at which their contributions are gathered: they depend smoothly on M
ZERO = 1e-10  # pivots of the correlations this small are zero


@dataclass(frozen=True, eq=False)
class Largest:
    """Of correlated t statistics: the rank r of their correlations, and the distribution of M(u), its weights (K,)."""

    rank: int
    M: Array
    weights: Array

    def upper(self, t: float, df: float) -> float:
        """P(the largest exceeds t)."""
        if np.isnan(t) or np.isnan(df):
            return float("nan")
        with np.errstate(divide="ignore", invalid="ignore"):
            x = (t / self.M) ** 2
        x[self.M == 0] = np.inf
        beyond = special.chdtrc(self.rank, x) if np.isinf(df) else special.fdtrc(self.rank, df, x / self.rank)
        past = np.where(self.M > 0, beyond, 0.0) if t >= 0 else np.where(self.M >= 0, 1.0, 1 - beyond)
        return float(self.weights @ past)


def largest(covariance: Array, one_sided: bool = False) -> Largest:
    """The largest |T_i|, or the largest T_i, of statistics with some covariance (m, m).

    >>> differences = np.array([[1.0, -1, 0], [1, 0, -1], [0, 1, -1]])
    >>> round(largest(differences @ differences.T).upper(2.0, 20), 4)
    0.1381
    """
    error = np.sqrt(np.diag(covariance))
    A = root(symmetric(covariance / np.outer(error, error)))
    projections = A @ directions(A.shape[1]).T
    M = np.max(projections if one_sided else np.abs(projections), axis=0)
    return Largest(A.shape[1], *_gathered(M))


def _gathered(M: Array) -> tuple[Array, Array]:
    """Places (K,) and weights (K,) whose linear interpolation stands for the mean over all M (N,)."""
    places = np.linspace(M.min(), M.max(), PLACES)
    width = places[1] - places[0]
    if not width > 0:
        return M[:1], np.ones(1)
    at = np.minimum(((M - places[0]) / width).astype(int), PLACES - 2)
    share = (M - places[at]) / width
    weights = np.bincount(at, 1 - share, PLACES) + np.bincount(at + 1, share, PLACES)
    return places, weights / len(M)


def directions(r: int) -> Array:
    """Sobol's points, taken for probabilities of normal variables, on the unit sphere: (N, r)."""
    from scipy.stats import qmc  # loads for a third of a second

    cube = qmc.Sobol(r, scramble=False).random_base2(POWER) + 0.5**POWER / 2  # the middles of cells, not their corners
    w = special.ndtri(cube)
    return np.asarray(w / np.linalg.norm(w, axis=1, keepdims=True))


def root(R: Array) -> Array:
    """A (m, r) with A A' = R of rank r: Cholesky's columns in order, those without a pivot left out.

    Eigenvectors would do, but where eigenvalues are equal they are another basis on another machine.
    """
    left, columns = R.copy(), []
    for i in range(len(R)):
        if left[i, i] > ZERO * len(R):
            columns.append(left[:, i] / np.sqrt(left[i, i]))
            left = left - np.outer(columns[-1], columns[-1])
    return np.array(columns).T

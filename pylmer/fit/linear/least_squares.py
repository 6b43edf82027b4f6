"""Weighted least squares on arrays; knows no models.

y = X beta + offset + e with Var(e) = sigma^2 W^-1. Columns that R's pivoting rule leaves out have no estimate (NaN).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from ...engine.criterion.deviance import deviance
from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, inverse_upper, seal


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """What a least-squares fit of n rows and p columns, r of them independent, leaves.

    beta         (p,) estimates, NaN where a column depends on earlier ones
    kept         (r,) the independent columns, ascending
    unscaled     (r, r) (X'WX)^-1 over them: vcov = sigma^2 * unscaled
    fitted       (n,) X beta + offset
    residuals    (n,) y - fitted
    rss          sum of w * residuals^2
    n_obs        rows of positive weight;  df_residual = n_obs - r
    """

    beta: Array
    kept: Codes
    unscaled: Array
    fitted: Array
    residuals: Array
    rss: float
    n_obs: int

    def __post_init__(self) -> None:
        seal(self)

    @property
    def rank(self) -> int:
        return len(self.kept)

    @property
    def df_residual(self) -> int:
        return self.n_obs - self.rank

    @property
    def sigma(self) -> float:
        """The residual standard deviation; NaN without residual degrees of freedom."""
        return float(np.sqrt(self.rss / self.df_residual)) if self.df_residual > 0 else float("nan")


def least_squares(
    X: Array, y: Array, kept: Codes, weights: Array | None = None, offset: Array | None = None
) -> LeastSquares:
    """Estimates by a QR factorization of the kept columns of X (n, p); y, weights and offset are (n,).

    `kept` names independent columns (see `design.rank`); the others get NaN.
    """
    shifted = y if offset is None else y - offset
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    Q, R = np.linalg.qr(root[:, None] * X[:, kept])
    estimates = solve_triangular(R, Q.T @ (root * shifted))
    beta = np.full(X.shape[1], np.nan)
    beta[kept] = estimates
    fitted = X[:, kept] @ estimates
    residuals = shifted - fitted
    inverse = inverse_upper(R)
    return LeastSquares(
        beta=beta,
        kept=kept,
        unscaled=inverse @ inverse.T,
        fitted=fitted if offset is None else fitted + offset,
        residuals=residuals,
        rss=_sum_of_squares(root * residuals),
        n_obs=int(np.count_nonzero(root)),
    )


def _sum_of_squares(residuals: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        rss = float(np.sum(residuals**2))
    if np.isinf(rss):
        raise NumericalError("the sums of squares overflow: rescale the response, the offset or the weights")
    return rss


def spread(unscaled: Array, rows: Array) -> Array:
    """x'(X'WX)^-1 x for each of the rows (m, r): the variance of x'beta per unit sigma^2."""
    return np.asarray(np.einsum("ij,jk,ik->i", rows, unscaled, rows), dtype=np.float64)


def explained(fit: LeastSquares, weights: Array | None, intercept: bool) -> float:
    """Sum of squares of the fitted values, about their weighted mean where there is an intercept."""
    w = np.ones(len(fit.fitted)) if weights is None else weights
    centre = np.average(fit.fitted, weights=w) if intercept else 0.0
    return float(np.sum(w * (fit.fitted - centre) ** 2))


def log_likelihood(fit: LeastSquares, weights: Array | None) -> float:
    """The normal log-likelihood at its maximum over sigma, as R's logLik.lm."""
    n = fit.n_obs
    if fit.rss <= 0:
        return float("inf")
    log_weights = 0.0 if weights is None else float(np.sum(np.log(weights[weights > 0])))
    return float(-deviance(-log_weights, fit.rss, n) / 2)

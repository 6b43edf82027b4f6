"""Five ways to write the same model (Gelman & Hill 2007, 12.5), five computations that share no solver.

    y_i = x_i' beta + alpha_j[i] + e_i,   e_i ~ N(0, sigma_y^2 / w_i),   alpha_j ~ N(u_j' gamma, sigma_alpha^2)

Each takes the rows, sigma_alpha and sigma_y, and nothing from the fit: neither its sums nor its factorizations. What
is constant within the levels, the constant among it, are the group-level predictors u_j; the rest of X are the x_i.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import linalg as sparse_linalg

from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array, cholesky_of_one, inverse_of_lower, solve_lower, solve_lower_columns
from ..numerics.threads import threads_for
from .grouped import GroupedRows, TwoLevel, two_level

LARGEST = 5_000  # rows up to which the dense n x n covariance matrix is formed
ROUNDS = 1_000
WORST = 1e-9  # error of beta that rounding may leave, relative to the estimates
STILL = 1e-13  # error of beta, relative to the estimates, at which the rounds of the second way stop
EPS = float(np.finfo(float).eps)


def mixed_model_equations(rows: GroupedRows, sigma_alpha: float, sigma_y: float) -> TwoLevel:
    """First way: one set of equations in (beta, alpha), solved by sparse LU (Henderson 1950).

        [ X'WX   X'WZ                              ] [beta]   [X'Wy]
        [ Z'WX   Z'WZ + I sigma_y^2 / sigma_alpha^2 ] [ b  ] = [Z'Wy]

    Its inverse times sigma_y^2 is the covariance of (beta - beta^, b - b^).
    """
    Z = sparse.csr_array((np.ones(len(rows.y)), (np.arange(len(rows.y)), rows.codes)), (len(rows.y), rows.J))
    XZ = sparse.csr_array(sparse.hstack([sparse.csr_array(rows.X), Z]))
    p = rows.X.shape[1]
    penalty = np.concatenate([np.zeros(p), np.full(rows.J, (sigma_y / sigma_alpha) ** 2)])
    left = sparse.csc_array(XZ.T @ XZ.multiply(rows.weights[:, None]) + sparse.diags_array(penalty))
    try:
        lu = sparse_linalg.splu(left)
    except RuntimeError as error:  # how SuperLU says that it met a pivot of zero
        raise NumericalError(
            f"the mixed-model equations are singular at sigma_alpha={sigma_alpha:.3g}, sigma_y={sigma_y:.3g}: "
            "deviations of one magnitude are wanted"
        ) from error
    found = lu.solve(XZ.T @ (rows.weights * rows.y))
    joint = sigma_y**2 * lu.solve(np.eye(p + rows.J))
    return two_level(rows, "mixed-model equations", found[:p], found[p:], joint)


def regressions_by_group(rows: GroupedRows, sigma_alpha: float, sigma_y: float) -> TwoLevel:
    """Second way: local regressions, then one of their intercepts on the group-level predictors, in turns.

    Given beta of the row-level predictors, group j has the local estimate a_j, the mean of y - x'beta, with variance
    sigma_y^2 / n_j. Second level: gamma by least squares of a_j on u_j with variances sigma_alpha^2 + sigma_y^2 / n_j;
    alpha_j the precision-weighted average of a_j and u_j'gamma (12.1). Then beta by least squares of y - alpha_j on x.
    The rounds stop when beta does not move; every few rounds it jumps to where they lead, since they are slow where
    groups are hardly pooled. NumericalError if even so rounding would leave fewer than 9 digits.
    """
    level, row_level = rows.group_level, ~rows.group_level
    U, x = rows.means(rows.X)[:, level], rows.X[:, row_level]
    size = np.bincount(rows.codes, rows.weights, rows.J)
    share = 1 / (1 + size * (sigma_alpha / sigma_y) ** 2)
    precision = 1 / (sigma_alpha**2 + sigma_y**2 / size)
    second = np.linalg.solve(U.T @ (precision[:, None] * U), U.T * precision)
    Wx = rows.weights[:, None] * x
    first = np.linalg.solve(x.T @ Wx, Wx.T)
    y_means, x_means = rows.means(rows.y), rows.means(x)
    follows = share[:, None] * (U @ (second @ x_means)) + (1 - share)[:, None] * x_means
    least = _least_step(first @ follows[rows.codes], 2 * len(rows.y) * EPS)
    past = [np.zeros(x.shape[1])]
    for _ in range(ROUNDS):
        own = y_means - x_means @ past[-1]
        gamma = second @ own
        alpha = share * (U @ gamma) + (1 - share) * own
        past.append(first @ (rows.y - alpha[rows.codes]))
        step, scale = past[-1] - past[-2], float(np.max(np.abs([*alpha, *past[-1]]), initial=1.0))
        if np.max(np.abs(step), initial=0.0) <= least * scale:
            both = np.zeros(len(level))
            both[level], both[row_level] = gamma, past[-1]
            return two_level(rows, "regressions by group, then of their intercepts", both, alpha - U @ gamma)
        if len(past) == x.shape[1] + 2:
            past = [extrapolated(np.array(past))]
    raise NumericalError(f"the regressions by group had not settled after {ROUNDS} rounds")


def _least_step(M: Array, noise: float) -> float:
    """The step, relative to the estimates, that is as good as none: a round takes an error e of beta to M e.

    `noise` is the rounding of one round. NumericalError if so little of e goes in a round that it would be felt.
    """
    pace = 1 - float(np.max(np.abs(np.linalg.eigvals(M)), initial=0.0))
    if noise > WORST * pace:
        raise NumericalError(
            "the regressions by group do not settle: a predictor varies so little within groups that, with so large a "
            "sigma_alpha / sigma_y, a round hardly moves the estimates"
        )
    return max(STILL * pace, noise)


def extrapolated(past: Array) -> Array:
    """Where p + 2 rounds (p + 2, p) of a linear recursion in p numbers lead to: minimal polynomial extrapolation.

    The weights of the rounds, which add up to 1, make the same average of their differences vanish.
    """
    steps = np.diff(past, axis=0)
    weights = np.append(np.linalg.lstsq(steps[:-1].T, -steps[-1], rcond=None)[0], 1.0)
    return np.asarray(weights @ past[:-1] / weights.sum())


def least_squares_with_prior(rows: GroupedRows, sigma_alpha: float, sigma_y: float) -> TwoLevel:
    """Third way: one least squares on X and all indicators, with a prior row 0 = b_j / sigma_alpha for each group.

    Solved through the singular values of the n + J rows.
    """
    p = rows.X.shape[1]
    root = np.sqrt(rows.weights)[:, None] / sigma_y
    prior = np.hstack([np.zeros((rows.J, p)), np.eye(rows.J) / sigma_alpha])
    stacked = np.vstack([np.hstack([rows.X, rows.indicators]) * root, prior])
    U, s, Vt = np.linalg.svd(stacked, full_matrices=False)
    found = Vt.T @ (U.T @ np.concatenate([rows.y * root[:, 0], np.zeros(rows.J)]) / s)
    return two_level(rows, "least squares with prior rows", found[:p], found[p:], (Vt.T / s**2) @ Vt)


def group_effects_as_errors(rows: GroupedRows, sigma_alpha: float, sigma_y: float) -> TwoLevel:
    """Fourth way: y = X beta + (b_j + e_i), the group effects part of the error; b = sigma_alpha^2 Z'V^-1 (y - X beta).

    Within a group V^-1 is known in closed form, so V^-1 times a column is its rows less a part of their mean:
    V_j^-1 v = w (v - share_j mean_j(v)) / sigma_y^2, share_j = n_j sigma_alpha^2 / (sigma_y^2 + n_j sigma_alpha^2).
    beta from X'V^-1X beta = X'V^-1y by conjugate gradients.
    """
    size = np.bincount(rows.codes, rows.weights, rows.J)
    share = size * sigma_alpha**2 / (sigma_y**2 + size * sigma_alpha**2)

    def by_V(v: Array) -> Array:
        """V^-1 v."""
        pulled = (share[:, None] * rows.means(v))[rows.codes]
        return np.asarray(rows.weights[:, None] * (v - pulled) / sigma_y**2)

    VX = by_V(rows.X)
    XtVX = rows.X.T @ VX
    inverse = _conjugate_gradients(XtVX, np.eye(len(XtVX)))
    beta = inverse @ (VX.T @ rows.y)
    residual = rows.y - rows.X @ beta
    beta = beta + inverse @ (VX.T @ residual)  # what rounding left
    residual = rows.y - rows.X @ beta
    b = sigma_alpha**2 * np.bincount(rows.codes, by_V(residual[:, None])[:, 0], rows.J)
    return two_level(rows, "group effects as error terms", beta, b, inverse)


def _conjugate_gradients(A: Array, B: Array) -> Array:
    """A^-1 B by conjugate gradients, columns scaled to one diagonal, until the residual is rounding."""
    scale = np.sqrt(np.diag(A))
    A, out = A / np.outer(scale, scale), np.zeros_like(B)
    for k, b in enumerate((B / scale[:, None]).T):
        x, target = np.zeros(len(b)), float(np.linalg.norm(b))
        for _ in range(50):
            r = b - A @ x
            d, rr = r.copy(), r @ r
            for _ in range(len(b)):
                if rr <= (1e-17 * target) ** 2:
                    break
                Ad = A @ d
                step = rr / (d @ Ad)
                x, r = x + step * d, r - step * Ad
                d, rr = r + (r @ r) / rr * d, r @ r
        out[:, k] = x
    return np.asarray(out / scale[:, None])


def correlated_errors(rows: GroupedRows, sigma_alpha: float, sigma_y: float) -> TwoLevel:
    """Fifth way: one large regression y ~ N(X beta, V), its n x n covariance matrix formed and factorized.

    V has sigma_y^2 / w_i + sigma_alpha^2 on its diagonal and sigma_alpha^2 between rows of one group (`covariance_of`).
    Generalized least squares from its Cholesky factor; b is the regression of alpha on y: cov(b, y) V^-1 (y - X beta).
    ArgumentError above 5,000 rows.
    """
    n = len(rows.y)
    if n > LARGEST:
        raise ArgumentError(f"the fifth way forms an n x n matrix; {n} rows are too many, the most are {LARGEST}")
    with threads_for(n):
        chol = cholesky_of_one(covariance(rows, np.arange(n), sigma_alpha, sigma_y))
    half = solve_lower_columns(chol, np.column_stack([rows.X, rows.y]))
    Q, R = np.linalg.qr(half[:, :-1])
    inverse = inverse_of_lower(R.T).T
    beta = inverse @ (Q.T @ half[:, -1])
    residuals = solve_lower(chol, half[:, -1] - half[:, :-1] @ beta, transposed=True)  # V^-1 (y - X beta)
    b = sigma_alpha**2 * rows.indicators.T @ residuals
    return two_level(rows, "regression with correlated errors", beta, b, inverse @ inverse.T)


def covariance(rows: GroupedRows, chosen: Array, sigma_alpha: float, sigma_y: float) -> Array:
    """V (k, k) of chosen rows."""
    codes = rows.codes[chosen]
    same = codes[:, None] == codes
    return np.asarray(sigma_alpha**2 * same + np.diag(sigma_y**2 / rows.weights[chosen]))


Way = Callable[[GroupedRows, float, float], TwoLevel]
WAYS: tuple[Way, ...] = (
    mixed_model_equations,
    regressions_by_group,
    least_squares_with_prior,
    group_effects_as_errors,
    correlated_errors,
)

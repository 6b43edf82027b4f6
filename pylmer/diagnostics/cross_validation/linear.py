"""Folds of a linear model, in closed form: with W^1/2 X = QR, Q_t the rows of a fold and A = I - Q_t'Q_t,

    A gamma_t = Q'y - Q_t'y_t,    rss_t = rss - e_t'd_t,    d_t = y_t - Q_t gamma_t  (e_t the residuals of the whole)

all weighted. A held-out response is x'beta_t + sigma_t sqrt(1/w + x'(X'WX)_t^-1 x) times Student's t.
Source: Cook & Weisberg (1982), Residuals and Influence in Regression, 3.5 and A.2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import solve_triangular

from ...fit.linear.regression import LinearFit, full_matrix
from ...numerics.distributions import student_log_density
from ...numerics.rank import independent_columns
from .folds import Folds
from .held_out import HeldOut, held_out, without

LEFT = 1e-9  # eigenvalue of A below which a direction is lost with the fold


@held_out.register(LinearFit)
def held_out_of_lm(fit: LinearFit, folds: Folds) -> HeldOut:
    """beta and sigma without each fold."""
    solution, rows, n = fit.solution, fit.rows, fit.design.n
    w = np.ones(n) if rows.weights is None else rows.weights
    offset = np.zeros(n) if rows.offset is None else rows.offset
    X, root = full_matrix(fit)[:, solution.kept], np.sqrt(w)
    Q, R = np.linalg.qr(root[:, None] * X)
    x = solve_triangular(R, X.T, trans="T").T  # rows of X R^-1
    y, e, out = root * (rows.y - offset), root * solution.residuals, HeldOut.nothing(n)
    Qty, weighing = Q.T @ y, w > 0
    sd, dfs = np.full((2, n), np.nan)
    for fold, gone in enumerate(folds.members()):
        df = solution.df_residual - int(np.count_nonzero(weighing[gone]))
        values, vectors = np.linalg.eigh(np.eye(len(Qty)) - Q[gone].T @ Q[gone])
        if values.min(initial=1.0) < LEFT:
            kept = independent_columns(X[folds.codes != fold])
            out.failed[fold] = without([fit.names[k] for k in np.delete(solution.kept, kept)])
            continue
        if df < 1:
            out.failed[fold] = "leaves no rows to estimate sigma from"
            continue
        inverse = vectors / values @ vectors.T
        gamma = inverse @ (Qty - Q[gone].T @ y[gone])
        rss = solution.rss - e[gone] @ (y[gone] - Q[gone] @ gamma)
        mean = x[gone] @ gamma + offset[gone]
        with np.errstate(divide="ignore"):
            whole = 1 / w[gone] + np.einsum("ij,jk,ik->i", x[gone], inverse, x[gone])
        out.mean[gone], sd[gone], dfs[gone] = mean, np.sqrt(rss / df * whole), df
    return replace(out, log_density=np.asarray(student_log_density(rows.y, dfs, out.mean, sd)))

"""The diagnostics of `lm`: deletions of single rows in closed form (Belsley, Kuh & Welsch 1980), as R's stats has them.

With h the leverages, r the residuals and sigma_i the residual standard deviation without row i,

    sigma_i^2 = (rss - w_i r_i^2 / (1 - h_i)) / (df - 1),    beta - beta_i = (X'WX)^-1 x_i w_i r_i / (1 - h_i)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..extract.rows import on_rows
from ..fit.linear.regression import LinearFit, full_matrix
from ..numerics.linalg import Array
from .leverage import cooks_distance, dfbeta, dfbetas, hatvalues, rstandard, rstudent

ONE = 1 - 10 * np.finfo(float).eps  # a leverage above this is one, as in R


@dataclass(frozen=True, eq=False)
class DeletedRows:
    """X (n, r) without aliased columns, leverages h, weighted residuals sqrt(w) r, sqrt(w): (n,) each."""

    X: Array
    h: Array
    r: Array
    root: Array

    @property
    def left(self) -> Array:
        """1 - h, NaN where a row has all the leverage."""
        return np.where(self.h < 1, 1 - self.h, np.nan)


def deleted(fit: LinearFit) -> DeletedRows:
    """What all of these words need."""
    solution, weights = fit.solution, fit.rows.weights
    root = np.ones(fit.design.n) if weights is None else np.sqrt(weights)
    X = full_matrix(fit)[:, solution.kept]
    h = np.sum(np.linalg.qr(root[:, None] * X)[0] ** 2, axis=1)  # accurate where it is one, as x'(X'WX)^-1 x is not
    return DeletedRows(X, np.where(h > ONE, 1.0, h), root * solution.residuals, root)


def _sigmas(fit: LinearFit, rows: DeletedRows) -> Array:
    """sigma without each row: (n,); that of the whole where the row has all the leverage, as in R."""
    left = fit.solution.rss - np.where(rows.h < 1, rows.r**2 / rows.left, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(left / (fit.solution.df_residual - np.where(rows.h < 1, 1, 0))))


@hatvalues.register(LinearFit)
def _(fit: LinearFit) -> pd.Series[float]:
    return on_rows(fit, deleted(fit).h)


@rstandard.register(LinearFit)
def _(fit: LinearFit) -> pd.Series[float]:
    rows = deleted(fit)
    return on_rows(fit, rows.r / (fit.sigma * np.sqrt(rows.left)))


@rstudent.register(LinearFit)
def _(fit: LinearFit) -> pd.Series[float]:
    rows = deleted(fit)
    return on_rows(fit, rows.r / (_sigmas(fit, rows) * np.sqrt(rows.left)))


@cooks_distance.register(LinearFit)
def _(fit: LinearFit) -> pd.Series[float]:
    rows = deleted(fit)
    return on_rows(fit, (rows.r / (fit.sigma * rows.left)) ** 2 * rows.h / fit.solution.rank)


@dfbeta.register(LinearFit)
def _(fit: LinearFit) -> pd.DataFrame:
    return _by_row(fit, _changes(fit, deleted(fit)))


@dfbetas.register(LinearFit)
def _(fit: LinearFit) -> pd.DataFrame:
    rows = deleted(fit)
    errors = np.sqrt(np.diag(fit.solution.unscaled))
    return _by_row(fit, _changes(fit, rows) / (_sigmas(fit, rows)[:, None] * errors))


def _changes(fit: LinearFit, rows: DeletedRows) -> Array:
    """beta - beta without each row: (n, r); zero where the row has all the leverage, as in R."""
    pull = np.where(rows.h < 1, rows.root * rows.r / np.where(rows.h < 1, rows.left, 1.0), 0.0)
    return np.asarray((rows.X * pull[:, None]) @ fit.solution.unscaled)


def _by_row(fit: LinearFit, values: Array) -> pd.DataFrame:
    names = [fit.names[k] for k in fit.solution.kept]
    return pd.DataFrame({name: on_rows(fit, column) for name, column in zip(names, values.T, strict=True)})

"""The words of `extract` for least-squares fits: labels on the numbers of `regression`, as R's lm and lmList give them.

Each function here is registered for `LinearFit` or `LinearFits` (lmList) with the word of its name, so that
`coef(fit)`, `sigma(fit)`, `vcov(fit)` ... work alike for lm, lmList and lmer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .. import extract
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.linear.grouped import LinearFits
from ..fit.linear.regression import LinearFit
from ..language.syntax import MixedFormula
from ..numerics.distributions import student_two_sided
from ..numerics.linalg import Array
from . import LogLik, NamedVector, Word
from .rows import labelled_residuals, on_rows


@extract.coef.register(LinearFit)
def coef(fit: LinearFit) -> NamedVector:
    """Estimates by coefficient; NaN where a column is a combination of earlier ones."""
    return NamedVector(fit.beta, index=list(fit.names), copy=True)


@extract.se_coef.register(LinearFit)
@extract.se_fixef.register(LinearFit)
def se_coef(fit: LinearFit) -> NamedVector:
    """Standard errors by coefficient."""
    return NamedVector(np.sqrt(np.diag(fit.covariance)), index=list(fit.names))


@extract.vcov.register(LinearFit)
def vcov(fit: LinearFit) -> pd.DataFrame:
    """Covariances of the estimates, NaN for aliased ones."""
    return pd.DataFrame(fit.covariance, index=list(fit.names), columns=list(fit.names), copy=True)


@extract.sigma.register(LinearFit)
def sigma(fit: LinearFit) -> float:
    """The residual standard deviation."""
    return fit.sigma


@extract.logLik.register(LinearFit)
def logLik(fit: LinearFit) -> LogLik:
    """The log-likelihood at its maximum."""
    return LogLik(fit.log_likelihood, fit.solution.rank + 1, fit.solution.n_obs, False)


@extract.deviance.register(LinearFit)
def deviance(fit: LinearFit) -> float:
    """The (weighted) residual sum of squares."""
    return fit.solution.rss


@extract.nobs.register(LinearFit)
def nobs(fit: LinearFit) -> int:
    """Number of rows of positive weight."""
    return fit.solution.n_obs


@extract.df_residual.register(LinearFit)
def df_residual(fit: LinearFit) -> int:
    """Number of rows minus number of estimates."""
    return fit.solution.df_residual


@extract.fitted.register(LinearFit)
def fitted(fit: LinearFit) -> pd.Series[float]:
    """Fitted values X beta + offset on the index of the data."""
    return on_rows(fit, fit.solution.fitted)


@extract.resid.register(LinearFit)
def resid(fit: LinearFit, type: str = "response", scaled: bool = False) -> pd.Series[float]:
    """Residuals on the index of the data: "response", "working", "pearson" or "deviance", as for lmer."""
    return labelled_residuals(fit, fit.solution.residuals, type, scaled)


COLUMNS = ("Estimate", "Std. Error", "t value", "Pr(>|t|)")  # of a table of coefficients
RESIDUALS = ("response", "pearson", "pooled.pearson")
READERS: tuple[Word[..., Any], ...] = (
    extract.formula,
    extract.terms,
    extract.model_frame,
    extract.model_matrix,
    extract.weights,
)
for reader in READERS:  # these read only what any fit with a design has
    reader.register(LinearFit, reader.dispatch(FittedModel))


def coefficient_table(fit: LinearFit) -> pd.DataFrame:
    """Estimate, Std. Error, t value, Pr(>|t|) of the coefficients that have an estimate."""
    kept = fit.solution.kept
    estimate, error = coef(fit).iloc[kept], se_coef(fit).iloc[kept]
    t = estimate / error
    p = student_two_sided(t.to_numpy(), df_residual(fit)) if df_residual(fit) else np.full(len(kept), np.nan)
    return pd.DataFrame(dict(zip(COLUMNS, (estimate, error, t, p), strict=True)))


# --- lmList ----------------------------------------------------------------------------------------------------------


@extract.coef.register(LinearFits)
def list_coef(fits: LinearFits) -> pd.DataFrame:
    """Estimates (J, p), a row per group; NaN where a group's rows give none."""
    return _by_level(fits, fits.coefficients)


@extract.se_coef.register(LinearFits)
def list_se_coef(fits: LinearFits, pool: bool | None = None) -> pd.DataFrame:
    """Standard errors (J, p); `pool` (default: as fitted) takes the pooled sigma in place of each group's own."""
    pooled = fits.pool if pool is None else pool
    return _by_level(fits, fits.errors(np.full(len(fits.levels), fits.sigma) if pooled else fits.sigmas))


def _by_level(fits: LinearFits, values: Array) -> pd.DataFrame:
    return pd.DataFrame(values, index=_levels(fits), columns=list(fits.names))


def _levels(fits: LinearFits) -> pd.Index[Any]:
    return pd.Index(fits.levels, dtype=object)


@extract.sigma.register(LinearFits)
def list_sigma(fits: LinearFits, pool: bool = True) -> float | pd.Series[float]:
    """The residual standard deviation pooled over groups, as R's sigma; with pool=False a Series (J,), each group's."""
    return fits.sigma if pool else pd.Series(fits.sigmas, index=_levels(fits))


@extract.nobs.register(LinearFits)
def list_nobs(fits: LinearFits) -> int:
    """Number of rows in groups that could be fitted."""
    return fits.n_obs


@extract.df_residual.register(LinearFits)
def list_df_residual(fits: LinearFits) -> int:
    """Residual degrees of freedom, summed over groups; a coefficient without an estimate takes none."""
    return fits.df_residual


@extract.formula.register(LinearFits)
def list_formula(fits: LinearFits) -> MixedFormula:
    """The model without its group."""
    return fits.formula


@extract.fitted.register(LinearFits)
def list_fitted(fits: LinearFits) -> pd.Series[float]:
    """Fitted values of each row's group, on the index of the data."""
    return on_rows(fits, fits.solutions.fitted)


@extract.resid.register(LinearFits)
def list_resid(fits: LinearFits, type: str = "response") -> pd.Series[float]:
    """Residuals of each row's group, on the index of the data.

    type  "response": y - fitted; "pearson": that times sqrt(weight) over the group's own residual standard deviation,
          "pooled.pearson": over the pooled one (R's lmList passes over the weights there)
    """
    if type not in RESIDUALS:
        raise ArgumentError(f"type={type!r}: residuals of lmList() are one of {', '.join(map(repr, RESIDUALS))}")
    values = fits.solutions.residuals
    if type == "response":
        return on_rows(fits, values)
    root = 1.0 if fits.rows.weights is None else np.sqrt(fits.rows.weights)
    return on_rows(fits, root * values / (fits.sigma if type == "pooled.pearson" else _row_sigma(fits)))


def _row_sigma(fits: LinearFits) -> Array:
    """The residual standard deviation of each row's group (n,)."""
    return fits.members.spread(fits.sigmas, fits.design.n)


def list_coefficients(fits: LinearFits, pool: bool | None = None) -> pd.DataFrame:
    """Estimate, Std. Error, t value, Pr(>|t|) under each coefficient: (J, 4 p), columns (coefficient, what).

    `pool` (default: as fitted) takes the pooled sigma and degrees of freedom in place of each group's own.
    """
    pooled = fits.pool if pool is None else pool
    estimate, error = list_coef(fits).to_numpy(), list_se_coef(fits, pooled).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / error
    df = np.where(pooled, fits.df_residual, fits.solutions.df_residual)
    p = np.where(df[:, None] > 0, student_two_sided(t, np.maximum(df, 1)[:, None]), np.nan)
    columns = pd.MultiIndex.from_tuples([(name, what) for name in fits.names for what in COLUMNS])
    values = np.stack([estimate, error, t, p], axis=2).reshape(len(fits.levels), -1)
    return pd.DataFrame(values, index=_levels(fits), columns=columns)

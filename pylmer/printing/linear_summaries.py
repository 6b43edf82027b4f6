"""summary and display of least-squares fits: the numbers as records. Their texts are in `linear`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..extract import coef
from ..extract.linear import coefficient_table, list_coefficients, vcov
from ..fit.linear.grouped import LinearFits
from ..fit.linear.regression import LinearFit
from ..language.nodes import Call
from ..text import Shown
from ..text.arguments import check_digits, under_either_name
from .arm import NAMES, display
from .filling import argument, code_lines
from .summaries import summary


@dataclass(frozen=True, eq=False, repr=False)
class LinearSummary(Shown):
    """What `summary(lm(...))` holds.

    coefficients  DataFrame: Estimate, Std. Error, t value, Pr(>|t|) of the coefficients that have an estimate
    names         all coefficients, the aliased ones too;  rank  the number of estimates
    residuals     Series, times sqrt(w) where the fit is weighted; None of a fit without its rows
    n_missing     rows left out for missing values
    fstatistic    (value, numerator df, denominator df), None without a term to test
    vcov          covariances of the coefficients that have an estimate
    correlation   whether the page shows the correlations of the coefficients
    """

    call: Call
    coefficients: pd.DataFrame
    names: tuple[str, ...]
    rank: int
    residuals: pd.Series[float] | None
    weighted: bool
    sigma: float
    df_residual: int
    n_missing: int
    r_squared: float
    adj_r_squared: float
    fstatistic: tuple[float, int, int] | None
    vcov: pd.DataFrame
    correlation: bool = False


@summary.register(LinearFit)
def summary_linear(fit: LinearFit, correlation: bool | None = None, corr: bool | None = None) -> LinearSummary:
    """Estimates with standard errors and t tests, residuals, R-squared and the F test of all terms."""
    solution = fit.solution
    squared, adjusted, fstatistic = _explained(fit)
    return LinearSummary(
        call=fit.call,
        coefficients=coefficient_table(fit),
        names=fit.names,
        rank=solution.rank,
        residuals=_residuals(fit) if fit.data.source.at_hand else None,
        weighted=fit.weighted,
        sigma=fit.sigma,
        df_residual=solution.df_residual,
        n_missing=fit.design.n_missing,
        r_squared=squared,
        adj_r_squared=adjusted,
        fstatistic=fstatistic,
        vcov=vcov(fit).iloc[solution.kept, solution.kept],
        correlation=bool(under_either_name(correlation=correlation, corr=corr)),
    )


def _residuals(fit: LinearFit) -> pd.Series[float]:
    """Residuals, times sqrt(w) where the fit is weighted."""
    weights, residuals = fit.rows.weights, fit.solution.residuals
    return pd.Series(residuals if weights is None else np.sqrt(weights) * residuals, index=fit.rows.index)


def _explained(fit: LinearFit) -> tuple[float, float, tuple[float, int, int] | None]:
    """R-squared, adjusted R-squared and the F test; as in R, an offset counts as explained."""
    solution, intercept = fit.solution, int(fit.intercept)
    terms, df = solution.rank - intercept, solution.df_residual
    if not terms:
        return 0.0, 0.0, None
    sum_of_squares = fit.sum_explained
    total = sum_of_squares + solution.rss
    squared = sum_of_squares / total if total else math.nan
    if not df:
        return squared, math.nan, (math.nan, terms, df)
    adjusted = 1 - (1 - squared) * (solution.n_obs - intercept) / df
    return squared, adjusted, (_ratio(sum_of_squares / terms, solution.rss / df), terms, df)


def _ratio(explained_mean: float, residual_mean: float) -> float:
    """F; infinite for a perfect fit, NaN if there was nothing to explain."""
    if residual_mean:
        return explained_mean / residual_mean
    return math.inf if explained_mean else math.nan


@coef.register(LinearSummary)
def summary_coef(record: LinearSummary) -> pd.DataFrame:
    """R's coef(summary(fit)): the table of coefficients."""
    return record.coefficients


@dataclass(frozen=True, eq=False, repr=False)
class LinearListSummary(Shown):
    """What `summary(lmList(...))` holds.

    coefficients  (J, 4 p): under each coefficient Estimate, Std. Error, t value, Pr(>|t|), a row per group, so that
                  `coefficients["x"]` is (J, 4); NaN for a group without a fit
    formula       "y ~ x | g";  data_name  what the data are called, None where nothing says
    sigma         Series (J,), each group's own residual standard deviation
    RSE           the pooled one, on `df_residual` degrees of freedom
    pool          whether the errors and tests are pooled
    """

    call: Call
    formula: str
    data_name: str | None
    coefficients: pd.DataFrame
    sigma: pd.Series[float]
    RSE: float
    df_residual: int
    pool: bool


@summary.register(LinearFits)
def summary_list(fits: LinearFits, pool: bool | None = None) -> LinearListSummary:
    """Estimates with standard errors and t tests by group; `pool` (default: as fitted) pools the residual variance."""
    pooled = fits.pool if pool is None else pool
    return LinearListSummary(
        call=fits.call,
        formula=_written(fits.call, "formula") or "",
        data_name=_written(fits.call, "data"),
        coefficients=list_coefficients(fits, pooled),
        sigma=pd.Series(fits.sigmas, index=pd.Index(fits.levels, dtype=object)),
        RSE=fits.sigma,
        df_residual=fits.df_residual,
        pool=pooled,
    )


def _written(call: Call, name: str) -> str | None:
    """An argument of a call as R writes it."""
    value = argument(call, name)
    return None if value is None else " ".join(code_lines(value))


@coef.register(LinearListSummary)
def list_summary_coef(record: LinearListSummary) -> pd.DataFrame:
    """R's coef(summary(fits)): the tables of coefficients."""
    return record.coefficients


@dataclass(frozen=True, eq=False, repr=False)
class LinearDisplay(Shown):
    """What `display(lm(...))` shows: coef.est, coef.se (t values and p-values with `detail`), n, sd and R-squared."""

    call: Call
    coefficients: pd.DataFrame
    nobs: int
    rank: int
    sigma: float
    r_squared: float
    digits: int


@display.register(LinearFit)
def display_linear(fit: LinearFit, digits: int = 2, detail: bool = False) -> LinearDisplay:
    """The short page of arm's display for lm."""
    table = coefficient_table(fit).rename(columns=NAMES)
    return LinearDisplay(
        call=fit.call,
        coefficients=table if detail else table.iloc[:, :2],
        nobs=fit.solution.n_obs,
        rank=fit.solution.rank,
        sigma=fit.sigma,
        r_squared=_explained(fit)[0],
        digits=check_digits(digits),
    )

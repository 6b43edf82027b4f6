"""The words of `extract` for least-squares fits: labels on the numbers of `regression`, as R's lm gives them.

Each function is registered for `LinearFit` (and `LinearFits`, R's lmList) with the word of the same name, so
`coef(fit)`, `sigma(fit)`, `vcov(fit)` ... work alike for lm, lmList and lmer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from .language.syntax import Call
from .least_squares import explained, log_likelihood, spread
from .linalg import Array
from .regression import LinearFit
from .tables import Shown

ResidualType: TypeAlias = Literal["response", "working", "pearson", "deviance"]
Interval: TypeAlias = Literal["none", "confidence", "prediction"]


def coef(fit: LinearFit) -> pd.Series[float]:
    """Estimates by coefficient; NaN where a column is a combination of earlier ones."""
    return pd.Series(fit.beta, index=list(fit.names))


def se_coef(fit: LinearFit) -> pd.Series[float]:
    """Standard errors by coefficient."""
    return pd.Series(np.sqrt(np.diag(fit.covariance)), index=list(fit.names))


def vcov(fit: LinearFit) -> pd.DataFrame:
    """Covariances of the estimates, NaN for aliased ones."""
    return pd.DataFrame(fit.covariance, index=list(fit.names), columns=list(fit.names))


def logLik(fit: LinearFit) -> float:
    return log_likelihood(fit.solution, fit.design.weights)


def deviance(fit: LinearFit) -> float:
    return fit.solution.rss


def nobs(fit: LinearFit) -> int:
    return fit.solution.n_obs


def df_residual(fit: LinearFit) -> int:
    return fit.solution.df_residual


def confint(fit: LinearFit, level: float = 0.95) -> pd.DataFrame:
    """Limits of the confidence intervals from the t distribution, in columns named as R names them."""
    half = quantile(level, df_residual(fit)) * se_coef(fit)
    return limits(coef(fit), half, level)


def quantile(level: float, df: int) -> float:
    """The t quantile of a two-sided interval; NaN without degrees of freedom."""
    return float(stats.t.ppf((1 + level) / 2, df)) if df > 0 else float("nan")


def limits(centre: pd.Series[float], half: pd.Series[float], level: float) -> pd.DataFrame:
    """centre -+ half in two columns, headed "2.5 %" and "97.5 %" at level 0.95."""
    low, high = (f"{100 * tail:.3g} %" for tail in ((1 - level) / 2, (1 + level) / 2))
    return pd.DataFrame({low: centre - half, high: centre + half})


@dataclass(frozen=True, eq=False, repr=False)
class LinearSummary(Shown):
    """What `summary(lm(...))` holds: `coefficients` under R's column names, without the aliased rows, and the rest.

    names         all coefficients, the aliased ones too;  rank  the number of estimates
    residuals     times sqrt(w) where the fit is weighted, rows of zero weight left out
    fstatistic    (value, numerator df, denominator df), None without a term to test
    """

    call: Call
    coefficients: pd.DataFrame
    names: tuple[str, ...]
    residuals: pd.Series[float]
    weighted: bool
    sigma: float
    rank: int
    df_residual: int
    n_missing: int
    r_squared: float
    adj_r_squared: float
    fstatistic: tuple[float, int, int] | None


def summary(fit: LinearFit) -> LinearSummary:
    """Estimates with standard errors and t tests, residuals, R-squared and the F test of all terms."""
    solution = fit.solution
    intercept = int(fit.intercept)
    explained_ss = explained(solution, fit.design.weights, fit.intercept)
    numerator, denominator = solution.rank - intercept, solution.df_residual
    r_squared = explained_ss / (explained_ss + solution.rss) if numerator else 0.0
    mean_square = solution.rss / denominator if denominator else float("nan")
    scale = (solution.n_obs - intercept) / denominator if denominator else float("nan")
    weights = fit.design.weights
    return LinearSummary(
        call=fit.call,
        coefficients=coefficient_table(fit),
        aliased=tuple(np.isnan(fit.beta).tolist()),
        residuals=solution.residuals if weights is None else (np.sqrt(weights) * solution.residuals)[weights > 0],
        weighted=weights is not None,
        sigma=fit.sigma,
        df_residual=denominator,
        n_missing=fit.design.n_total - len(solution.fitted),
        r_squared=r_squared,
        adj_r_squared=1 - (1 - r_squared) * scale if numerator else 0.0,
        fstatistic=(explained_ss / numerator / mean_square, numerator, denominator) if numerator else None,
    )


def coefficient_table(fit: LinearFit) -> pd.DataFrame:
    """Estimate, Std. Error, t value, Pr(>|t|) of the coefficients that have an estimate."""
    estimate, error = coef(fit).dropna(), se_coef(fit)
    error = error[estimate.index]
    t = estimate / error
    p = 2 * stats.t.sf(np.abs(t), fit.solution.df_residual)
    return pd.DataFrame({"Estimate": estimate, "Std. Error": error, "t value": t, "Pr(>|t|)": p})


def predict(
    fit: LinearFit, newdata: Any = None, *, interval: Interval = "none", level: float = 0.95
) -> pd.Series[float] | pd.DataFrame:
    """X beta + offset for new rows (default: the fitted values); with `interval`, a frame of fit, lwr, upr.

    "confidence" is for the mean of the response, "prediction" for a new one, as R's predict.lm.
    """
    raise NotImplementedError

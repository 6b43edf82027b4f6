"""tidy, glance, augment of least-squares fits, with the columns of R's broom."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ...diagnostics import cooks_distance, hatvalues, rstandard
from ...extract import AIC, BIC, logLik
from ...extract.linear import coef, se_coef
from ...fit.linear.regression import LinearFit
from ...numerics.distributions import f_upper, student_two_sided, two_sided_quantile
from ...numerics.linalg import Array
from ...text.arguments import check_level
from .augmenting import as_frame, beside, joined, refuse_both, with_predictions
from .fits import augment, fitted_columns, glance, tidy, used

__all__ = ["augment_linear", "glance_linear", "tidy_linear"]


@tidy.register(LinearFit)
def tidy_linear(fit: LinearFit, conf_int: bool = False, conf_level: float = 0.95) -> pd.DataFrame:
    """Coefficients of an `lm`: term, estimate, std.error, statistic, p.value, and conf.low, conf.high if asked for."""
    estimate, error = coef(fit).to_numpy(), se_coef(fit).to_numpy()
    df = fit.solution.df_residual
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / error
    p = student_two_sided(t, df) if df else np.full(len(t), np.nan)
    columns = {"term": list(fit.names), "estimate": estimate, "std.error": error, "statistic": t, "p.value": p}
    if conf_int:
        half = two_sided_quantile(check_level(conf_level, "conf_level"), df) * error
        columns |= {"conf.low": estimate - half, "conf.high": estimate + half}
    return pd.DataFrame(columns)


@glance.register(LinearFit)
def glance_linear(fit: LinearFit) -> pd.DataFrame:
    """One row about an `lm`: R-squared, sigma, the F test of all predictors, likelihood, sizes."""
    solution, left = fit.solution, fit.solution.df_residual
    squares, df = fit.sum_explained, solution.rank - fit.intercept
    share = squares / (squares + solution.rss)
    F = squares / df / fit.sigma**2 if df and left else math.nan
    row: dict[str, Any] = {"r.squared": share}
    row["adj.r.squared"] = 1 - (1 - share) * (solution.n_obs - fit.intercept) / left if left else math.nan
    row |= {"sigma": fit.sigma, "statistic": F, "p.value": f_upper(F, df, left) if df and left else math.nan}
    row |= {"df": float(df) if df else math.nan, "logLik": float(logLik(fit)), "AIC": AIC(fit), "BIC": BIC(fit)}
    return pd.DataFrame([row | {"deviance": solution.rss, "df.residual": left, "nobs": solution.n_obs}])


@augment.register(LinearFit)
def augment_linear(
    fit: LinearFit,
    data: Any = None,
    newdata: Any = None,
    *,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The rows of an `lm`, or other rows, with broom's columns; the arguments as for mixed models."""
    refuse_both(data, newdata)
    asked: dict[str, Any] = {"se_fit": se_fit, "interval": interval, "level": level}
    if newdata is not None:
        return joined(as_frame(newdata), with_predictions(fit, newdata, **asked))
    return beside(fit, data, {**fitted_columns(fit, **asked), **_row_numbers(fit)})


def _row_numbers(fit: LinearFit) -> dict[str, Array]:
    """.resid, .hat, .sigma (without the row), .cooksd and .std.resid of the rows used."""
    weights, solution = fit.rows.weights, fit.solution
    hat = used(fit, hatvalues(fit))
    pearson = solution.residuals if weights is None else np.sqrt(weights) * solution.residuals
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.sqrt((solution.rss - pearson**2 / (1 - hat)) / (solution.df_residual - 1))
    columns = {".resid": solution.residuals, ".hat": hat, ".sigma": without}
    return columns | {".cooksd": used(fit, cooks_distance(fit)), ".std.resid": used(fit, rstandard(fit))}

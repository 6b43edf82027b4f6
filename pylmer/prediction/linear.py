"""predict for least-squares fits, with R's standard errors, confidence and prediction intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..design.estimable import not_estimable
from ..errors import ArgumentError, note
from ..fit.linear.least_squares import spread
from ..fit.linear.regression import LinearFit, full_matrix
from ..numerics.distributions import two_sided_quantile
from ..numerics.linalg import Array, dense
from ..text.arguments import check_level
from .labels import (
    check_na_action,
    fitted_noise,
    labelled,
    new_noise,
    new_offset,
    on_fitted_rows,
    refuse_without_newdata,
    rows_kept,
)
from .words import predict

INTERVALS = (None, "none", "confidence", "prediction")


@predict.register(LinearFit)
def predict_linear(
    fit: LinearFit,
    newdata: Any = None,
    *,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    weights: Any = None,
    offset: Any = None,
    na_action: str = "pass",
) -> pd.Series[float] | pd.DataFrame:
    """Means X beta + offset for the rows of `newdata` (default: of the fit), R's predict.lm.

    se_fit     standard errors of the means
    interval   "confidence" for the mean of the response, "prediction" for a new response, from the t distribution
    level      coverage of the interval
    weights    prior weights of new responses: a number, one per row, or a column or expression of `newdata`; by
               default what the fit was given, evaluated there (R's predict.lm: 1)
    offset     the same in place of the fit's argument `offset=`; offset() of the formula is always evaluated
    na_action  rows with missing values: "pass" and "exclude" give NaN, "omit" leaves them out, "fail" raises

    A Series; with `se_fit` or `interval` a DataFrame of fit, se_fit if asked for, and lwr, upr for an interval.
    A fit with aliased coefficients predicts without them; a FitNote names new rows whose mean the data do not tell.
    """
    check_interval(interval)
    rows = _rows(fit, newdata, offset, weights, interval == "prediction")
    check_na_action(na_action)
    kept = rows.X[:, fit.solution.kept]
    centre = kept @ fit.beta[fit.solution.kept] + rows.offset
    variance = fit.sigma**2 * spread(fit.solution.unscaled, kept)
    columns = {"fit": centre}
    if se_fit:
        columns["se_fit"] = np.sqrt(variance)
    if interval in ("confidence", "prediction"):
        t = two_sided_quantile(check_level(level), fit.solution.df_residual)
        half = t * np.sqrt(variance + fit.sigma**2 * rows.noise)
        columns |= {"lwr": centre - half, "upr": centre + half}
    if newdata is None:
        return on_fitted_rows(fit, columns)
    return labelled(columns, rows.index, rows_kept(np.isfinite(centre + rows.noise), rows.index, na_action))


def check_interval(interval: str | None) -> None:
    """Raise ArgumentError for what is no kind of interval."""
    if interval not in INTERVALS:
        raise ArgumentError(f"interval={interval!r}: wanted one of {', '.join(map(repr, INTERVALS))}")


@dataclass(frozen=True, eq=False)
class LinearRows:
    """m rows to predict: X (m, p) with all its columns, offset (m,) or 0, 1 / weight (m,) of new responses or 0."""

    X: Array
    offset: Array | float
    noise: Array | float
    index: pd.Index[Any]


def _rows(fit: LinearFit, newdata: Any, offset: Any, weights: Any, new: bool) -> LinearRows:
    """The rows; `new`: their responses are."""
    design = fit.design
    if newdata is None:
        refuse_without_newdata(offset)
        noise = fitted_noise(fit.rows, weights) if new else 0.0
        return LinearRows(full_matrix(fit), 0.0 if fit.rows.offset is None else fit.rows.offset, noise, fit.rows.index)
    frame = design.spec.frame(newdata)
    X = np.asarray(dense(design.spec.all_fixed(frame)), float)
    if text := not_estimable(fit, fit.solution.kept, X, frame.index):
        note(text)
    noise = new_noise(design.spec, frame, weights) if new else 0.0
    return LinearRows(X, new_offset(design.spec, frame, offset), noise, frame.index)

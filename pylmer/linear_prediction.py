"""predict for least-squares fits, with R's standard errors, confidence and prediction intervals."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from .design.estimable import not_estimable
from .errors import ArgumentError, FitNote
from .least_squares import spread
from .linalg import Array, dense
from .linear_words import t_quantile
from .prediction import predict
from .prediction.labels import UNWEIGHTED, labelled, noise_of, on_fitted_rows, rows_kept
from .regression import LinearFit, full_matrix

__all__ = ["predict", "predict_linear"]

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
    na_action: str = "pass",
) -> pd.Series[float] | pd.DataFrame:
    """Means X beta + offset for the rows of `newdata` (default: of the fit), R's predict.lm.

    se_fit     standard errors of the means
    interval   "confidence" for the mean of the response, "prediction" for a new response, from the t distribution
    level      coverage of the interval
    weights    prior weights of new responses, a number or one per row (default 1, or those of the fit's rows)
    na_action  rows with missing values: "pass" and "exclude" give NaN, "omit" leaves them out, "fail" raises

    A Series; with `se_fit` or `interval` a DataFrame of fit, se_fit if asked for, and lwr, upr for an interval.
    A fit with aliased coefficients predicts without them; a FitNote names new rows whose mean the data do not tell.
    """
    if interval not in INTERVALS:
        raise ArgumentError(f"interval={interval!r}: wanted one of {', '.join(map(repr, INTERVALS))}")
    if interval == "prediction" and newdata is not None and weights is None and fit.design.weights is not None:
        warnings.warn(FitNote(UNWEIGHTED), stacklevel=4)
    X, offset, index = _rows(fit, newdata)
    kept = X[:, fit.solution.kept]
    centre = kept @ fit.beta[fit.solution.kept] + offset
    variance = fit.sigma**2 * spread(fit.solution.unscaled, kept)
    columns = {"fit": centre}
    if se_fit:
        columns["se_fit"] = np.sqrt(variance)
    if interval in ("confidence", "prediction"):
        own = fit.design.weights if newdata is None and weights is None else weights
        noise = noise_of(own, len(centre)) if interval == "prediction" else 0.0
        half = t_quantile(level, fit.solution.df_residual) * np.sqrt(variance + fit.sigma**2 * noise)
        columns |= {"lwr": centre - half, "upr": centre + half}
    if newdata is None:
        return on_fitted_rows(fit, columns)
    return labelled(columns, index, rows_kept(np.isfinite(centre), index, na_action))


def _rows(fit: LinearFit, newdata: Any) -> tuple[Array, Array | float, pd.Index[Any]]:
    """X (m, p) with all its columns, offset and index of the rows to predict."""
    design = fit.design
    if newdata is None:
        return full_matrix(design), 0.0 if design.offset is None else design.offset, design.index
    frame = design.spec.frame(newdata)
    X = np.asarray(dense(design.spec.all_fixed(frame)), float)
    if text := not_estimable(design, fit.solution.kept, X, frame.index):
        warnings.warn(FitNote(text), stacklevel=5)
    return X, design.spec.offset(frame), frame.index

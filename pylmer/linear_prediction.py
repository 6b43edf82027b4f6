"""predict for least-squares fits, with R's confidence and prediction intervals."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from .errors import ArgumentError, FitNote
from .least_squares import spread
from .linalg import Array, dense
from .linear_words import fitted, t_quantile
from .prediction import predict
from .regression import LinearFit, full_matrix

__all__ = ["predict", "predict_linear"]

INTERVALS = ("none", "confidence", "prediction")


@predict.register(LinearFit)
def predict_linear(
    fit: LinearFit, newdata: Any = None, *, interval: str = "none", level: float = 0.95
) -> pd.Series[float] | pd.DataFrame:
    """Means X beta + offset for the rows of `newdata` (default: of the fit), R's predict.lm.

    interval  "confidence" for the mean of the response, "prediction" for a new response: then a DataFrame of fit, lwr,
              upr at coverage `level` instead of a Series

    A fit with aliased coefficients predicts without them, and a FitNote says so where there are new rows.
    """
    if interval not in INTERVALS:
        raise ArgumentError(f"interval={interval!r}: wanted one of {', '.join(map(repr, INTERVALS))}")
    if newdata is None and interval == "none":
        return fitted(fit)
    X, offset, index = _rows(fit, newdata)
    kept = X[:, fit.solution.kept]
    centre = kept @ fit.beta[fit.solution.kept] + offset
    if interval == "none":
        return pd.Series(centre, index=index)
    extra = 1.0 if interval == "prediction" else 0.0
    variance = fit.sigma**2 * (spread(fit.solution.unscaled, kept) + extra)
    half = t_quantile(level, fit.solution.df_residual) * np.sqrt(variance)
    return pd.DataFrame({"fit": centre, "lwr": centre - half, "upr": centre + half}, index=index)


def _rows(fit: LinearFit, newdata: Any) -> tuple[Array, Array | float, pd.Index[Any]]:
    """X (m, p) with all its columns, offset and index of the rows to predict."""
    design = fit.design
    if newdata is None:
        return full_matrix(design), 0.0 if design.offset is None else design.offset, design.index
    if fit.solution.rank < len(fit.names):
        lost = ", ".join(design.dropped)
        message = f"predicting from a rank-deficient fit, without {lost}; check that the new rows keep to it"
        warnings.warn(FitNote(message), stacklevel=4)
    frame = design.spec.frame(newdata)
    X = np.zeros((frame.n, len(fit.names)))
    X[:, fit.solution.kept] = dense(design.spec.fixed(frame))
    return X, design.spec.offset(frame), frame.index

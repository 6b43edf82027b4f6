"""predict for generalized linear models: on the scale of the link or of the response, with R's standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..design.estimable import not_estimable
from ..errors import ArgumentError, note
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.least_squares import spread
from ..fit.linear.regression import full_matrix
from ..numerics.distributions import student_quantile
from ..numerics.linalg import Array, dense
from ..text.arguments import is_number
from .labels import check_na_action, labelled, new_offset, on_fitted_rows, refuse_without_newdata, rows_kept
from .options import one_of
from .words import predict


@predict.register(GeneralizedFit)
def predict_generalized(
    fit: GeneralizedFit,
    newdata: Any = None,
    *,
    type: str = "link",
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    offset: Any = None,
    na_action: str = "pass",
) -> pd.Series[float] | pd.DataFrame:
    """X beta + offset for the rows of `newdata` (default: of the fit), or the means, as R's predict.glm.

    type       "link" for the linear predictor, "response" for the mean h(eta)
    se_fit     standard errors; of means by the delta method, |h'(eta)| times that of eta
    interval   "confidence": limits of the linear predictor, transformed for type="response"; normal, of a family with
               a scale from t
    level      coverage of the interval
    offset     of the new rows, in place of the fit's argument `offset=`; offset() of the formula is always evaluated
    na_action  rows with missing values: "pass" and "exclude" give NaN, "omit" leaves them out, "fail" raises

    A Series; with `se_fit` or `interval` a DataFrame of fit, se_fit if asked for, and lwr, upr for an interval.
    """
    one_of("type", type, ("link", "response"))
    one_of("interval", interval, (None, "none", "confidence"))
    check_na_action(na_action)
    rows = _rows(fit, newdata, offset)
    columns = _columns(
        fit, rows, type == "response", se_fit, _quantile(fit, level) if interval == "confidence" else None
    )
    if newdata is None:
        return on_fitted_rows(fit, columns)
    return labelled(columns, rows.index, rows_kept(np.isfinite(columns["fit"]), rows.index, na_action))


@dataclass(frozen=True, eq=False)
class GeneralizedRows:
    """m rows to predict: X (m, r) of the columns with an estimate, offset (m,) or 0."""

    X: Array
    offset: Array | float
    index: pd.Index[Any]


def _rows(fit: GeneralizedFit, newdata: Any, offset: Any) -> GeneralizedRows:
    if newdata is None:
        refuse_without_newdata(offset)
        return GeneralizedRows(full_matrix(fit)[:, fit.kept], fit.offset, fit.rows.index)
    spec = fit.design.spec
    frame = spec.frame(newdata)
    X = np.asarray(dense(spec.all_fixed(frame)), float)
    if text := not_estimable(fit, fit.kept, X, frame.index):
        note(text)
    return GeneralizedRows(X[:, fit.kept], new_offset(spec, frame, offset), frame.index)


def _quantile(fit: GeneralizedFit, level: float) -> float:
    if not is_number(level) or not 0 < level < 1:
        raise ArgumentError(f"level={level!r}: a level lies between 0 and 1")
    df = fit.df_residual if fit.family.has_scale else np.inf
    return float(student_quantile((1 + level) / 2, df)) if df > 0 else float("nan")


def _columns(
    fit: GeneralizedFit, rows: GeneralizedRows, response: bool, se_fit: bool, quantile: float | None
) -> dict[str, Array]:
    """fit, se_fit, lwr and upr as they are wanted."""
    family, eta = fit.family, rows.X @ fit.beta[fit.kept] + rows.offset
    columns = {"fit": family.mu(eta) if response else eta}
    if not se_fit and quantile is None:
        return columns
    error = np.sqrt(fit.dispersion * spread(fit.unscaled, rows.X))
    if se_fit:
        columns["se_fit"] = error * np.abs(family.link.inverse(eta, 1)) if response else error
    if quantile is not None:
        limits = np.stack([eta - quantile * error, eta + quantile * error])
        low, high = np.sort(family.mu(limits), axis=0) if response else limits
        columns |= {"lwr": low, "upr": high}
    return columns

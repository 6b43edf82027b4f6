"""Predictions on the index of their rows, and what becomes of rows with missing values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError, DataError
from ..extract.rows import Designed, on_rows
from ..linalg import Array

NA_ACTIONS = ("pass", "omit", "exclude", "fail")
UNWEIGHTED = "the fit is weighted, the new rows are not: weights= gives theirs"


def labelled(columns: Mapping[str, Array], index: pd.Index[Any], kept: Array) -> pd.Series[float] | pd.DataFrame:
    """The rows kept: a Series of the means if these are all, else a DataFrame with a column each."""
    if len(columns) == 1:
        return pd.Series(columns["fit"][kept], index=index[kept])
    return pd.DataFrame({name: values[kept] for name, values in columns.items()}, index=index[kept])


def on_fitted_rows(fit: Designed, columns: Mapping[str, Array]) -> pd.Series[float] | pd.DataFrame:
    """The same on the rows of the fit, padded with NaN where its na_action was "exclude"."""
    if len(columns) == 1:
        return on_rows(fit, columns["fit"])
    return pd.DataFrame({name: on_rows(fit, values) for name, values in columns.items()})


def rows_kept(complete: Array, index: pd.Index[Any], na_action: str) -> Array:
    """Mask of the rows that are shown, given those without missing values.

    Raises ArgumentError for an unknown `na_action`, DataError for missing values with "fail".
    """
    if na_action not in NA_ACTIONS:
        raise ArgumentError(f"na_action={na_action!r}: wanted one of {', '.join(map(repr, NA_ACTIONS))}")
    if na_action == "fail" and not complete.all():
        first = index[np.flatnonzero(~complete)[0]]
        raise DataError(
            f"the new data have missing values, the first in row {first!r}; na_action='omit' leaves them out"
        )
    return complete if na_action == "omit" else np.ones(len(complete), bool)


def noise_of(weights: Any, m: int) -> Array:
    """1 / weight of each new response (m,), 1 without weights; ArgumentError for what are no weights."""
    if weights is None:
        return np.ones(m)
    try:
        w = np.broadcast_to(np.asarray(weights, float), m)
    except (TypeError, ValueError):
        raise ArgumentError(f"weights: wanted one number, or one for each of the {m} rows to predict") from None
    if not np.all(w > 0):
        raise ArgumentError("weights of new responses must be positive numbers")
    return np.asarray(1.0 / w)

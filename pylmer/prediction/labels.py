"""Predictions on the index of their rows; weights and offset of these; what becomes of rows with missing values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..design import Designed, DesignRows
from ..design.spec import NewFrame, Spec
from ..errors import ArgumentError, DataError, note
from ..extract.rows import on_rows
from ..functions import vector_among
from ..numerics.linalg import Array
from ..text.arguments import is_one_of, written

NA_ACTIONS = ("pass", "omit", "exclude", "fail")


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


def check_na_action(na_action: Any) -> None:
    """Raise ArgumentError for an unknown one, also where there are no new rows that it could be about."""
    if not is_one_of(na_action, NA_ACTIONS):
        raise ArgumentError(f"na_action={written(na_action)}: wanted one of {', '.join(map(repr, NA_ACTIONS))}")


def rows_kept(complete: Array, index: pd.Index[Any], na_action: str) -> Array:
    """Mask of the rows that are shown, given those without missing values.

    Raises DataError for missing values with "fail".
    """
    if na_action == "fail" and not complete.all():
        first = index[np.flatnonzero(~complete)[0]]
        raise DataError(
            f"the new data have missing values, the first in row {first!r}; na_action='omit' leaves them out"
        )
    return complete if na_action == "omit" else np.ones(len(complete), bool)


def new_noise(spec: Spec, frame: NewFrame, weights: Any) -> Array:
    """1 / weight of each new response (m,): of the weights given for them, else of those the fit was given, else 1."""
    return noise_of(spec.argument("weights", frame, weights), frame.n)


def fitted_noise(rows: DesignRows, weights: Any) -> Array:
    """The same for the rows of the fit; a vector has a value for each row used or each row of the data."""
    if weights is None:
        return noise_of(rows.weights, rows.n)
    w = _numbers(vector_among(weights, rows.labels, "weights="))
    if w.shape == (rows.used.n_total,):
        w = w[rows.kept]
    if w.shape not in ((), (rows.n,)):
        raise ArgumentError(f"weights: wanted one number, or one for each of the {rows.n} rows of the fit")
    return noise_of(np.broadcast_to(w, rows.n), rows.n)


def _numbers(weights: Any) -> Array:
    try:
        return np.asarray(weights, float)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"weights={weights!r}: for the rows of the fit wanted one number, or one for each row; "
            "names and expressions are looked up in newdata"
        ) from None


def noise_of(weights: Array | None, m: int) -> Array:
    """1 / weight of each response (m,), 1 without weights, NaN where one is missing; ArgumentError unless positive."""
    if weights is None:
        return np.ones(m)
    if np.any(weights <= 0):
        raise ArgumentError("weights of new responses must be positive numbers")
    return np.asarray(1.0 / weights)


def new_offset(spec: Spec, frame: NewFrame, offset: Any) -> Array:
    """Offset (m,) of new rows: offset() of the formula, and `offset=` as given for them, else as the fit was given.

    A FitNote where the new data lack its column: then it is left out, as R leaves it out always.
    """
    lost = spec.lacking("offset", frame) if offset is None else None
    if lost is not None:
        note(
            f"the new data have no column {lost!r}, which offset={spec.arguments['offset']!r} of the fit needs: these "
            "are predictions without that offset; add the column, or give offset="
        )
        return spec.offset(frame)
    added = spec.argument("offset", frame, offset)
    return spec.offset(frame) if added is None else spec.offset(frame) + added


def refuse_without_newdata(offset: Any) -> None:
    """Raise ArgumentError for an offset where there are no new rows."""
    if offset is not None:
        raise ArgumentError("offset= belongs to newdata; the rows of the fit have the offset of the fit")

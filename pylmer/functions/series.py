"""One column, of whatever dtype -> a value by R's rules: booleans logical, strings text, categoricals factors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..errors import DataError
from .arrays import Array
from .levels import IntervalLevels, Levels, NumberLevels, TextLevels, nearly_equal, number_labels
from .values import Coded, Factor, Function, Logical, Matrix, Strings, Value


def value_of(column: Any, what: str) -> Value:
    """The value of a column, an array, a list or a scalar; `what` names it in errors (DataError)."""
    if type(column) is np.ndarray:
        return _of_array(column, what)
    if isinstance(column, pd.Series):
        return _of_pandas(column, what)
    if column is None or isinstance(column, Coded | Matrix | Function):
        return column
    if isinstance(column, nw.Series):
        return _of_narwhals(column, what)
    if isinstance(column, np.ma.MaskedArray):
        return _of_pandas(pd.Series(column.tolist(), dtype=None if column.dtype.kind in "biuf" else object), what)
    if isinstance(column, np.ndarray):
        return _of_array(column, what)
    if isinstance(column, pd.DataFrame):
        return _of_frame(column, what)
    if isinstance(column, pd.MultiIndex):
        raise DataError(f"{what} is a MultiIndex, which has several values in a row; wanted one")
    if isinstance(column, pd.Categorical):
        return _categorical(column, column.dtype, what)
    if isinstance(column, pd.Index | pd.api.extensions.ExtensionArray):
        return _of_pandas(pd.Series(column), what)
    if np.isscalar(column) or isinstance(column, str | pd.Timestamp):
        return _of_pandas(pd.Series([column]), what)
    return _of_sequence(column, what)


def _of_sequence(column: Any, what: str) -> Value:
    try:
        series = nw.from_native(column, series_only=True)
    except TypeError:
        series = None
    if series is not None:
        return _of_narwhals(series, what)
    if hasattr(column, "to_pandas"):  # a pyarrow array
        return _of_pandas(pd.Series(column.to_pandas()), what)
    if callable(column):
        raise DataError(f"{what} is a Python function; it can be called, but is no variable")
    try:
        listed = pd.Series(list(column))
    except (TypeError, ValueError):
        raise DataError(f"{what} is of type {type(column).__name__}, which is no array") from None
    return _of_pandas(listed, what)


def _of_frame(frame: pd.DataFrame, what: str) -> Matrix:
    try:
        return Matrix(frame.to_numpy(dtype=float), tuple(map(str, frame.columns)))
    except (TypeError, ValueError):
        raise DataError(f"{what} is a data frame with columns that are no numbers; wanted one column") from None


def _of_array(array: Array, what: str) -> Value:
    if array.ndim == 0:
        return value_of(array.reshape(1), what)
    if array.ndim == 2 and array.dtype.kind in "biuf":
        return Matrix(array.astype(float, copy=False), ("",) * array.shape[1])
    if array.ndim > 1:
        raise DataError(f"{what} has {array.ndim} dimensions; wanted one, or a matrix of numbers")
    if array.dtype.kind in "iu" or array.dtype == np.float64:
        return array
    if array.dtype.kind == "b":
        return Logical(array.view(np.int8))
    if array.dtype.kind == "f":
        return array.astype(float)
    if array.dtype.kind == "S":
        raise _bytes_refused(what)
    if array.dtype.kind == "V":
        raise DataError(f"{what} holds records, {array.dtype}; wanted one value in each row")
    return _of_pandas(pd.Series(array), what)


def _of_pandas(series: pd.Series[Any], what: str) -> Value:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return _of_array(series.to_numpy(), what)
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(series.array, dtype, what)
    if isinstance(dtype, pd.StringDtype):
        return _texts(series.array)
    for recognised, reader in _READERS:
        if recognised(dtype):
            return reader(series)
    if is_objects(dtype):
        return _objects(series, what)
    if isinstance(dtype, pd.ArrowDtype) and "dictionary" in str(dtype):
        return _of_pandas(series.astype("category"), what)
    if isinstance(dtype, pd.ArrowDtype) and "binary" in str(dtype):
        raise _bytes_refused(what)
    raise DataError(f"{what} has the type {dtype}, which cannot enter a model")


def _bytes_refused(what: str) -> DataError:
    return DataError(f"{what} holds bytes, whose encoding is not known; make them text: .str.decode('utf-8')")


def _holds_bytes(values: Iterable[Any]) -> bool:
    return any(issubclass(kind, bytes | bytearray | memoryview) for kind in set(map(type, values)))


def _categorical(values: Any, dtype: pd.CategoricalDtype, what: str) -> Factor:
    return Factor(np.asarray(values.codes), _levels(dtype.categories, what), bool(dtype.ordered))


def _levels(categories: pd.Index, what: str) -> Levels:
    """Numbers that increase stay numbers; raises DataError for categories that are written alike."""
    if isinstance(categories.dtype, np.dtype) and categories.dtype.kind in "iuf" and categories.is_monotonic_increasing:
        numbers = categories.to_numpy()
        if not nearly_equal(numbers):
            return NumberLevels(numbers)
    labels = _labels(categories, what)
    if len(set(labels)) < len(labels):
        twice = next(label for place, label in enumerate(labels) if label in labels[:place])
        raise DataError(f"two categories of {what} are both written {twice!r}; rename them")
    kind = IntervalLevels if isinstance(categories.dtype, pd.IntervalDtype) else TextLevels
    return kind(tuple(labels))


def _labels(categories: pd.Index, what: str) -> list[str]:
    if isinstance(categories.dtype, pd.StringDtype):
        return list(categories.to_numpy(dtype=object).tolist())
    if categories.dtype.kind == "b":
        return ["TRUE" if category else "FALSE" for category in categories]
    if isinstance(categories, pd.DatetimeIndex):
        return number_labels(categories.tz_localize(None).to_numpy())
    if categories.dtype.kind in "iuf":
        return number_labels(categories.to_numpy())
    values = categories.to_numpy().tolist()
    if _holds_bytes(values):
        raise _bytes_refused(what)
    return list(map(str, values))


def _texts(array: Any) -> Strings:
    codes, values = array.factorize()
    return Strings(codes, tuple(map(str, values.to_numpy(dtype=object).tolist())))


def _strings(series: pd.Series[Any]) -> Strings:
    codes, values = pd.factorize(series)
    return Strings(codes, tuple(map(str, values.tolist())))


def _nullable_logical(series: pd.Series[Any]) -> Logical:
    absent = series.isna().to_numpy(dtype=bool)
    codes = series.fillna(False).to_numpy(dtype=bool).astype(np.int8)
    codes[absent] = -1
    return Logical(codes)


def _nullable_number(series: pd.Series[Any]) -> Array:
    if pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans:
        return series.to_numpy(dtype=np.int64)
    return series.to_numpy(dtype=float, na_value=np.nan)


def _dates(series: pd.Series[Any]) -> Array:
    if getattr(series.dt, "tz", None) is not None:
        series = series.dt.tz_convert(None)
    return series.to_numpy(dtype="datetime64[us]")


def _durations(series: pd.Series[Any]) -> Array:
    return np.asarray(series.dt.total_seconds().to_numpy(dtype=float) / 86400)


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Value]], ...] = (
    (lambda dtype: pd.api.types.is_bool_dtype(dtype), _nullable_logical),
    (lambda dtype: pd.api.types.is_numeric_dtype(dtype) and dtype.kind in "iuf", _nullable_number),
    (lambda dtype: pd.api.types.is_string_dtype(dtype) and not is_objects(dtype), _strings),
    (lambda dtype: pd.api.types.is_datetime64_any_dtype(dtype), _dates),
    (lambda dtype: pd.api.types.is_timedelta64_dtype(dtype), _durations),
)


def is_objects(dtype: Any) -> bool:
    """Whether a column holds Python objects."""
    return bool(dtype == np.dtype(object))


def _objects(series: pd.Series[Any], what: str) -> Value:
    """Python objects: what most of them are decides."""
    inferred = pd.api.types.infer_dtype(series, skipna=True)
    if inferred == "boolean":
        return _nullable_logical(series.astype("boolean"))
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal", "empty"):
        exact = inferred == "integer" and not series.hasnans
        try:
            return series.to_numpy(dtype=np.int64 if exact else float, na_value=np.nan)
        except OverflowError:
            raise DataError(f"{what} has whole numbers beyond 64 bits; make it text, or float") from None
    if inferred in ("date", "datetime", "datetime64"):
        return _dates(pd.Series(pd.to_datetime(series)))
    if inferred == "string":
        return _strings(series)
    if _holds_bytes(series):
        raise _bytes_refused(what)
    raise DataError(f"{what} mixes types ({inferred}); make it numeric, text or categorical")


def _of_narwhals(series: Any, what: str) -> Value:
    """polars and pyarrow columns; a pandas column goes its own way."""
    native = nw.to_native(series)
    if isinstance(native, pd.Series):
        return _of_pandas(native, what)
    dtype = series.dtype
    if isinstance(dtype, nw.Enum):
        return _labelled(series, list(dtype.categories))
    if dtype == nw.Categorical:
        if series.implementation.is_pyarrow():  # a dictionary has an order; polars numbers the texts as they turn up
            return _of_pandas(native.to_pandas(), what)
        return _strings(_as_pandas(series))
    if dtype == nw.String:
        return _strings(_as_pandas(series))
    if dtype == nw.Boolean:
        return _nullable_logical(_as_pandas(series).astype("boolean"))
    if dtype.is_numeric():
        return _of_array(_plain_numbers(series, dtype), what)
    if dtype == nw.Binary:
        raise _bytes_refused(what)
    if dtype.is_temporal():
        return _of_pandas(_as_pandas(series), what)
    raise DataError(f"{what} has the type {dtype}, which cannot enter a model")


def _plain_numbers(series: Any, dtype: Any) -> Array:
    if not series.null_count() and not dtype.is_decimal():
        return np.asarray(series.to_numpy())
    return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=float)


def _as_pandas(series: Any) -> pd.Series[Any]:
    return pd.Series(series.to_numpy())


def _labelled(series: Any, categories: list[str]) -> Factor:
    codes = pd.Index(categories).get_indexer(pd.Index(series.cast(nw.String).to_numpy()))
    return Factor(np.asarray(codes), TextLevels(tuple(categories)))

"""Columns, indexes and frames of pandas as parts that files hold, and again: dtype, categories and order survive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

MASKED = {
    pd.arrays.IntegerArray: pd.arrays.IntegerArray,
    pd.arrays.FloatingArray: pd.arrays.FloatingArray,
    pd.arrays.BooleanArray: pd.arrays.BooleanArray,
}


# --- into parts: the first says which of the functions below makes it again -------------------------------------------


def column_parts(array: Any) -> list[Any]:
    """A column; TypeError for a dtype that is not known here."""
    dtype = array.dtype
    if isinstance(array, np.ndarray):
        return ["plain", array]
    if isinstance(dtype, pd.CategoricalDtype):
        return ["categorical", array.codes, array.categories, bool(array.ordered)]
    if isinstance(dtype, pd.StringDtype):
        texts = array.to_numpy(dtype=object, na_value=None)
        return ["texts", dtype.storage, dtype.na_value is not pd.NA, texts]
    if type(array) in MASKED:
        return _masked(array)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return ["zoned", pd.DatetimeIndex(array).tz_convert("UTC").tz_localize(None).to_numpy(), str(dtype.tz)]
    if isinstance(dtype, pd.PeriodDtype):
        return ["periods", array.asi8, str(dtype).removeprefix("period[")[:-1], np.asarray(array.isna())]
    if isinstance(dtype, pd.IntervalDtype):
        return ["intervals", pd.Index(array.left), pd.Index(array.right), array.closed]
    if isinstance(dtype, pd.SparseDtype):
        return column_parts(array.to_dense())
    if isinstance(array.to_numpy(), np.ndarray) and isinstance(dtype.type, type) and hasattr(dtype, "pyarrow_dtype"):
        return _arrow(array)
    if isinstance(array, pd.arrays.NumpyExtensionArray | pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray):
        return ["plain", array.to_numpy()]
    raise TypeError(str(dtype))


def _masked(array: Any) -> list[Any]:
    absent = np.asarray(array.isna())
    plain = array.dtype.numpy_dtype
    return ["masked", type(array).__name__, array.to_numpy(dtype=plain, na_value=plain.type(0)), absent]


def _arrow(array: Any) -> list[Any]:
    """A column of pyarrow's, as pandas' own of the same values."""
    try:
        return column_parts(pd.Series(array).convert_dtypes(dtype_backend="numpy_nullable").array)
    except (ValueError, NotImplementedError) as error:
        raise TypeError(str(array.dtype)) from error


def index_parts(index: pd.Index[Any]) -> list[Any]:
    """An index; a range stays one."""
    if isinstance(index, pd.RangeIndex):
        return ["range", index.start, index.stop, index.step, index.name]
    if isinstance(index, pd.MultiIndex):
        return ["multi", list(index.levels), [np.asarray(codes) for codes in index.codes], list(index.names)]
    return ["index", *_held(index), index.name]


def series_parts(series: pd.Series[Any]) -> list[Any]:
    """A Series."""
    return [_held(series)[0], series.index, series.name]


def frame_parts(frame: pd.DataFrame) -> list[Any]:
    """A data frame; of its `attrs` the name, which stands on pages."""
    columns = [_held(frame.iloc[:, place])[0] for place in range(frame.shape[1])]
    return [columns, frame.columns, frame.index, frame.attrs.get("name")]


def _held(labelled: Any) -> list[Any]:
    """The array behind a Series or an index, one of numpy's where it is no more than that."""
    plain = isinstance(labelled.dtype, np.dtype)
    return [labelled.to_numpy() if plain else labelled.array]


# --- and again --------------------------------------------------------------------------------------------------------


def _texts(storage: str, as_nan: bool, texts: Any) -> Any:
    kind: Any = pd.StringDtype
    missing = np.nan if as_nan else pd.NA
    try:
        return pd.array(texts, dtype=kind(storage, na_value=missing))
    except ImportError:  # pyarrow was there, and is not here
        return pd.array(texts, dtype=kind("python", na_value=missing))


def _zoned(moments: Any, zone: str) -> Any:
    return pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone).array


def _periods(ordinals: Any, freq: str, absent: Any) -> Any:
    kind: Any = pd.PeriodIndex
    found = kind.from_ordinals(ordinals, freq=freq)
    return found.where(~absent).array


COLUMNS: dict[str, Callable[..., Any]] = {
    "plain": lambda array: array,
    "categorical": lambda codes, categories, ordered: pd.Categorical.from_codes(codes, categories, ordered=ordered),
    "texts": _texts,
    "masked": lambda kind, values, absent: {each.__name__: each for each in MASKED}[kind](values, absent),
    "zoned": _zoned,
    "periods": _periods,
    "intervals": lambda left, right, closed: pd.arrays.IntervalArray.from_arrays(left, right, closed=closed),
}


def column_of(kind: str, *parts: Any) -> Any:
    """What `column_parts` has taken apart."""
    return COLUMNS[kind](*parts)


def _range(start: int, stop: int, step: int, name: Any) -> pd.Index[Any]:
    return pd.RangeIndex(start, stop, step, name=name)


def _multi(levels: Sequence[Any], codes: Sequence[Any], names: Sequence[Any]) -> pd.Index[Any]:
    return pd.MultiIndex(levels=levels, codes=codes, names=list(names))


def _index(array: Any, name: Any) -> pd.Index[Any]:
    index: pd.Index[Any] = pd.Index(array, dtype=array.dtype, name=name)
    return index


INDEXES: dict[str, Callable[..., pd.Index[Any]]] = {"range": _range, "multi": _multi, "index": _index}


def index_of(kind: str, *parts: Any) -> pd.Index[Any]:
    """What `index_parts` has taken apart."""
    return INDEXES[kind](*parts)


def series_of(array: Any, index: pd.Index[Any], name: Any) -> pd.Series[Any]:
    """What `series_parts` has taken apart."""
    series: pd.Series[Any] = pd.Series(array, dtype=array.dtype, index=index, name=name)
    return series


def frame_of(columns: Sequence[Any], names: pd.Index[Any], index: pd.Index[Any], name: Any) -> pd.DataFrame:
    """What `frame_parts` has taken apart."""
    held = {place: series_of(column, index, None) for place, column in enumerate(columns)}
    frame = pd.DataFrame(held, index=index)
    frame.columns = names
    if name is not None:
        frame.attrs["name"] = name
    return frame

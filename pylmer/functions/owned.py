"""Data as a fit keeps them: whatever their owner does to them later, in place, changes nothing.

pandas copies on write from 3 on, so that there a shallow copy is enough. Older pandas, numpy arrays, dicts and lists do
not, and polars and pyarrow may lend a numpy array's own memory: of these the columns that are used are copied, and no
others.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, ValuesView
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..numerics.linalg import read_only
from .columns import Columns, columns_of

LONG = 50_000  # rows from which a copy costs more than a Series, of which pandas makes no second copy
NARROW = 16  # columns up to which a frame is read and owned in one pass
COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3


def own_data(data: Any, used: Collection[str] | None) -> Any:
    """The data, of the kind they are, with the columns that are `used` (None: all) safe from changes in place.

    Columns that are not used stay as they are where that would take a copy. What is no data frame is returned as it
    is: `read_columns` says what is wrong with it.

    >>> mine = {"x": np.array([1.0, 2.0]), "z": np.array([0.0, 0.0])}
    >>> kept = own_data(mine, {"x"})
    >>> mine["x"][0] = 9.0
    >>> kept["x"][0], kept["z"] is mine["z"]
    (np.float64(1.0), True)
    """
    if isinstance(data, pd.DataFrame):
        return _own_pandas(data, used)
    if isinstance(data, np.ndarray) and data.dtype.names:
        data = {name: data[name] for name in data.dtype.names}
    if isinstance(data, Mapping):
        return data if isinstance(data, Columns) else own_values(data, used)
    return _own_other(data, used)


def own_table(data: Any, used: Collection[str] | None) -> tuple[Any, Columns | None]:
    """`own_data`, and the columns of it where one pass over them has read them too."""
    if isinstance(data, pd.DataFrame) and len(data.columns) <= NARROW and data.columns.is_unique:
        return _own_narrow(data, used)
    return own_data(data, used), None


def _own_narrow(data: pd.DataFrame, used: Collection[str] | None) -> tuple[pd.DataFrame, Columns | None]:
    labels = data.columns.to_numpy(dtype=object).tolist()
    names = list(map(str, labels))
    if len(set(names)) < len(names):  # 1 and "1" are two labels of one name
        return _own_pandas(data, used), None
    kept = _shallow(data)
    lender = kept.copy(deep=False)
    found: dict[str, Any] = {}
    for place, (name, array) in enumerate(zip(names, _arrays(lender), strict=True)):
        if used is None or name in used:
            if COPIES_ON_WRITE and _is_guarded(array.dtype):
                found[name] = read_only(array) if array.dtype.kind in "iufb" else _column(lender, place, labels[place])
            else:
                found[name] = _column(lender, place, labels[place]).copy() if len(array) > LONG else _copied(array)
                kept.isetitem(place, found[name])
    return kept, columns_of(kept, dict(zip(names, labels, strict=True)), found, lender)


def _arrays(frame: pd.DataFrame) -> Iterable[Any]:
    """The columns as pandas holds them: it writes to none of them as long as another frame shares them."""
    arrays = getattr(frame, "_iter_column_arrays", None)
    return (column.array for _, column in frame.items()) if arrays is None else arrays()


def _copied(array: Any) -> Any:
    return pd.arrays.NumpyExtensionArray(array.copy()) if isinstance(array, np.ndarray) else array.copy()


def _column(frame: pd.DataFrame, place: int, label: Any) -> pd.Series[Any]:
    return frame[label] if isinstance(label, str) else frame.iloc[:, place]


def own_values(given: Mapping[Any, Any], used: Collection[str] | None) -> dict[Any, Any]:
    """A dict of arrays with those that are `used` copied; functions and single values stay as they are."""
    return {name: own_vector(value) if _wanted(name, used) else value for name, value in given.items()}


def own_vector(given: Any) -> Any:
    """A column, or an argument with one value per row: a copy, or itself where nobody can change it.

    An iterator, which can be read once, becomes a list.
    """
    if isinstance(given, list | tuple | Iterator | ValuesView):
        return list(given)
    if isinstance(given, np.ndarray | pd.Series | pd.DataFrame | pd.api.extensions.ExtensionArray):
        return given.copy()
    column = nw.from_native(given, series_only=True, pass_through=True)
    if isinstance(column, nw.Series):
        return nw.to_native(_gathered(column))
    return copy.deepcopy(given) if hasattr(given, "__array__") and np.ndim(given) else given


def _wanted(name: Any, used: Collection[str] | None) -> bool:
    return used is None or str(name) in used


def _own_pandas(data: pd.DataFrame, used: Collection[str] | None) -> pd.DataFrame:
    kept = _shallow(data)
    labels, unique = data.columns.tolist(), data.columns.is_unique
    for place, (label, dtype) in enumerate(zip(labels, data.dtypes.tolist(), strict=True)):
        if _wanted(label, used) and not (COPIES_ON_WRITE and _is_guarded(dtype)):
            column = _column(data, place, label if unique else None)
            kept.isetitem(place, column.array.copy())
    return kept


def _shallow(data: pd.DataFrame) -> pd.DataFrame:
    """A shallow copy with an index of its own, whose name nobody else can change."""
    kept = data.copy(deep=False)
    if kept.index is data.index:
        kept.index = data.index.copy()
    return kept


def _is_guarded(dtype: Any) -> bool:
    """Whether pandas 3 lends the column out read-only; what is behind categoricals and Int64 it lends as it is."""
    if isinstance(dtype, np.dtype | pd.CategoricalDtype):
        return isinstance(dtype, np.dtype)
    return pd.api.types.is_string_dtype(dtype)


def _own_other(data: Any, used: Collection[str] | None) -> Any:
    """A frame of polars, pyarrow or narwhals."""
    try:
        frame = nw.from_native(data, eager_only=True)
    except (TypeError, nw.exceptions.DuplicateError):
        return data
    native = nw.to_native(frame)
    if isinstance(native, pd.DataFrame):
        return _own_pandas(native, used)
    wanted = [name for name in frame.columns if _wanted(name, used)]
    return nw.to_native(frame.with_columns(*(_gathered(frame[name]) for name in wanted)) if wanted else frame.clone())


def _gathered(column: Any) -> Any:
    """A copy: rows taken by number are never lent."""
    return column[np.arange(len(column))]

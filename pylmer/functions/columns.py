"""Columns of any data frame -> values. pandas, polars, pyarrow, narwhals frames, dicts of arrays, record arrays.

Nothing is converted before it is used, and numbers that are already float64 or integers are not copied.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol, runtime_checkable

import narwhals as nw
import numpy as np
import pandas as pd

from ..errors import DataError
from .alignment import common_labels, labels_of
from .arrays import Array
from .series import value_of
from .values import Matrix, Value, length, take


class Columns(Mapping[str, Value]):
    """The columns of a data frame as values, converted when asked for.

    n      rows
    index  pandas Index of the rows: 0, 1, ... where nothing labels them
    frame  the data frame that they were taken out of, where that is known
    lender a shallow copy of that: while it is there pandas copies what it lent before it writes
    """

    frame: Any = None
    lender: Any = None

    def __init__(
        self, readers: Mapping[str, Callable[[], Any]], n: int, index: pd.Index, twice: frozenset[str] = frozenset()
    ) -> None:
        self._readers = readers
        self._values: dict[str, Value] = {}
        self.n = n
        self.index = index
        self.twice = twice

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = self._read(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def again(self) -> Columns:
        """The same columns, none of them asked for yet."""
        return Columns(self._readers, self.n, self.index, self.twice)

    def taken(self, rows: Array) -> Columns:
        """The columns at some rows, numbered from 0; taken when asked for."""
        readers = {name: partial(_taken, self, name, rows) for name in self}
        return Columns(readers, len(rows), pd.RangeIndex(len(rows)), self.twice)

    @property
    def used(self) -> dict[str, Value]:
        """The columns that have been asked for."""
        return dict(self._values)

    def _read(self, name: str) -> Value:
        reader = self._readers[name]
        if name in self.twice:
            raise DataError(f"the data have more than one column named {name!r}; rename them")
        value = value_of(reader(), f"column {name!r}")
        if length(value) != self.n:
            raise DataError(f"column {name!r} has {length(value)} rows, the data have {self.n}")
        return value


def _taken(columns: Columns, name: str, rows: Array) -> Value:
    return take(columns[name], rows)


@runtime_checkable
class ReadInParts(Protocol):
    """A table whose rows are not in memory (`sources.RowTable`)."""

    def whole(self) -> Columns:
        """All of it in memory; DataError where that is too much."""


def check_single(columns: Columns) -> None:
    """DataError for a column with several values in a row, which no column of a pandas frame has."""
    for name in columns:
        if isinstance(columns[name], Matrix):
            raise DataError(f"column {name!r} has several values in a row; wanted one")


def taken_values(given: Mapping[str, Any], n: int, rows: Array) -> dict[str, Any]:
    """What `env` holds, with the variables that have a value for each of n rows at some of these rows."""
    return {name: _at_rows(value, n, rows) for name, value in given.items()}


def _at_rows(given: Any, n: int, rows: Array) -> Any:
    if callable(given) or isinstance(given, str) or not np.ndim(given):
        return given
    value = value_of(given, "env")
    return take(value, rows) if length(value) == n else given


def read_columns(data: Any) -> Columns:
    """The columns of `data`, which may be columns that were read before.

    Raises DataError for what is no data frame, for columns of unequal length and for names that occur twice.

    >>> read_columns({"x": [1.5, 2.0], "g": ["b", "a"]})["x"]
    array([1.5, 2. ])
    """
    if isinstance(data, Columns):
        return data.again()
    if isinstance(data, pd.DataFrame):
        return _from_pandas(data)
    if isinstance(data, ReadInParts):
        return data.whole()
    if isinstance(data, np.ndarray) and data.dtype.names:
        data = {name: data[name] for name in data.dtype.names}
    if isinstance(data, Mapping):
        return _from_mapping(data)
    return _from_narwhals(data)


def recycled(data: Any) -> Any:
    """A mapping whose single values stand for every row, as in R's data.frame(); everything else as it is.

    >>> recycled({"x": 1, "g": ["a", "b"]})
    {'x': [1, 1], 'g': ['a', 'b']}
    """
    if not isinstance(data, Mapping) or isinstance(data, Columns):
        return data
    n = next((len(column) for column in data.values() if hasattr(column, "__len__") and not _is_single(column)), 1)
    return {name: _repeated(column, n) if _is_single(column) else column for name, column in data.items()}


def _repeated(value: Any, n: int) -> list[Any]:
    return [value[()] if isinstance(value, np.ndarray) else value] * n


def _is_single(value: Any) -> bool:
    """Whether a value stands alone: a number, a text, a date, a missing value, an array without axes."""
    return bool(pd.api.types.is_scalar(value)) or (isinstance(value, np.ndarray) and value.ndim == 0)


def _from_pandas(data: pd.DataFrame) -> Columns:
    labels = data.columns.tolist()
    names = [str(name) for name in labels]
    twice = frozenset(name for name, count in Counter(names).items() if count > 1)
    readers = {name: partial(operator.getitem, data, label) for name, label in zip(names, labels, strict=True)}
    return Columns(readers, len(data), data.index, twice)


def columns_of(data: pd.DataFrame, labels: Mapping[str, Any], found: Mapping[str, Any], lender: Any) -> Columns:
    """The columns of a frame by their names, of which those `found` have been taken out of it already.

    As long as a `lender`, a shallow copy of the frame, is there pandas writes to none of what it holds.
    """
    readers = {
        name: partial(_itself, found[name]) if name in found else partial(operator.getitem, data, label)
        for name, label in labels.items()
    }
    columns = Columns(readers, len(data), data.index)
    columns.frame, columns.lender = data, lender
    return columns


def _from_mapping(data: Mapping[Any, Any]) -> Columns:
    readers = {str(name): partial(_itself, column) for name, column in data.items()}
    lengths = {str(name): _rows(column, str(name)) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name}: {rows}" for name, rows in lengths.items())
        raise DataError(f"the columns of the data have different lengths ({listed})")
    n = next(iter(lengths.values()), 0)
    _check_aligned({str(name): found for name, each in data.items() if (found := labels_of(each)) is not None})
    index = common_labels(data.values())
    return Columns(readers, n, pd.RangeIndex(n) if index is None else index, frozenset())


def _check_aligned(indexes: Mapping[str, pd.Index]) -> None:
    """Raise DataError if Series are labelled differently: neither their places nor their labels can be trusted."""
    for name, index in indexes.items():
        first, reference = next(iter(indexes.items()))
        if not index.equals(reference):
            raise DataError(
                f"the Series {first!r} and {name!r} have different indexes; put the columns into one DataFrame, "
                "or pass arrays (.to_numpy()) if they match row by row"
            )


def _itself(column: Any) -> Any:
    return column


def _rows(column: Any, name: str) -> int:
    try:
        if isinstance(column, set | frozenset | str | bytes | Mapping):
            raise TypeError
        return len(column)
    except TypeError:
        way_out = f"; for one row write [{column!r}]" if isinstance(column, str | int | float) else ""
        raise DataError(f"column {name!r} is {type(column).__name__}, not an array of the rows{way_out}") from None


def _from_narwhals(data: Any) -> Columns:
    try:
        frame = nw.from_native(data, eager_only=True)
    except nw.exceptions.DuplicateError as error:
        raise DataError(
            f"the data have more than one column of a name; rename them ({' '.join(str(error).split())})"
        ) from None
    except TypeError:
        raise DataError(
            f"data of type {type(data).__name__} cannot be read: wanted a pandas, polars or pyarrow table, "
            "or a dict of arrays (collect a lazy frame first)"
        ) from None
    native = nw.to_native(frame)
    if isinstance(native, pd.DataFrame):
        return _from_pandas(native)
    readers = {name: partial(operator.getitem, frame, name) for name in frame.columns}
    return Columns(readers, len(frame), pd.RangeIndex(len(frame)), frozenset())

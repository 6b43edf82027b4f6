"""What stands for a table: paths, callables, datasets, lazy frames of other libraries; data frames are themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import narwhals as nw

from ..errors import DataError
from .files import Files
from .lazy import LazyTable
from .streams import ArrowStream, Dataset, Frames
from .tables import RowTable

RELATION = "a DuckDB relation"


def opened_table(data: Any) -> Any:
    """The `RowTable` that `data` stands for, or `data` itself if its rows are in memory (or it is no data at all).

    DataError for what can be read once only, and for a lazy frame whose rows cannot be had in parts.
    """
    if isinstance(data, str | os.PathLike):
        return Files.named(data)
    if _is_table_of_connection(data):
        return _table_of_connection(*data)
    if isinstance(data, Iterator):
        raise DataError(
            f"data is an iterator ({type(data).__name__}), which can be read once, but a fit reads its rows several "
            "times: give a function that makes it, data=lambda: ..."
        )
    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
    except nw.exceptions.DuplicateError:
        return data  # a frame in memory: what is wrong with it is said where it is read
    if isinstance(frame, nw.DataFrame | nw.Series):
        return data
    if isinstance(frame, nw.LazyFrame):
        return _lazy(frame, data)
    if hasattr(data, "get_fragments") and hasattr(data, "schema"):
        return Dataset(data)
    if hasattr(data, "__arrow_c_stream__"):
        return ArrowStream(data)
    return Frames(data) if callable(data) else data


def _lazy(frame: Any, data: Any) -> RowTable:
    engine = frame.implementation.name.lower()
    if engine == "duckdb":
        return LazyTable(data, ArrowStream(data, RELATION), getattr(data, "_con", None), RELATION)
    if engine == "polars":
        return LazyTable(data, Frames(_PolarsBatches(data), "a polars LazyFrame"), None, "a polars LazyFrame")
    if engine == "dask":
        return Frames(_Partitions(data), "a dask DataFrame")
    return LazyTable(data, None, None, f"a table of {engine}")


def _is_table_of_connection(data: Any) -> bool:
    """Whether this is a pair of a DuckDB connection and the name of one of its tables."""
    pair = isinstance(data, tuple) and len(data) == 2 and isinstance(data[1], str)
    return pair and hasattr(data[0], "interrupt") and hasattr(data[0], "table")


def _table_of_connection(connection: Any, name: str) -> RowTable:
    try:
        relation = connection.table(name)
    except Exception as error:  # duckdb's own kinds
        raise DataError(f"DuckDB has no table {name!r}: {str(error).splitlines()[0]}") from error
    description = f"the DuckDB table {name!r}"
    return LazyTable(relation, ArrowStream(relation, description), connection, description)


class _PolarsBatches:
    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __call__(self) -> Iterator[Any]:
        yield from self.frame.collect_batches()


class _Partitions:
    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __call__(self) -> Iterator[Any]:
        for number in range(self.frame.npartitions):
            yield self.frame.partitions[number].compute()

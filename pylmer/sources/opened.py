"""What stands for a table: paths, callables, datasets, lazy frames of other libraries; data frames are themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import narwhals as nw

from ..errors import DataError
from .files import Files
from .streams import ArrowStream, Dataset, Frames
from .tables import RowTable


def opened_table(data: Any) -> Any:
    """The `RowTable` that `data` stands for, or `data` itself if its rows are in memory (or it is no data at all).

    DataError for what can be read once only, and for a lazy frame whose rows cannot be had in parts.
    """
    if isinstance(data, str | os.PathLike):
        return Files.named(data)
    if isinstance(data, Iterator):
        raise DataError(
            f"data is an iterator ({type(data).__name__}), which can be read once, but a fit reads its rows several "
            "times: give a function that makes it, data=lambda: ..."
        )
    if hasattr(data, "get_fragments") and hasattr(data, "schema"):
        return Dataset(data)
    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
    except nw.exceptions.DuplicateError:
        return data  # a frame in memory: what is wrong with it is said where it is read
    if isinstance(frame, nw.DataFrame | nw.Series):
        return data
    if hasattr(data, "__arrow_c_stream__"):
        return ArrowStream(data)
    if isinstance(frame, nw.LazyFrame):
        return _lazy(frame, data)
    return Frames(data) if callable(data) else data


def _lazy(frame: Any, data: Any) -> RowTable:
    if hasattr(data, "collect_batches"):  # polars
        return Frames(_PolarsBatches(data), "a polars LazyFrame")
    if hasattr(data, "partitions"):  # dask
        return Frames(_Partitions(data), "a dask DataFrame")
    raise DataError(
        f"a lazy frame of {frame.implementation.name.lower()} gives its rows as a whole only: plan = "
        "pylmer.plan(formula, head), and the sums of its partitions, plan.sums(partition), where they are; or write "
        "it as Parquet files"
    )


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

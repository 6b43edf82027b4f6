"""Tables that other libraries hold, or that a function of the user's own gives frame by frame."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..errors import DataError
from ..functions import Columns, read_columns
from .arrow import columns_of_arrow, require_arrow
from .parts import TablePart
from .tables import RowTable, checked_names

ROWS = 500_000  # of a part


class Frames(RowTable):
    """What a callable gives: at each call a fresh iterator of data frames."""

    def __init__(self, make: Callable[[], Iterable[Any]], description: str = "") -> None:
        self.make: Callable[[], Iterable[Any]] | None = make
        _check_callable(make)
        self.description = description or f"{getattr(make, '__name__', type(make).__name__)}()"
        first = next(iter(self._frames()), None)
        if first is None:
            raise DataError(f"{self.description} gave no data frame at all")
        self.names = tuple(first)

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        count = 0
        for count, columns in enumerate(self._frames(), start=1):  # asked for below
            where = f"frame {count} of {self.description}"
            checked_names(tuple(columns), wanted, where)
            if columns.n:
                yield TablePart(columns, where)
        if not count:
            raise DataError(
                f"{self.description} gave no data frame when it was asked again: it must give a fresh iterator"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Without a function that does not pickle, such as a lambda: what is left says that the rows are gone."""
        try:
            pickle.dumps(self.make)
        except (pickle.PicklingError, AttributeError, TypeError):
            return {**vars(self), "make": None}
        return vars(self)

    def _frames(self) -> Iterator[Columns]:
        if self.make is None:
            raise DataError(f"{self.description} is gone: a pickled fit has no rows")
        found = self.make()
        if not hasattr(found, "__iter__") or hasattr(found, "keys") or hasattr(found, "columns"):
            raise DataError(
                f"{self.description} gave {type(found).__name__}: wanted an iterator of data frames, as a function "
                "with `yield` gives"
            )
        yield from map(read_columns, found)


def _check_callable(make: Any) -> None:
    """DataError for a function that wants arguments."""
    try:
        inspect.signature(make).bind()
    except (TypeError, ValueError):
        name = getattr(make, "__name__", type(make).__name__)
        raise DataError(
            f"data={name} wants arguments: wanted a function without any, which gives data frames"
        ) from None


class Dataset(RowTable):
    """A pyarrow Dataset, file by file."""

    def __init__(self, dataset: Any, description: str = "", rows: int = ROWS) -> None:
        self.dataset = dataset
        self.rows = rows
        self.description = description or "a pyarrow dataset"
        self.names = tuple(map(str, dataset.schema.names))

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        options = {"columns": list(wanted), "batch_size": self.rows, "batch_readahead": 1, "fragment_readahead": 1}
        options["use_threads"] = False  # one thread decodes with less work than several
        for fragment in self.dataset.get_fragments():
            where = str(getattr(fragment, "path", "") or self.description)
            try:
                for batch in fragment.scanner(schema=self.dataset.schema, **options).to_batches():
                    if batch.num_rows:
                        yield TablePart(columns_of_arrow(batch), where)
            except (OSError, ValueError) as error:
                raise DataError(f"cannot read {where}: {str(error).splitlines()[0]}") from error


class ArrowStream(RowTable):
    """What gives its rows as a stream of Arrow batches, each time anew: a DuckDB relation, and others."""

    def __init__(self, given: Any, description: str = "") -> None:
        require_arrow(f"reading {type(given).__name__}")
        self.given = given
        self.description = description or f"a {type(given).__name__}"
        self.names = tuple(map(str, self._stream().schema.names))

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        for count, batch in enumerate(self._stream(), start=1):
            if batch.num_rows:
                yield TablePart(columns_of_arrow(batch.select(list(wanted))), f"batch {count} of {self.description}")

    def _stream(self) -> Any:
        import pyarrow as pa

        if self.given is None:
            raise DataError(f"{self.description} is gone: a pickled fit has no rows")
        return pa.RecordBatchReader.from_stream(self.given)

    def __getstate__(self) -> dict[str, Any]:
        return {"given": None, "description": self.description, "names": self.names}

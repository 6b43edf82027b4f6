"""Tables that another engine holds and computes with: a DuckDB relation, a Polars LazyFrame, Ibis, SQLFrame, Spark."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, Generic, TypeVar, cast

import narwhals as nw

from ..errors import DataError
from ..functions import Columns, read_columns
from ..text.progress import percent_bar
from .arrow import columns_of_arrow
from .parts import TablePart
from .tables import RowTable

T = TypeVar("T")
PATIENCE = 0.05  # seconds between two looks at a query under way


@dataclass(frozen=True, eq=False)
class RowEngine:
    """A lazy frame and what runs its queries.

    connection   DuckDB's, which says how far a query is and can interrupt it; None for other engines
    description  what the table is, for messages
    """

    frame: nw.LazyFrame[Any]
    connection: Any
    description: str

    @property
    def types(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return dict(self._asked(self.frame.collect_schema))

    @property
    def name(self) -> str:
        """What computes, as it is called: DuckDB, Polars, ..."""
        found: str = self.frame.implementation.name.lower()
        known = {"duckdb": "DuckDB", "polars": "Polars", "pyspark": "Spark", "sqlframe": "SQLFrame"}
        return known.get(found, found.capitalize())

    def collected(self, frame: nw.LazyFrame[Any]) -> Columns:
        """The rows of a query; DataError for what goes wrong where they are. Ctrl-C ends it."""
        frame_of = partial(frame.collect, **_target(self.frame.implementation.name.lower()))
        found = self._asked(frame_of)
        native = found.to_native()
        return (
            columns_of_arrow(native)
            if hasattr(native, "schema") and hasattr(native, "to_batches")
            else read_columns(native)
        )

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask() if self.connection is None else interruptible(ask, self.connection, self.description)
        except (DataError, MemoryError):
            raise
        except Exception as error:  # every engine has errors of its own
            lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            raise DataError(f"{self.name} cannot read {self.description}: {lines[0]}") from error


def _target(engine: str) -> dict[str, Any]:
    if engine == "polars":
        return {"backend": "polars", "engine": "streaming"}
    return {"backend": "pyarrow" if find_spec("pyarrow") else "pandas"}


def interruptible(ask: Callable[[], T], connection: Any, what: str) -> T:
    """The answer of a DuckDB query, run in a thread while this one waits: Ctrl-C interrupts the query and is raised."""
    query = _Query(ask)
    thread = threading.Thread(target=query, name="pylmer query", daemon=True)
    try:
        with percent_bar(f"reading {what}") as show:
            thread.start()
            while not query.ended.wait(PATIENCE):
                show(connection.query_progress())
    except BaseException:
        while thread.ident is not None and not query.ended.wait(PATIENCE):  # it may have been between two queries
            connection.interrupt()
        raise
    thread.join()
    return query.answer()


class _Query(Generic[T]):
    """A question, and its answer or its error.

    `ended` is waited for, not the thread: an interrupted join() of Python 3.11 takes a thread that runs for one that
    has ended.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self.ask = ask
        self.ended = threading.Event()
        self.found: T | None = None
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self.found = self.ask()
        except BaseException as error:  # raised where it is asked for
            self.error = error
        finally:
            self.ended.set()

    def answer(self) -> T:
        """What was found; raises what was raised."""
        if self.error is not None:
            raise self.error
        return cast("T", self.found)


class LazyTable(RowTable):
    """A lazy frame of another library; `rows` reads it in batches, where that can be done."""

    def __init__(self, given: Any, rows: RowTable | None, connection: Any, description: str) -> None:
        self.given, self.rows, self.connection, self.description = given, rows, connection, description
        self.names = tuple(map(str, self.engine().types))

    def engine(self) -> RowEngine:
        """What runs queries on it; DataError in a pickled fit."""
        if self.given is None:
            raise DataError(f"{self.description} is gone: a pickled fit has no rows")
        return RowEngine(nw.from_native(self.given).lazy(), self.connection, self.description)

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        if self.given is None:
            self.engine()
        if self.rows is None:
            raise DataError(self.no_rows("it gives its rows as a whole only"))
        yield from self.rows.parts(wanted)

    def no_rows(self, why: str) -> str:
        """The message for what needs rows."""
        return (
            f"{self.description}: {why}, and its rows cannot be read in parts here: plan = pylmer.plan(formula, head), "
            "and the sums of its partitions, plan.sums(partition), where they are; or write it as Parquet files"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "given": None, "rows": None, "connection": None}

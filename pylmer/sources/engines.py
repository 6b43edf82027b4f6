"""Which engine computes with the rows of a table where they are, if one does."""

from __future__ import annotations

from importlib.util import find_spec

from .files import Files
from .lazy import Engine, LazyTable
from .tables import RowTable


def engine_of(table: RowTable) -> tuple[Engine | None, str]:
    """The engine of a table, or why there is none."""
    if isinstance(table, LazyTable):
        return table.engine(), ""
    if isinstance(table, Files) and table.format == "Parquet":
        return _of_files(table)
    return None, ""


def _of_files(table: Files) -> tuple[Engine | None, str]:
    if find_spec("duckdb") is None:
        return None, "duckdb is not installed"
    import duckdb
    import narwhals as nw

    connection = duckdb.connect()
    paths = [str(path) for path in table.paths]
    relation = connection.read_parquet(paths, union_by_name=True)
    return Engine(nw.from_native(relation).lazy(), connection, table.description), ""

"""Files of rows: a path, a glob or a folder of Parquet or CSV files, read by row groups or some lines at a time.

Before the first row is used every file has been looked at: the footer of a Parquet file for its columns and types, the
lines of a CSV file for their number of fields. So an error names the file, and comes before the work.
"""

from __future__ import annotations

import glob
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..datasets.csv_files import checked_header
from ..errors import DataError
from ..functions import read_columns
from .arrow import check_alike, columns_of_arrow, require_arrow
from .parts import TablePart
from .tables import RowTable, checked_names

ROWS = 500_000  # of a part
KINDS = {".parquet": "Parquet", ".pq": "Parquet", ".csv": "CSV", ".csv.gz": "CSV"}
GLOB = frozenset("*?[")


class Files(RowTable):
    """Parquet or CSV files, in the order of their names; `rows` is the largest part."""

    def __init__(self, paths: Sequence[Path], description: str, rows: int = ROWS) -> None:
        self.paths = tuple(paths)
        self.description = description
        self.rows = rows
        self.names, self.rows_known = self._checked()

    @classmethod
    def named(cls, given: str | os.PathLike[str], rows: int = ROWS) -> Files:
        """The files that a path, a glob or a folder names; DataError if there are none."""
        return cls(found_files(os.fspath(given)), os.fspath(given), rows)

    @cached_property
    def format(self) -> str:
        """Parquet or CSV; DataError if there are both."""
        found = {_format(path): path for path in self.paths}
        if len(found) > 1:
            raise DataError(f"{self.description}: {' and '.join(map(str, found.values()))} are of two formats")
        return next(iter(found))

    @property
    def attrs(self) -> dict[str, Any]:
        """What a data frame would carry: its name, that of the file or of the folder."""
        path = Path(self.description)
        last = path.parent if GLOB & set(path.name) else path
        return {"name": last.name.split(".")[0]} if last.name else {}

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        read = parquet_parts if self.format == "Parquet" else csv_parts
        for path in self.paths:
            with reading(path):
                yield from read(path, list(wanted), self.rows)

    @property
    def count(self) -> int | None:
        return self.rows_known

    def _checked(self) -> tuple[tuple[str, ...], int | None]:
        """The columns that all files have, and their rows; DataError for a file that lacks one or has another type."""
        return _parquet_names(self.paths) if self.format == "Parquet" else (_csv_names(self.paths), None)


def found_files(text: str) -> list[Path]:
    """The files behind a path, a glob or a folder, in the order of their names."""
    path = Path(text).expanduser()
    if not text.strip():
        raise DataError("data='' names no file")
    if path.is_dir():
        found = [each for each in sorted(path.rglob("*")) if each.is_file() and _suffix(each) in KINDS]
        if not found:
            raise DataError(f"the folder {text!r} has no files that end in {', '.join(KINDS)}")
        return found
    if path.exists():
        _format(path)
        return [path]
    if not GLOB & set(text):
        raise DataError(f"there is no file {text!r} (data= takes a data frame, or the path of files of rows)")
    found = [Path(each) for each in sorted(glob.glob(str(path), recursive=True)) if Path(each).is_file()]
    if not found:
        raise DataError(f"no file is named as {text!r} says: it was looked for from {os.getcwd()!r}")
    return found


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((suffix for suffix in (".csv.gz", ".csv", ".parquet", ".pq") if name.endswith(suffix)), path.suffix)


def _format(path: Path) -> str:
    found = KINDS.get(_suffix(path))
    if found is None:
        raise DataError(f"{str(path)!r}: wanted a file that ends in {', '.join(KINDS)}")
    return found


@contextmanager
def reading(path: Path, where: str = "") -> Iterator[None]:
    """What goes wrong with a file becomes a DataError that names it."""
    place = f"{path}{f', {where}' if where else ''}"
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path} is gone: it was there before") from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"cannot read {place}: it ends too early, or is damaged ({error})") from error
    except DataError:
        raise
    except (OSError, ValueError) as error:  # ArrowInvalid, ParserError, UnicodeDecodeError are ValueErrors
        raise DataError(f"cannot read {place}: {(str(error).splitlines() or [type(error).__name__])[0]}") from error


def _parquet_names(paths: Sequence[Path]) -> tuple[tuple[str, ...], int]:
    require_arrow("reading Parquet files")
    footers = [_footer(path) for path in paths]
    schemas = [footer.schema.to_arrow_schema() for footer in footers]
    names = tuple(map(str, schemas[0].names))
    for path, schema in zip(paths[1:], schemas[1:], strict=True):
        checked_names(schema.names, names, str(path))
        check_alike(schema, schemas[0], names, str(path), str(paths[0]))
    return names, sum(footer.num_rows for footer in footers)


def _footer(path: Path) -> Any:
    from pyarrow import parquet

    with reading(path):
        return parquet.read_metadata(path)


def _csv_names(paths: Sequence[Path]) -> tuple[str, ...]:
    names: list[str] = []
    for path in paths:
        with reading(path):
            try:
                found = checked_header(path)
            except DataError as error:
                raise DataError(f"cannot read {path}: {error}") from error
        names = names or found
        checked_names(found, names, str(path))
    return tuple(names)


def parquet_parts(path: Path, wanted: list[str], rows: int) -> Iterator[TablePart]:
    """A Parquet file by its row groups, large ones in pieces."""
    from pyarrow import parquet

    # one thread decodes with a quarter less work than several, and nothing is held that is not asked for
    with parquet.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            where = f"row group {group + 1} of {file.num_row_groups}"
            with reading(path, where):
                # no more than what is asked for is decoded; the batches of a group are joined to parts of `rows`
                for batch in file.iter_batches(rows, row_groups=[group], columns=wanted, use_threads=False):
                    if batch.num_rows:
                        yield TablePart(columns_of_arrow(_selected(batch, wanted)), f"{path} ({where})")


def _selected(batch: Any, wanted: list[str]) -> Any:
    """The columns in the order wanted, which is not that of the file."""
    return batch.select(wanted)


def csv_parts(path: Path, wanted: list[str], rows: int) -> Iterator[TablePart]:
    """A CSV file, some lines at a time."""
    first = 1
    with pd.read_csv(path, index_col=False, usecols=wanted, chunksize=rows) as chunks:
        for chunk in chunks:
            yield TablePart(read_columns(chunk[wanted]), f"{path} (rows {first} to {first + len(chunk) - 1})")
            first += len(chunk)

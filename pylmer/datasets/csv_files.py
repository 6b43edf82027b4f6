"""CSV files, whose rows must fit their header: pandas shifts or fills columns where they do not, without a word."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from ..errors import DataError

BLOCK = 2**23  # bytes looked at in one go
LINE_END, COMMA = b"\n,"


def read_csv(path: Path) -> pd.DataFrame:
    """The columns of a CSV file (.csv, .csv.gz), under the names of its header, even where one occurs twice.

    Raises DataError for an empty file, and for the first row with more or fewer fields than the header.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "d.csv"
    ...     _ = path.write_text("x,g\\n1,a\\n2,b\\n")
    ...     read_csv(path)
       x  g
    0  1  a
    1  2  b
    """
    header = checked_header(path)
    frame = pd.read_csv(path, index_col=False)
    frame.columns = pd.Index([name or given for name, given in zip(header, frame.columns, strict=True)])
    return frame


def checked_header(path: Path) -> list[str]:
    """The names in the first row that is not blank, after a look at the number of fields in all others."""
    with _opened(path) as file:
        rows = csv.reader(file)
        try:
            header = next(_filled(rows), None)
            if header is None:
                raise DataError("the file is empty: a row of names and rows of values are wanted")
            if _plainly_fits(path, len(header)):
                return header
            for row in _filled(rows):
                if len(row) != len(header):
                    raise DataError(_misfit(rows.line_num, len(row), len(header)))
        except csv.Error as error:
            raise DataError(f"line {rows.line_num}: {error}") from error
    return header


def _plainly_fits(path: Path, fields: int) -> bool:
    """Whether each line has so many fields, told by its commas alone: True if so, False if a closer look is needed.

    Quotes, and returns that are no part of a line's end, want the closer look, which takes several times as long.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        rest = b""
        while block := file.read(BLOCK):
            lines, end, rest = (rest + block).rpartition(b"\n")
            if not _block_fits(lines + end, fields):
                return False
        return _block_fits(rest + b"\n", fields)


def _block_fits(block: bytes, fields: int) -> bool:
    if b'"' in block or block.count(b"\r") != block.count(b"\r\n"):
        return False
    letters = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(letters == LINE_END)
    commas = np.flatnonzero(letters == COMMA)
    if fields > 1 and len(commas) == (fields - 1) * len(ends):
        lines = commas.reshape(len(ends), fields - 1)
        if np.all(lines[:, -1] < ends) and np.all(lines[1:, 0] > ends[:-1]):
            return True
    found = np.diff(np.searchsorted(commas, ends), prepend=0)
    few = np.flatnonzero(found != fields - 1)
    starts = np.append(0, ends[:-1] + 1)
    return all(not found[at] and not block[starts[at] : ends[at]].strip() for at in few.tolist())


def _filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows that are not blank, which pandas skips too."""
    return (row for row in rows if len(row) > 1 or (row and row[0].strip()))


def _misfit(line: int, found: int, wanted: int) -> str:
    row_names = "; if its first field is the name of the row, give it a name in the header, too"
    return (
        f"line {line} has {found} field{'s' if found != 1 else ''}, but the header has {wanted}"
        f"{row_names if found == wanted + 1 else ''}"
    )


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The text of a file; a byte order mark is no part of the first name."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file

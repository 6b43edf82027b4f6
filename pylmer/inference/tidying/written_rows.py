"""Fitted values and residuals of more rows than memory holds: written to a file, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ...errors import ArgumentError, MissingExtraError
from ...fit.fitted_model import FittedModel
from ...fit.words import word
from ...prediction import predict
from ...text.arguments import written

FITTED, RESIDUAL = ".fitted", ".resid"


@word
def write_augmented(fit: FittedModel, path: str | PathLike[str]) -> int:
    """Write the rows of a fit with their fitted values and residuals, a part at a time; the number of rows.

    fit   a fit of `lmer`; of one whose rows are files, or come in parts, no more than a part is ever held
    path  the file: .parquet (which needs pyarrow) or .csv; one that is there is replaced

    Columns: those that the formula reads, `.fitted` (X beta + Z b + offset) and `.resid` (the response minus that), of
    the rows that were used. Raises DataError where the rows cannot be read again, ArgumentError for another ending.

    >>> import pathlib, tempfile, pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_augmented(fit, pathlib.Path(folder) / "rows.csv")
    ...     list(pd.read_csv(pathlib.Path(folder) / "rows.csv"))
    180
    ['Reaction', 'Days', 'Subject', '.fitted', '.resid']
    """
    given: object = path
    writer = _WRITERS.get(Path(given).suffix) if isinstance(given, str | PathLike) else None
    if writer is None:
        raise ArgumentError(f"path={written(path)}: wanted the name of a file that ends in {' or '.join(_WRITERS)}")
    rows = 0
    with writer(Path(path)) as file:
        for frame in augmented_parts(fit):
            file.write(frame)
            rows += len(frame)
    return rows


def augmented_parts(fit: FittedModel) -> Iterator[pd.DataFrame]:
    """The rows used with `.fitted` and `.resid`, some at a time; of rows in memory all."""
    used = getattr(fit.data.source, "used", None)
    if used is None:
        yield fit.rows.model_frame().assign(**{FITTED: fit.mu, RESIDUAL: fit.rows.y - fit.mu})
        return
    for frame, response in used():
        mu = predict(fit, frame).to_numpy()
        yield frame.assign(**{FITTED: mu, RESIDUAL: response - mu})


class _File(Protocol):
    def write(self, frame: pd.DataFrame) -> None: ...


@contextmanager
def _csv(path: Path) -> Iterator[_File]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(file)


class _Csv:
    def __init__(self, file: Any) -> None:
        self.file, self.header = file, True

    def write(self, frame: pd.DataFrame) -> None:
        frame.to_csv(self.file, index=False, header=self.header)
        self.header = False


@contextmanager
def _parquet(path: Path) -> Iterator[_File]:
    if find_spec("pyarrow") is None:
        raise MissingExtraError('writing Parquet needs pyarrow: pip install "pylmer[arrow]", or write a .csv file')
    file = _Parquet(path)
    try:
        yield file
    finally:
        file.close()


class _Parquet:
    """The types of the columns are those of the first part; categories are written as text, which all parts have."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        texts = {
            str(name): frame[name].astype(str) for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)
        }
        table = pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)
        if self.writer is None:
            self.writer = parquet.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table.cast(self.writer.schema))

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


_WRITERS = {".parquet": _parquet, ".csv": _csv}

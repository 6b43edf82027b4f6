"""A table that is read in parts, again and again: what a user gave in place of a data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, word_asked
from ..functions import Columns
from ..language import MixedFormula

MOST_BYTES = 2**30  # of a table that words which need all rows at once may read into memory
BYTES = 8  # of a value


@dataclass(frozen=True, eq=False)
class TablePart:
    """Some rows of a table: their columns, and where they are from, for messages."""

    columns: Columns
    where: str


class Planned:
    """What `lmer` takes in place of a formula: a `ModelPlan`, whose room most fits do without."""

    recipe: Any

    @property
    def formula(self) -> MixedFormula:
        """The formula that was planned."""
        raise NotImplementedError


class RowTable(ABC):
    """Rows that are not in memory. Every pass over `parts` gives all rows anew, in the same order.

    names        of the columns
    description  what it is, for the page of a fit and for messages
    """

    names: tuple[str, ...]
    description: str

    @abstractmethod
    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        """The columns `wanted`, some rows at a time; DataError, which names the place, for what cannot be read."""

    @property
    def attrs(self) -> dict[str, Any]:
        """What a data frame would carry: its name, where it has one."""
        return {}

    def whole(self, wanted: Sequence[str] | None = None) -> Columns:
        """The columns `wanted` (None: all), all rows at once; DataError if that is more than a gigabyte."""
        from .joining import joined  # late: joining knows parts

        names = self.names if wanted is None else tuple(wanted)
        held, rows = [], 0
        for part in self.parts(names):
            rows += part.columns.n
            if rows * len(names) * BYTES > MOST_BYTES:
                raise DataError(self._too_large(len(names)))
            held.append(TablePart(_held(part.columns, names), part.where))
        if not held:
            raise DataError(f"{self.description} has no rows")
        return joined(held, names)

    def _too_large(self, width: int) -> str:
        most = MOST_BYTES // (width * BYTES)
        return (
            f"{word_asked()} needs all rows of {self.description} at once, which are more than the {most:,} that are "
            f"read into memory: ask for it on a part of the rows, in a data frame, or write the fitted values and "
            "residuals of all rows with write_augmented(fit, 'file.parquet')"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.description}: {', '.join(self.names)}>"


def opened(data: Any) -> Any:
    """The `RowTable` that `data` stands for, or `data` itself if its rows are in memory (or it is no data at all)."""
    if data is None or isinstance(data, RowTable | pd.DataFrame | np.ndarray | Mapping):
        return data
    from .opened import opened_table  # late: most data are frames

    return opened_table(data)


def _held(columns: Columns, names: Sequence[str]) -> Columns:
    """The columns, each of them read, so that nothing holds on to the part of a file that they are from."""
    for name in names:
        _ = columns[name]
    return columns


def checked_names(known: Sequence[str], wanted: Sequence[str], where: str) -> None:
    """DataError for the first column that is wanted and not there."""
    for name in wanted:
        if name not in known:
            raise DataError(f"{where} has no column {name!r} (it has {', '.join(known) or 'none'})")

"""A table that is read in parts, again and again: what a user gave in place of a data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import DataError, word_asked
from ..functions import Columns
from ..language import MixedFormula
from .parts import TablePart

MOST_BYTES = 2**30  # of a table that words which need all rows at once may read into memory
BYTES = 8  # of a value
SOON = 2.0  # seconds after which a pass is long


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
    def count(self) -> int | None:
        """Rows of all parts, where that is known before they are read."""
        return None

    def passed(self, wanted: Sequence[str], what: str) -> Iterator[TablePart]:
        """The parts, with a bar that says how many rows have passed if it takes long and somebody sees it."""
        from ..text.progress import progress_bar  # late: rows in memory need none

        look = {"unit": " rows", "unit_scale": True}
        with progress_bar(self.count, None, f"{what} of {self.description}", SOON, **look) as advance:
            for part in self.parts(wanted):
                yield part
                advance(part.columns.n)

    @property
    def attrs(self) -> dict[str, Any]:
        """What a data frame would carry: its name, where it has one."""
        return {}

    def whole(self, wanted: Sequence[str] | None = None) -> Columns:
        """The columns `wanted` (None: all), all rows at once; DataError if that is more than a gigabyte."""
        from .joining import joined  # late: most tables are never held as a whole

        names = self.names if wanted is None else tuple(wanted)
        if (self.count or 0) * len(names) * BYTES > MOST_BYTES:
            raise DataError(self._too_large(len(names)))
        held, rows = [], 0
        for part in self.passed(names, "rows"):
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

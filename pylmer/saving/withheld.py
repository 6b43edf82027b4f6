"""What stands for rows that are not saved: a table that cannot be read, and records that say what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from ..design.source import SAVED_ALONE, NoRows
from ..sources.parts import TablePart
from ..sources.tables import RowTable


def refuse_rows() -> NoReturn:
    """Raise DataError: the word that was called needs the rows."""
    NoRows(SAVED_ALONE).rows()
    raise AssertionError("NoRows raises")


@dataclass(frozen=True, eq=False, repr=False)
class Withheld(RowTable):
    """The data of a fit that was saved without its rows; `names` of the columns that it has read."""

    names: tuple[str, ...]
    description: ClassVar[str] = "the data, which were not saved"  # type: ignore[misc]

    def parts(self, wanted: Sequence[str]) -> Iterator[TablePart]:
        """Always raises DataError."""
        refuse_rows()


class Lacking:
    """A record in place of `whole`: what that has and this has not is of the rows, and DataError says so."""

    whole: ClassVar[type[Any]]

    def __getattr__(self, name: str) -> Any:
        if hasattr(self.whole, name) or name in getattr(self.whole, "__dataclass_fields__", {}):
            refuse_rows()
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

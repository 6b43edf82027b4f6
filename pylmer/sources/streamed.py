"""Where the rows of a fit are whose sums were made of parts: in the table, which is read again, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from ..design import DesignRows, build_design
from ..design.model_frame import DesignArguments
from ..design.source import Summed
from ..errors import DataError, word_asked
from ..language import MixedFormula
from ..options import Control
from .tables import Table


@dataclass(frozen=True, eq=False)
class Streamed(Summed):
    """Rows of a table that is read in parts; all of them are read again, if memory holds them, when a word asks."""

    table: Table
    wanted: tuple[str, ...]
    formula: MixedFormula
    arguments: DesignArguments
    control: Control

    def rows(self) -> DesignRows:
        """The rows, read anew; DataError for more than a gigabyte, and where the table is gone or has other rows."""
        columns = self.table.whole(self.wanted)
        found = build_design(self.formula, columns, self.arguments, control=self.control).rows
        if found.n != self.gram.n:
            raise DataError(
                f"{word_asked()} reads {self.table.description} again, where {found.n} rows can be used, but the fit "
                f"is of {self.gram.n}: it has changed since"
            )
        return found

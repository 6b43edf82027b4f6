"""The rows of a fit whose sums were made of parts: in the table, which is read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..design import DesignRows, build_design
from ..design.source import SummedRows
from ..errors import DataError, word_asked
from ..functions.arrays import Array
from ..functions.python import as_array
from ..options import Control
from .model_plan import ModelPlan
from .tables import RowTable


@dataclass(frozen=True, eq=False)
class Streamed(SummedRows):
    """Rows of a table that is read in parts; all of them are read again, if memory holds them, when a word asks."""

    table: RowTable
    plan: ModelPlan
    control: Control
    route: str

    @property
    def how(self) -> str:
        """How the sums were had: by which engine, or why in parts."""
        return self.route

    def rows(self) -> DesignRows:
        """The rows, read anew; DataError for more than a gigabyte, and where the table is gone or has other rows."""
        columns, recipe = self.table.whole(self.plan.wanted), self.plan.recipe
        found = build_design(self.plan.formula, columns, recipe.arguments, control=self.control).rows
        self._check(found.n)
        return found

    def used(self) -> Iterator[tuple[pd.DataFrame, Array]]:
        """The columns of the rows used and the response (rows,), part by part."""
        n = 0
        for part in self.table.passed(self.plan.wanted, "rows"):
            found = self.plan.recipe.evaluate(part)
            positions = found.rows.positions
            columns = part.columns if positions is None else part.columns.taken(np.asarray(positions))
            n += found.n
            if found.n:
                yield pd.DataFrame({name: as_array(columns[name]) for name in self.plan.wanted}), found.response
        self._check(n)

    def _check(self, n: int) -> None:
        if n != self.gram.n:
            raise DataError(
                f"{word_asked()} reads {self.table.description} again, where {n} rows can be used, but the fit "
                f"is of {self.gram.n}: it has changed since"
            )

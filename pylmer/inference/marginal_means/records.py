"""The variables of a grid, and the tables made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...extract.records import ReadOnly
from ...language import format_number
from ...numerics.linalg import Codes
from ...text import Copied, Printed

Level = str | float | bool


@dataclass(frozen=True)
class Axis:
    """A variable of a grid and its values in order.

    kind       "factor", "numeric" or "logical"
    covariate  whether it is a number that stands at some values, not a factor whose levels can be weighted
    follows    whether its value in a cell is that of a formula in the other variables
    """

    name: str
    values: tuple[Level, ...]
    kind: str = "factor"
    covariate: bool = False
    follows: bool = False

    def column(self, places: Codes) -> pd.Series[Any]:
        """The values at some places."""
        return pd.Series([self.values[i] for i in places], dtype=object if self.kind == "factor" else None)

    def texts(self) -> list[str]:
        """The values as R writes them."""
        return [level_text(value) for value in self.values]


def level_text(value: Level) -> str:
    """TRUE, 4.5, or the text itself."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).upper()
    return value if isinstance(value, str) else format_number(float(value))


class MeansTables(ReadOnly["MeansTable"]):
    """Summaries of marginal means and of contrasts: `.emmeans` and `.contrasts`."""

    __slots__ = ()


class MeansTable(Copied, Printed, pd.DataFrame):  # type: ignore[misc]  # the stubs call copy() final
    """A table of estimates or of joint tests that prints as R's emmeans does; its numbers are an ordinary DataFrame.

    by     columns whose values make separate tables
    variables  of the grid, which are printed as R prints factors and numbers
    notes  lines below the table
    """

    _metadata = ["by", "variables", "label", "notes"]  # noqa: RUF012  # pandas' own protocol
    by: tuple[str, ...]
    variables: tuple[Axis, ...]
    label: str
    notes: tuple[str, ...]

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame


def means_table(
    columns: dict[str, Any], by: tuple[str, ...], axes: tuple[Axis, ...], label: str, notes: tuple[str, ...]
) -> MeansTable:
    """A table with its metadata."""
    made = MeansTable(columns)
    made.by, made.variables, made.label, made.notes = by, axes, label, notes
    return made

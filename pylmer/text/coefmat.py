"""R's `printCoefmat`: a table of estimates, standard errors, test statistics and p-values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .layout import Column, print_columns
from .numbers import EPSILON, format_numbers, format_pvalues, round_number

LEGEND = "---\nSignif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1"
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "."))


@dataclass(frozen=True)
class CoefTable:
    """Columns of numbers under their headers; `has_p`: the last one is a p-value, the one before it a statistic."""

    rows: tuple[str, ...]
    headers: tuple[str, ...]
    columns: tuple[tuple[float, ...], ...]
    has_p: bool

    @property
    def statistic(self) -> int:
        """Position of the test statistic."""
        return len(self.columns) - 1 - self.has_p


def star(p: float) -> str:
    """R's significance mark of a p-value; no mark for a missing one."""
    return next((mark for limit, mark in STARS if p <= limit), "" if math.isnan(p) else " ")


def print_coefmat(
    table: CoefTable, digits: int = 4, *, stars: bool = True, legend: bool = True, missing: str | None = None
) -> str:
    """The table as R's `printCoefmat(x, digits)` prints it.

    Estimates, errors and degrees of freedom share their decimals, enough to show `digits` digits of the smallest.
    `missing` is the text of missing numbers: "NA", or "NaN", which R tells apart.
    """
    cells = _cells(table, digits)
    if missing is not None:
        cells = [_named(texts, values, missing) for texts, values in zip(cells, table.columns, strict=True)]
    columns = [Column(h, tuple(c)) for h, c in zip(table.headers, cells, strict=True)]
    marked = stars and table.has_p and any(p < 0.1 for p in table.columns[-1])
    if marked:
        marks = [star(p) for p in table.columns[-1]]
        columns.append(Column("", tuple(mark.ljust(max(map(len, marks))) for mark in marks)))
    text = print_columns(table.rows, columns)
    return f"{text}\n{LEGEND}" if marked and legend else text


def _named(texts: Sequence[str], values: Sequence[float], missing: str) -> list[str]:
    return [missing if math.isnan(value) else text for text, value in zip(texts, values, strict=True)]


def _cells(table: CoefTable, digits: int) -> list[list[str]]:
    at = table.statistic
    decimals = max(1, min(5, digits - 1))
    statistic = format_numbers([round_number(value, decimals) for value in table.columns[at]], digits)
    cells = [*_estimates(table.columns[:at], digits), statistic]
    cells = [_unzeroed(texts, values, digits) for texts, values in zip(cells, table.columns, strict=False)]
    return [*cells, format_pvalues(table.columns[-1], decimals, EPSILON)] if table.has_p else cells


def _estimates(columns: Sequence[Sequence[float]], digits: int) -> list[list[str]]:
    """All columns formatted together."""
    flat = [value for column in columns for value in column]
    sizes = [math.floor(math.log10(abs(v))) + 1 for v in flat if v != 0 and math.isfinite(v)]
    decimals = max(1, digits - min(sizes, default=digits))
    texts = format_numbers([round_number(value, decimals) for value in flat], digits, na="NaN")
    count = len(columns[0]) if columns else 0
    return [texts[i * count : (i + 1) * count] for i in range(len(columns))]


def _unzeroed(texts: Sequence[str], values: Sequence[float], digits: int) -> list[str]:
    """A number that is not zero but would read as zero is written with its own digits."""
    hidden = [i for i, value in enumerate(values) if value != 0 and math.isfinite(value) and float(texts[i]) == 0]
    own = format_numbers([values[i] for i in hidden], max(1, digits - 1))
    shown = dict(zip(hidden, own, strict=True))
    return [shown.get(i, text) for i, text in enumerate(texts)]

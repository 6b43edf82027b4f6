"""compare_performance on the page, as R's performance prints it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from ..inference.performance.comparing import PerformanceTable
from ..inference.performance.indices import CRITERIA
from ..text import format_fixed, show, show_html, text_width
from .pages import html_table

DIGITS = 3
HEADING = "# Comparison of Model Performance Indices"
SHORT = {
    "R2_conditional": "R2 (cond.)",
    "R2_marginal": "R2 (marg.)",
    "R2_adjusted": "R2 (adj.)",
    "R2_Tjur": "Tjur's R2",
    "R2_Nagelkerke": "Nagelkerke's R2",
}
SMALLEST = 1e-3


@show.register
def show_performance(table: PerformanceTable, digits: int = DIGITS) -> str:
    """R's print of a comparison."""
    first, *others = _columns(table, digits)
    widths = [max(map(text_width, column)) for column in (first, *others)]
    padded = [[text + " " * (widths[0] - text_width(text)) for text in first]]
    padded += [
        [" " * (width - text_width(text)) + text for text in column]
        for width, column in zip(widths[1:], others, strict=True)
    ]
    head, *rows = [" | ".join(line) for line in zip(*padded, strict=True)]
    return "\n".join([HEADING, "", head, "-" * text_width(head), *rows])


@show_html.register
def html_performance(table: PerformanceTable) -> str:
    """A comparison in a notebook."""
    headers, *rows = zip(*_columns(table, DIGITS), strict=True)
    return html_table(headers, rows)


def _columns(table: PerformanceTable, digits: int) -> list[list[str]]:
    """Header and cells of each column; a criterion has its weights beside it."""
    columns = [["Name", *map(str, table.index)], ["Model", *map(str, table["Model"])]]
    for name in table.columns:
        if name in CRITERIA:
            columns.append(_criterion(table, str(name)))
        elif name != "Model" and not str(name).endswith("_wt"):
            columns.append([SHORT.get(str(name), str(name)), *_texts(table[name], lambda x: format_fixed(x, digits))])
    return columns


def _criterion(table: PerformanceTable, name: str) -> list[str]:
    values = _texts(table[name], lambda x: format_fixed(x, 1))
    if f"{name}_wt" not in table:
        return [name, *values]
    weights = _texts(table[f"{name}_wt"], weight_text)
    return [f"{name} (weights)", *(f"{value} ({weight})" for value, weight in zip(values, weights, strict=True))]


def _texts(values: Iterable[float], write: Callable[[float], str]) -> list[str]:
    return ["" if math.isnan(x) else write(x) for x in map(float, values)]


def weight_text(weight: float) -> str:
    """0.293, and beyond three decimals <.001 or >.999."""
    if weight < SMALLEST:
        return "<.001"
    return ">.999" if weight > 1 - SMALLEST else format_fixed(weight, 3)

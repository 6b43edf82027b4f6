"""Cluster-robust tests on the page, as clubSandwich prints them."""

from __future__ import annotations

from collections.abc import Sequence

from ..inference.records import TestTable
from ..inference.robust.robust import SHORT, RobustIntervals, RobustTests
from ..inference.robust.robust_wald import RobustWald
from ..text import Column, format_general, format_numbers, format_pvalues, print_columns, show
from ..text.coefmat import star

SHARED = {"Coef": "Coef.", "beta": "Estimate", "SE": "SE", "tstat": "t-stat", "df": "d.f.", "p_val": "p-value"}
LONG = {short: test for test, short in SHORT.items()} | {"Satt": "Satt"}
SMALLEST = 1e-3  # p-values below it are shown as such


def _cells(header: str, values: Sequence[object]) -> list[str]:
    if values and isinstance(values[0], str):
        return [str(each) for each in values]
    numbers = [float(str(each)) for each in values]
    return format_pvalues(numbers, 3, SMALLEST) if header.startswith("p") else format_numbers(numbers, 3)


def _columns(table: TestTable, headers: dict[str, str], stars: str) -> list[list[str]]:
    """Each column's header and cells; a p-value is followed by its mark."""
    columns = []
    for name, header in headers.items():
        values = list(table[name])
        columns.append([header, *_cells(name, values)])
        if name.startswith("p_"):
            columns.append([stars, *map(star, values)])
    return columns


def _text(columns: list[list[str]]) -> str:
    """R's print of a data frame without row names."""
    return print_columns([""] * len(columns[0][1:]), [Column(head, tuple(cells)) for head, *cells in columns])


def _tests(table: RobustTests) -> list[list[str]]:
    headers = {name: SHARED[name] for name in ("Coef", "beta", "SE", "tstat")}
    for name in table.columns[len(headers) :]:
        kind, short = str(name).split("_")
        headers[str(name)] = f"{'d.f.' if kind == 'df' else 'p-val'} ({LONG[short]})"
    return _columns(table, headers, "Sig.")


def _intervals(table: RobustIntervals) -> list[list[str]]:
    percent = format_general(100 * table.level, 7)
    limits = {"CI_L": f"Lower {percent}% CI", "CI_U": f"Upper {percent}% CI"}
    return _columns(table, {str(name): (SHARED | limits)[str(name)] for name in table.columns}, "Sig.")


def _wald(table: RobustWald) -> list[list[str]]:
    return _columns(table, {str(name): str(name) for name in table.columns if name != "delta"}, "sig")


@show.register
def show_robust_tests(table: RobustTests) -> str:
    """clubSandwich's print of coef_test()."""
    return _text(_tests(table))


@show.register
def show_robust_intervals(table: RobustIntervals) -> str:
    """clubSandwich's print of conf_int()."""
    return _text(_intervals(table))


@show.register
def show_robust_wald(table: RobustWald) -> str:
    """clubSandwich's print of Wald_test()."""
    return _text(_wald(table))

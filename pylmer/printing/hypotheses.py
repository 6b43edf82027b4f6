"""Tables of tests on the page, as R prints them."""

from __future__ import annotations

import pandas as pd

from ..inference.analysis_of_variance.model_comparisons import ModelComparison
from ..inference.analysis_of_variance.selection import Step
from ..inference.records import AnovaTable, CoefmatTable, PlainTable, TestTable
from ..numerics.linalg import Array
from ..text import format_numbers, print_matrix, show
from ..text.variance import print_anova, print_mixed
from .filling import formula_text


def _columns(table: pd.DataFrame) -> tuple[list[str], list[str], list[list[float]]]:
    rows, headers = [str(name) for name in table.index], [str(name) for name in table.columns]
    return rows, headers, [[float(value) for value in table[name]] for name in table.columns]


def _page(table: TestTable, body: str) -> str:
    return "\n".join([*table.heading, body, *table.footing])


@show.register
def show_anova(table: AnovaTable, digits: int = 5) -> str:
    """R's print of class "anova"."""
    return _page(table, print_anova(*_columns(table), digits))


@show.register
def show_plain(table: PlainTable, digits: int = 7) -> str:
    """R's print of a data frame."""
    return _page(table, print_matrix(*_columns(table), digits))


@show.register
def show_coefmat(table: CoefmatTable, digits: int = 5) -> str:
    """Estimates, errors and limits share their decimals; degrees of freedom have one."""
    rows, headers, columns = _columns(table)
    columns = [[round(v, 1) for v in c] if h == "df" else c for h, c in zip(headers, columns, strict=True)]
    kinds = _kinds(headers)
    return _page(
        table, print_mixed(rows, headers, columns, digits, together=kinds["together"], tests=kinds["tests"], na="NA")
    )


def _kinds(headers: list[str]) -> dict[str, list[int]]:
    """Which columns share their decimals, and which are statistics."""
    together = [i for i, h in enumerate(headers) if h in ("Estimate", "Std. Error", "lower", "upper")]
    return {"together": together, "tests": [headers.index("t value")]}


@show.register
def show_step(result: Step) -> str:
    """lmerTest's print of step()."""
    return f"{result.random}\n\n{result.fixed}\n\nModel found:\n{result.model.formula}"


@show.register
def show_comparison(record: ModelComparison) -> str:
    """pbkrtest's print of a model comparison; the test that is scaled."""
    satterthwaite = record.method == "Satterthwaite"
    lines = _restriction_lines(record.L) if satterthwaite else _matrix_lines(record.L)
    small = f"small : {formula_text(record.small)}" if record.small is not None else lines
    rows, headers, columns = _columns(record.test.iloc[:1])
    if satterthwaite:
        body = print_mixed(["[1,]"], headers, columns, together=[0, 1], tests=[2])
    else:
        body = print_mixed(rows, headers, columns, tests=[0, 1, 2], tests_together=True)
    return "\n".join([f"large : {formula_text(record.large)}", small, body])


def _restriction_lines(L: Array) -> str:
    cells = [format_numbers(column) for column in L.T.tolist()]
    lines = [" " + " ".join(line) for line in zip(*cells, strict=True)]
    return "\n".join(["small (restriction matrix) : ", " " * len(lines[0]), *lines])


def _matrix_lines(L: Array) -> str:
    rows, headers = [f"[{i + 1},]" for i in range(len(L))], [f"[,{j + 1}]" for j in range(L.shape[1])]
    rows = [name.rjust(len(rows[-1])) for name in rows]
    return "L = \n" + print_matrix(rows, headers, L.T.tolist())

"""Tables of tests on the page, as R prints them."""

from __future__ import annotations

from ..inference.records import AnovaTable, CoefmatTable, PlainTable, TestTable
from ..tables import print_anova, print_matrix, print_mixed, show


def _columns(table: TestTable) -> tuple[list[str], list[str], list[list[float]]]:
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
    together = [i for i, h in enumerate(headers) if h in ("Estimate", "Std. Error", "lower", "upper")]
    return _page(
        table, print_mixed(rows, headers, columns, digits, together=together, tests=[headers.index("t value")])
    )

"""Fixed effects on the page: the short list, the table with tests, and their correlations."""

from __future__ import annotations

import pandas as pd

from ..extract import NamedVector
from ..extract.variances import correlations
from ..text import CoefTable, abbreviate, format_numbers, print_coefmat, print_named, print_texts, round_number, show

MOST = 12  # fixed effects up to which summary shows their correlations


def fixed_list(estimates: pd.Series[float], digits: int = 4) -> str:
    """As print() shows them."""
    if estimates.empty:
        return "No fixed effect coefficients"
    return f"Fixed Effects:\n{print_named(list(estimates.index), format_numbers(estimates, digits), gap=2)}"


def fixed_table(coefficients: pd.DataFrame, digits: int = 4, stars: bool = True) -> str:
    """As summary() shows them; with p-values if the last column is one."""
    headers = tuple(map(str, coefficients.columns))
    columns = tuple(tuple(map(float, coefficients.iloc[:, j])) for j in range(len(headers)))
    table = CoefTable(tuple(map(str, coefficients.index)), headers, columns, headers[-1].startswith("Pr("))
    return print_coefmat(table, digits, stars=stars)


def correlation_table(covariance: pd.DataFrame) -> str:
    """Lower triangle of the correlations of the fixed effects, names abbreviated."""
    names, values = list(map(str, covariance.index)), correlations(covariance.to_numpy())
    p = len(names)
    places = [(i, j) for j in range(p - 1) for i in range(1, p)]
    texts = format_numbers([round_number(values[i, j], 3) for i, j in places], nsmall=3, na="NaN")
    shown = [text if i > j else "" for (i, j), text in zip(places, texts, strict=True)]
    cells = [shown[k : k + p - 1] for k in range(0, len(shown), p - 1)]
    return print_texts(abbreviate(names, 11)[1:], abbreviate(names, 6)[:-1], cells, to_right=False)


@show.register
def show_named(vector: NamedVector, digits: int = 7) -> str:
    """R's print of a named vector."""
    if vector.empty:
        return "numeric(0)"
    whole = vector.dtype.kind in "iub"
    texts = [str(value) for value in vector] if whole else format_numbers(vector, digits)
    return print_named(list(map(str, vector.index)), texts)

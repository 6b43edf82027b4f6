"""Coefficients on the page of a summary: the table with tests, and their correlations."""

from __future__ import annotations

import pandas as pd

from ..extract.variances import correlations
from ..text import format_numbers, print_texts, round_number
from ..text.abbreviation import abbreviate
from ..text.coefmat import CoefTable, print_coefmat

MOST = 12  # fixed effects up to which summary shows their correlations


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

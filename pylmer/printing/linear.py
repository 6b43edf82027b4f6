"""Least-squares fits on the page: print, summary and display of lm, print of lmList, as R and arm print them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ..language import deparse_lines
from ..language.syntax import Call
from ..linear_words import LinearSummary, coef, coefficient_table, summary
from ..regression import LinearFit, LinearFits
from ..tables import (
    CoefTable,
    format_fixed,
    format_general,
    format_number,
    format_numbers,
    format_pvalues,
    print_coefmat,
    print_matrix,
    print_named,
    print_texts,
    round_number,
    show,
    signif,
    zapsmall,
)

DIGITS = 4
QUANTILES = ("Min", "1Q", "Median", "3Q", "Max")


@show.register
def print_linear(fit: LinearFit) -> str:
    """R's print of an lm: the call and the estimates."""
    return f"\nCall:\n{_call(fit.call)}\n\n{_estimates(coef(fit))}\n"


def _estimates(estimates: pd.Series[float]) -> str:
    if estimates.empty:
        return "No coefficients\n"
    texts = format_numbers(estimates, DIGITS)
    return f"Coefficients:\n{print_named([str(name) for name in estimates.index], texts, gap=2)}\n"


def _call(call: Call) -> str:
    return "\n".join(deparse_lines(call))


@show.register
def print_summary(record: LinearSummary) -> str:
    """R's print of summary(lm)."""
    parts = [f"\nCall:\n{_call(record.call)}\n", _residuals(record), _coefficients(record), _tail(record)]
    return "\n".join(parts) + "\n"


def _residuals(record: LinearSummary) -> str:
    head = "Weighted Residuals:" if record.weighted else "Residuals:"
    if record.df_residual > 5:
        quantiles = zapsmall(np.quantile(record.residuals, [0, 0.25, 0.5, 0.75, 1]).tolist(), DIGITS + 1)
        return f"{head}\n{print_named(QUANTILES, format_numbers(quantiles, DIGITS))}\n"
    if record.df_residual > 0:
        names = [str(label) for label in record.residuals.index]
        return f"{head}\n{print_named(names, format_numbers(record.residuals, DIGITS))}\n"
    return f"{head}\nALL {record.rank} residuals are 0: no residual degrees of freedom!\n"


def _coefficients(record: LinearSummary) -> str:
    table = record.coefficients
    if table.empty:
        return "No Coefficients"
    aliased = len(record.names) - record.rank
    head = f" ({aliased} not defined because of singularities)" if aliased else ""
    return f"Coefficients:{head}\n{print_coefmat(_coef_table(table.reindex(list(record.names))), DIGITS)}"


def _coef_table(table: pd.DataFrame) -> CoefTable:
    columns = tuple(tuple(table[header]) for header in table)
    return CoefTable(tuple(map(str, table.index)), tuple(table.columns), columns, has_p=True)


def _tail(record: LinearSummary) -> str:
    """Residual standard error, R-squared and the F test."""
    lines = [f"\nResidual standard error: {format_number(signif(record.sigma, DIGITS))} on {record.df_residual} degrees of freedom"]
    if record.n_missing:
        rows = "observation" if record.n_missing == 1 else "observations"
        lines.append(f"  ({record.n_missing} {rows} deleted due to missingness)")
    if record.fstatistic is not None:
        squared, adjusted = _general(record.r_squared), _general(record.adj_r_squared)
        lines.append(f"Multiple R-squared:  {squared},\tAdjusted R-squared:  {adjusted} ")
        lines.append(_f_test(*record.fstatistic))
    return "\n".join(lines)


def _general(value: float) -> str:
    """R's `formatC(x, digits = 4)`."""
    return format_general(value, DIGITS).rjust(DIGITS + 1)


def _f_test(value: float, numerator: int, denominator: int) -> str:
    p = float(stats.f.sf(value, numerator, denominator)) if denominator else math.nan
    return f"F-statistic: {_general(value)} on {numerator} and {denominator} DF,  p-value: {format_pvalues([p], DIGITS)[0]}"


def display_linear(fit: LinearFit, digits: int = 2, detail: bool = False) -> str:
    """arm's display of an lm: estimates and standard errors, residual sd, R-squared; with `detail` the t tests too."""
    table = coefficient_table(fit)
    headers = {"Estimate": "coef.est", "Std. Error": "coef.se"} | {name: name for name in table.columns[2:] if detail}
    columns = [table[name].tolist() for name in headers]
    record = summary(fit)
    return "\n".join([
        _call(fit.call),
        print_texts([str(name) for name in table.index], list(headers.values()), _rounded(columns, digits), to_right=False),
        "---",
        f"n = {len(record.residuals)}, k = {fit.solution.rank}",
        f"residual sd = {format_fixed(record.sigma, digits)}, R-Squared = {format_fixed(record.r_squared, 2)}",
    ])


def _rounded(columns: Sequence[Sequence[float]], digits: int) -> list[list[str]]:
    """arm's pfround: all numbers formatted together with `digits` decimals."""
    flat = [round_number(value, digits) for column in columns for value in column]
    texts = format_numbers(flat, nsmall=digits, na="NaN")
    count = len(columns[0])
    return [texts[start : start + count] for start in range(0, len(texts), count)]


@show.register
def print_linear_list(fits: LinearFits) -> str:
    """R's print of an lmList."""
    table = fits.table
    columns = [table[name].tolist() for name in table]
    rows = [str(level) for level in table.index]
    text = f"Call: {' '.join(deparse_lines(fits.call))} \nCoefficients:\n{print_matrix(rows, [str(name) for name in table.columns], columns)}\n"
    if not fits.pool:
        return text
    return (
        f"{text}\nDegrees of freedom: {fits.n_obs} total; {fits.df_residual} residual\n"
        f"Residual standard error: {format_number(fits.sigma)}"
    )

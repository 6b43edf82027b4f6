"""Least-squares fits on the page: lm, its summary and display, and lmList, as R and arm print them."""

from __future__ import annotations

import math

import pandas as pd

from ..extract.linear import COLUMNS, coef, list_coef
from ..extract.variances import correlations
from ..fit.linear.grouped import LinearFits
from ..fit.linear.regression import LinearFit
from ..numerics.distributions import f_upper
from ..text import (
    format_fixed,
    format_general,
    format_number,
    format_numbers,
    format_pvalues,
    print_matrix,
    print_named,
    print_texts,
    round_number,
    show,
    signif,
)
from ..text.arguments import under_either_name
from ..text.coefmat import CoefTable, print_coefmat
from .arm import coefficient_cells
from .filling import code_lines
from .linear_summaries import LinearDisplay, LinearListSummary, LinearSummary
from .summaries import quantiles

DIGITS = 4
FEW = 5  # residuals of fits with no more degrees of freedom are printed one by one


@show.register
def show_linear(fit: LinearFit) -> str:
    """R's print of an lm: the call and the estimates."""
    estimates = coef(fit)
    names = [str(name) for name in estimates.index]
    shown = f"Coefficients:\n{print_named(names, format_numbers(estimates, DIGITS), gap=2)}"
    return "\n".join(["", "Call:", *code_lines(fit.call), "", shown if names else "No coefficients", ""])


@show.register
def show_linear_summary(record: LinearSummary, correlation: bool | None = None, corr: bool | None = None) -> str:
    """R's print of summary(lm); correlations of the coefficients where the record or the call asks for them."""
    chosen = under_either_name(correlation=correlation, corr=corr)
    blocks = [
        "",
        "Call:",
        *code_lines(record.call),
        "",
        *_residuals(record),
        *_coefficients(record),
        "",
        *_tail(record),
        *(_correlations(record) if (record.correlation if chosen is None else chosen) else ()),
    ]
    return "\n".join([*blocks, ""])


def _correlations(record: LinearSummary) -> list[str]:
    """Two decimals below the diagonal, as R has them; nothing for a single coefficient."""
    p = len(record.vcov)
    if p < 2:
        return []
    values = correlations(record.vcov.to_numpy())
    texts = [[format_fixed(round_number(value, 2), 2) for value in row] for row in values]
    width = max(len(text) for row in texts for text in row)
    cells = [[texts[i][j].rjust(width) if i > j else "" for i in range(1, p)] for j in range(p - 1)]
    names = [str(name) for name in record.vcov.index]
    return ["", "Correlation of Coefficients:", print_texts(names[1:], names[:-1], cells, to_right=False)]


def _residuals(record: LinearSummary) -> list[str]:
    """Their quantiles and an empty line; nothing of a fit without its rows."""
    return [] if record.residuals is None else [*_of_residuals(record, record.residuals), ""]


def _of_residuals(record: LinearSummary, residuals: pd.Series[float]) -> list[str]:
    head, values = "Weighted Residuals:" if record.weighted else "Residuals:", residuals.to_numpy()
    if not record.df_residual:
        return [head, f"ALL {record.rank} residuals are 0: no residual degrees of freedom!"]
    if record.df_residual > FEW:
        return [head, quantiles(values, DIGITS)]
    return [head, print_named([str(label) for label in residuals.index], format_numbers(values, DIGITS))]


def _coefficients(record: LinearSummary) -> list[str]:
    table, aliased = record.coefficients, len(record.names) - record.rank
    if table.empty:
        return ["No Coefficients"]
    head = f" ({aliased} not defined because of singularities)" if aliased else ""
    missing = "NA" if record.df_residual else "NaN"
    shown = print_coefmat(_coef_table(table.reindex(list(record.names))), DIGITS, missing=missing)
    return [f"Coefficients:{head}", shown]


def _coef_table(table: pd.DataFrame) -> CoefTable:
    columns = tuple(tuple(table[header]) for header in table)
    return CoefTable(tuple(map(str, table.index)), tuple(table.columns), columns, has_p=True)


def _tail(record: LinearSummary) -> list[str]:
    """Residual standard error, rows left out, R-squared and the F test."""
    sigma = format_number(signif(record.sigma, DIGITS)) if record.df_residual else "NaN"
    lines = [f"Residual standard error: {sigma} on {record.df_residual} degrees of freedom"]
    if record.n_missing:
        rows = "observation" if record.n_missing == 1 else "observations"
        lines.append(f"  ({record.n_missing} {rows} deleted due to missingness)")
    if record.fstatistic is not None:
        squared, adjusted = _general(record.r_squared), _general(record.adj_r_squared)
        lines += [f"Multiple R-squared:  {squared},\tAdjusted R-squared:  {adjusted} ", _f_test(*record.fstatistic)]
    return lines


def _f_test(value: float, numerator: int, denominator: int) -> str:
    p = f_upper(value, numerator, denominator) if denominator else math.nan
    shown = format_pvalues([p], DIGITS)[0]
    return f"F-statistic: {_general(value)} on {numerator} and {denominator} DF,  p-value: {shown}"


def _general(value: float) -> str:
    """R's `formatC(x, digits = 4)`."""
    return ("NaN" if math.isnan(value) else format_general(value, DIGITS)).rjust(DIGITS + 1)


@show.register
def show_linear_display(record: LinearDisplay) -> str:
    """arm's display of an lm; all numbers of the table are formatted together."""
    table, cells = record.coefficients, coefficient_cells(record.coefficients, record.digits)
    sd = format_fixed(record.sigma, record.digits) if math.isfinite(record.sigma) else "NaN"
    return "\n".join(
        [
            *code_lines(record.call),
            print_texts([str(name) for name in table.index], [str(name) for name in table], cells, to_right=False),
            "---",
            f"n = {record.nobs}, k = {record.rank}",
            f"residual sd = {sd}, R-Squared = {format_fixed(record.r_squared, 2)}",
        ]
    )


@show.register
def show_linear_list(fits: LinearFits) -> str:
    """R's print of an lmList."""
    table = list_coef(fits)
    columns = [table[name].tolist() for name in table]
    lines = [
        f"Call: {' '.join(code_lines(fits.call))} ",
        "Coefficients:",
        print_matrix([str(level) for level in table.index], [str(name) for name in table], columns),
    ]
    if fits.pool:
        lines.append(f"\nDegrees of freedom: {fits.n_obs} total; {fits.df_residual} residual")
        lines.append(f"Residual standard error: {format_number(fits.sigma)}")
    return "\n".join(lines)


@show.register
def show_list_summary(record: LinearListSummary, digits: int = 7) -> str:
    """R's print of summary(lmList); the model shows its group, as nlme prints it (lme4: NULL)."""
    lines = ["Call:", f"  Model: {record.formula} "]
    if record.data_name is not None:
        lines.append(f"   Data: {record.data_name} ")
    lines += ["", "Coefficients:"]
    table, groups = record.coefficients, [str(level) for level in record.coefficients.index]
    headers = list(COLUMNS)
    for start in range(0, table.shape[1], len(headers)):  # by place: two coefficients may be called the same
        columns = [table.iloc[:, start + k].tolist() for k in range(len(headers))]
        lines += [f"   {table.columns[start][0]} ", print_matrix(groups, headers, columns, digits)]
    if record.pool:
        sigma = format_number(record.RSE, digits)
        lines += ["", f"Residual standard error: {sigma} on {record.df_residual} degrees of freedom"]
    return "\n".join([*lines, ""])

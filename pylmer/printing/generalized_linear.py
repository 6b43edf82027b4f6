"""Generalized linear models on the page: glm, its summary and display, as R and arm print them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..extract import AIC
from ..extract.variances import correlations
from ..fit.linear.generalized import GeneralizedFit
from ..text import (
    format_fixed,
    format_number,
    format_numbers,
    print_named,
    print_texts,
    round_number,
    show,
    signif,
    zapsmall,
)
from ..text.arguments import under_either_name
from ..text.coefmat import CoefTable, print_coefmat
from .arm import coefficient_cells
from .filling import code_lines
from .generalized_summaries import GeneralizedDisplay, GeneralizedSummary
from .summaries import QUANTILES

DIGITS = 4
FEW = 5  # residuals of fits with no more degrees of freedom are printed one by one


@show.register
def show_generalized(fit: GeneralizedFit) -> str:
    """R's print of a glm: the call, the estimates, degrees of freedom, deviances and AIC."""
    names = [str(name) for name in fit.names]
    shown = print_named(names, format_numbers(fit.beta, DIGITS), gap=2)
    null, left = fit.n_weighted - int(fit.intercept), fit.df_residual
    first, *more = code_lines(fit.call)
    return "\n".join(
        [
            "",
            f"Call:  {first}",
            *more,
            "",
            *(["Coefficients:", shown, ""] if names else ["No coefficients", "", ""]),
            f"Degrees of Freedom: {null} Total (i.e. Null);  {left} Residual",
            *missing_line(fit.design.n_missing),
            f"Null Deviance:\t    {_short(fit.null_deviance)} ",
            f"Residual Deviance: {_short(fit.deviance)} \tAIC: {_short(AIC(fit))}",
        ]
    )


def _short(value: float) -> str:
    return format_number(signif(value, DIGITS))


def missing_line(count: int) -> list[str]:
    """R's line on rows left out for missing values; none where there are none."""
    rows = "observation" if count == 1 else "observations"
    return [f"  ({count} {rows} deleted due to missingness)"] if count else []


@show.register
def show_generalized_summary(
    record: GeneralizedSummary, correlation: bool | None = None, corr: bool | None = None
) -> str:
    """R's print of summary(glm); correlations of the coefficients where the record or the call asks for them."""
    chosen = under_either_name(correlation=correlation, corr=corr)
    blocks = [
        "",
        "Call:",
        *code_lines(record.call),
        "",
        *_residuals(record),
        *_coefficients(record),
        "",
        f"(Dispersion parameter for {record.family} family taken to be {format_number(record.dispersion)})",
        "",
        *_deviances(record),
        *missing_line(record.n_missing),
        f"AIC: {format_number(record.AIC, DIGITS + 1)}",
        "",
        f"Number of Fisher Scoring iterations: {record.iterations}",
        *(_correlations(record.vcov) if (record.correlation if chosen is None else chosen) else ()),
    ]
    return "\n".join([*blocks, ""])


def _residuals(record: GeneralizedSummary) -> list[str]:
    """Their quantiles and an empty line; nothing of a fit without its rows."""
    if record.residuals is None:
        return []
    values, names = record.residuals.to_numpy(), [str(label) for label in record.residuals.index]
    if record.df_residual > FEW:
        values, names = np.quantile(values, np.linspace(0, 1, len(QUANTILES))), list(QUANTILES)
    shown = print_named(names, format_numbers(zapsmall(values.tolist(), DIGITS + 1), DIGITS), gap=2)
    return ["Deviance Residuals: ", shown, ""]


def _coefficients(record: GeneralizedSummary) -> list[str]:
    if not record.names:
        return ["No Coefficients"]
    aliased = len(record.names) - len(record.coefficients)
    head = f" ({aliased} not defined because of singularities)" if aliased else ""
    table = record.coefficients.reindex(list(record.names))
    columns = tuple(tuple(table[header]) for header in table)
    missing = "NaN" if np.isnan(record.dispersion) else "NA"
    shown = CoefTable(tuple(map(str, table.index)), tuple(table.columns), columns, has_p=True)
    return [f"Coefficients:{head}", print_coefmat(shown, DIGITS, missing=missing)]


def _deviances(record: GeneralizedSummary) -> list[str]:
    values = format_numbers([record.null_deviance, record.deviance], DIGITS + 1)
    df = format_numbers([record.df_null, record.df_residual])
    rows = zip(("    Null", "Residual"), values, df, strict=True)
    return [f"{name} deviance: {value}  on {left}  degrees of freedom" for name, value, left in rows]


def _correlations(vcov: pd.DataFrame) -> list[str]:
    """Two decimals below the diagonal, as R has them; nothing for a single coefficient."""
    p = len(vcov)
    if p < 2:
        return []
    texts = [[format_fixed(round_number(value, 2), 2) for value in row] for row in correlations(vcov.to_numpy())]
    width = max(len(text) for row in texts for text in row)
    cells = [[texts[i][j].rjust(width) if i > j else "" for i in range(1, p)] for j in range(p - 1)]
    names = [str(name) for name in vcov.index]
    return ["", "Correlation of Coefficients:", print_texts(names[1:], names[:-1], cells, to_right=False)]


@show.register
def show_generalized_display(record: GeneralizedDisplay) -> str:
    """arm's display of a glm."""
    table, cells = record.coefficients, coefficient_cells(record.coefficients, record.digits)
    gain = record.null_deviance - record.deviance
    lines = [
        *code_lines(record.call),
        print_texts([str(name) for name in table.index], [str(name) for name in table], cells, to_right=False),
        "---",
        f"  n = {record.nobs}, k = {record.rank}",
        f"  residual deviance = {_one(record.deviance)}, null deviance = {_one(record.null_deviance)} "
        f"(difference = {_one(gain)})",
    ]
    if record.dispersion is not None:
        lines.append(f"  overdispersion parameter = {_one(record.dispersion)}")
        if record.family == "gaussian":
            root = format_fixed(float(np.sqrt(record.dispersion)), record.digits)
            lines.append(f"  residual sd is sqrt(overdispersion) = {root}")
    return "\n".join(lines)


def _one(value: float) -> str:
    return format_fixed(value, 1)

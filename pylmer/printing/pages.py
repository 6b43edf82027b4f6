"""The same pages as small HTML tables, for notebooks."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd

from ..extract import VarCorr, VarCorrs
from ..fit.fitted_model import FittedModel
from ..text import format_numbers, format_pvalues, round_number, show_html
from .footers import long_footer
from .headers import criteria, model_lines, short_criteria, title
from .summaries import Summary, coefficient_table, residual_lines
from .variances import term_rows


def html_table(headers: Sequence[str], rows: Sequence[Sequence[str]], stub: int = 1) -> str:
    """A table whose first `stub` columns are names; everything is escaped."""
    head = "".join(f"<th>{html.escape(each.strip())}</th>" for each in headers)
    body = "".join(f"<tr>{_cells(row, stub)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], stub: int) -> str:
    names = "".join(f'<th style="text-align:left">{html.escape(each.strip())}</th>' for each in row[:stub])
    return names + "".join(f'<td style="text-align:right">{html.escape(each.strip())}</td>' for each in row[stub:])


def coefficients_html(table: pd.DataFrame, digits: int = 4) -> str:
    """Estimates, errors, tests."""
    columns = [_column(str(name), [float(value) for value in table[name]], digits) for name in table.columns]
    rows = [[str(name), *cells] for name, cells in zip(table.index, zip(*columns, strict=True), strict=True)]
    return html_table(["", *map(str, table.columns)], rows)


def _column(name: str, values: list[float], digits: int) -> list[str]:
    if name.startswith("Pr("):
        return format_pvalues(values, digits - 1)
    rounded = [round_number(value, digits - 1) for value in values] if name in ("t value", "z value") else values
    return format_numbers(rounded, digits)


@show_html.register
def html_variances(varcorr: VarCorrs) -> str:
    """Variances, deviations and correlations of the random effects."""
    terms = term_rows(varcorr)
    deviations = [value for term in terms for value in term.deviations]
    sd, variance = format_numbers(deviations, 4), format_numbers([value**2 for value in deviations], 4)
    width = max((len(row) for term in terms for row in term.below), default=0)
    names = [(term, i) for term in terms for i in range(len(term.names))]
    rows = []
    for k, (term, i) in enumerate(names):
        below = [f"{value:.2f}{term.suffix}" for value in (term.below[i] if i < len(term.below) else ())]
        rows.append(
            [term.group if i == 0 else "", term.names[i], variance[k], sd[k], *below, *[""] * (width - len(below))]
        )
    return html_table(["Groups", "Name", "Variance", "Std.Dev.", *["Corr", *[""] * width][:width]], rows, stub=2)


def pre(*lines: str) -> str:
    """Lines as they stand."""
    text = html.escape("\n".join(lines))
    return f"<pre>{text}</pre>" if lines else ""


@show_html.register
def html_fit(fit: FittedModel) -> str:
    """A fit in a notebook."""
    heading = pre(title(fit), *model_lines(fit), short_criteria(criteria(fit)))
    tables = html_variances(VarCorr(fit)) + coefficients_html(coefficient_table(fit))
    return f"<div>{heading}{tables}{pre(*long_footer(fit))}</div>"


@show_html.register
def html_summary(record: Summary) -> str:
    """A summary in a notebook."""
    residuals = [] if record.residuals is None else [residual_lines(record.residuals)]
    heading = pre(record.title, *record.header, short_criteria(record.AICtab), *residuals)
    groups = "; ".join(f"{name}, {size}" for name, size in record.ngrps.items())
    tables = html_variances(record.varcor) + pre(f"Number of obs: {record.nobs}, groups: {groups}")
    return f"<div>{heading}{tables}{coefficients_html(record.coefficients)}{pre(*record.footer)}</div>"

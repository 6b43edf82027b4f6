"""Bootstraps on the page: as boot prints a bootMer, and as pbkrtest prints a bootstrap test."""

from __future__ import annotations

from collections import Counter

from ..inference.bootstrap import BootMer, ParametricComparison, ParametricComparisonSummary, summarized
from ..text import Column, format_numbers, print_columns, show, show_html
from ..text.variance import print_mixed
from .filling import PAGE, formula_text
from .pages import html_table, pre
from .summaries import summary

TITLES = {"case": "CASE BOOTSTRAP", "residual": "RESIDUAL BOOTSTRAP"}
SINGULAR = "boundary (singular) fit: see help('isSingular')"


def _statistics(boot: BootMer) -> list[Column]:
    """R's columns: original, bias, standard error."""
    columns = {
        "original": boot.t0.to_list(),
        " bias  ": boot.bias.to_list(),
        " std. error": boot.std_error.to_list(),
    }
    return [Column(header, tuple(format_numbers(values))) for header, values in columns.items()]


def _rows(boot: BootMer) -> list[str]:
    return [f"t{k + 1}*" for k in range(len(boot.t0))]


def _messages(boot: BootMer) -> list[str]:
    """How many fits were singular, how many replicates failed and why."""
    lines = [f"{boot.n_singular} message(s): {SINGULAR}"] if boot.n_singular else []
    if boot.failures:
        reasons = Counter(boot.failures.values()).most_common()
        others = " (and others)" if len(reasons) > 1 else ""
        lines.append(f"{boot.n_failed} error(s): {reasons[0][0]}{others}")
    return ["", *lines] if lines else []


@show.register
def show_boot(boot: BootMer) -> str:
    """boot's print, and the counts of singular and failed replicates."""
    head = ["", TITLES.get(boot.sim, "PARAMETRIC BOOTSTRAP"), "", "", "Call:", *_wrapped(boot.call), "", ""]
    table = print_columns(_rows(boot), _statistics(boot))
    return "\n".join([*head, "Bootstrap Statistics :", table, *_messages(boot)])


def _wrapped(call: str) -> list[str]:
    """A call over several lines, broken at its arguments."""
    lines = [""]
    for part in call.split(", "):
        joined = f"{lines[-1]}, {part}" if lines[-1] else part
        if lines[-1] and len(joined) > PAGE - 2:
            lines[-1] += ","
            lines.append(f"    {part}")
        else:
            lines[-1] = joined
    return lines


@show_html.register
def html_boot(boot: BootMer) -> str:
    """The statistics by name in a notebook."""
    columns = _statistics(boot)
    cells = [[str(name), *(column.cells[k] for column in columns)] for k, name in enumerate(boot.t0.index)]
    table = html_table(["", *(column.header.strip() for column in columns)], cells)
    below = "".join(pre(line) for line in _messages(boot) if line)
    title = TITLES.get(boot.sim, "PARAMETRIC BOOTSTRAP").capitalize()
    return f"<div><pre>{title}, {boot.R} replicates</pre>{table}{below}</div>"


summary.register(ParametricComparison, summarized)


def _head(record: ParametricComparison) -> list[str]:
    lines = [f"Bootstrap test; time: {record.seconds:.2f} sec; samples: {record.nsim}; extremes: {record.n_extreme};"]
    if len(record.ref) < record.nsim:
        used = f"Requested samples: {record.nsim} Used samples: {len(record.ref)} Extremes: {record.n_extreme}"
        lines.append(used)
    return [*lines, f"large : {formula_text(record.large)}", formula_text(record.small)]


@show.register
def show_comparison(record: ParametricComparison) -> str:
    """pbkrtest's print of a bootstrap test."""
    rows, headers, columns = _cells(record)
    return "\n".join([*_head(record), print_mixed(rows, headers, columns, tests=[0])])


@show.register
def show_summary(record: ParametricComparisonSummary) -> str:
    """pbkrtest's print of its summary."""
    rows, headers, columns = _cells(record)
    body = print_mixed(rows, headers, columns, tests=[0, 1], tests_together=True)
    return "\n".join([*_head(record.comparison), body, ""])


def _cells(
    record: ParametricComparison | ParametricComparisonSummary,
) -> tuple[list[str], list[str], list[list[float]]]:
    table = record.test
    return list(table.index), list(table.columns), [table[name].to_list() for name in table.columns]

"""Records of partial pooling on the page."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import NamedVector
from ..partial_pooling import CriterionCurve, FiveWays, GeneralizedPooling, Pooling, TwoLevel
from ..text import Column, format_number, format_numbers, print_columns, print_matrix, show, show_html, wrap_words
from ..text.arguments import is_flag, written
from .pages import html_table

SHOWN = 10  # levels of each coefficient on the page
PAGE = 110  # its width: the columns belong together


@show.register
def show_pooling(pooling: Pooling, digits: int = 4, levels: int = SHOWN) -> str:
    """The first levels, and what all have in common."""
    check_levels(levels)
    lines = [f"Partial pooling of {pooling.group}{_scale(pooling)}"]
    for name, frame in _by_coefficient(pooling):
        lines += [name] if len(pooling.coefficients) > 1 else []
        shown = frame.iloc[:levels]
        columns = [Column(str(column), tuple(format_numbers(shown[column].tolist(), digits))) for column in shown]
        lines.append(print_columns([*map(str, shown.index)], columns, PAGE))
    hidden = len(pooling.matrices) - levels
    lines += [f"{hidden} more levels are in .as_frame()"] if hidden > 0 else []
    return "\n".join([*lines, "", *_common(pooling, digits)])


def _scale(pooling: Pooling) -> str:
    """Which scale the estimates are on, where it is not that of the response."""
    return f", on the {pooling.family.link.name} scale" if isinstance(pooling, GeneralizedPooling) else ""


def _unit(pooling: Pooling, digits: int) -> list[str]:
    """What sigma_y^2 is where there are no residuals."""
    if not isinstance(pooling, GeneralizedPooling):
        return []
    one = "trial" if pooling.family.word == "binomial" else "observation"
    value = format_number(pooling.link_variance, digits)
    return [f"sigma_y^2, the variance of one {one} on the {pooling.family.link.name} scale: {value}"]


def check_levels(levels: Any) -> None:
    """ArgumentError unless `levels` says how many are shown."""
    if not isinstance(levels, int | np.integer) or is_flag(levels) or levels < 0:
        raise ArgumentError(f"levels={written(levels)}: wanted how many levels are shown, a whole number from 0")


def _by_coefficient(pooling: Pooling) -> list[tuple[str, pd.DataFrame]]:
    frame = pooling.frame
    if len(pooling.coefficients) == 1:
        return [(pooling.coefficients[0], frame)]
    return [(name, pd.DataFrame(frame.xs(name))) for name in pooling.coefficients]


def _common(pooling: Pooling, digits: int) -> list[str]:
    """Ratio, group size of equal information, ICC, errors of the weighted averages, the second level, notes."""
    exact, approximate = format_number(pooling.errors.iloc[0], 2), format_number(pooling.errors.iloc[1], digits)
    lines = [
        *_unit(pooling, digits),
        f"ratio sigma_alpha^2 / sigma_y^2: {_value(pooling.ratio, digits)}",
        f"n_equal, where data and model weigh the same: {_value(pooling.n_equal, digits)}",
        f"icc: {format_number(pooling.icc, digits)}",
        f"weighted averages miss by at most {exact} (mu = fixef) and {approximate} (grand mean, 12.1)",
    ]
    if len(pooling.second_level):
        table = pooling.second_level
        columns = [table[column].tolist() for column in table]
        lines += ["", "no-pooling estimates regressed on group-level predictors:"]
        lines.append(print_matrix([*map(str, table.index)], [*table.columns], columns, digits))
    return [*lines, *(line for note in pooling.notes for line in wrap_words(f"note: {note}", exdent=2))]


def _value(value: float | NamedVector, digits: int) -> str:
    if isinstance(value, float):
        return format_number(value, digits)
    return ", ".join(f"{name} {format_number(number, digits)}" for name, number in value.items())


@show_html.register
def html_pooling(pooling: Pooling) -> str:
    """The whole table in a notebook."""
    frame = pooling.frame
    cells = [format_numbers(frame[column].tolist(), 4) for column in frame]
    names = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.index]
    rows = [[name, *texts] for name, texts in zip(names, zip(*cells, strict=True), strict=True)]
    common = html.escape("\n".join(_common(pooling, 4)))
    return f"<div>{html_table(['', *map(str, frame.columns)], rows)}<pre>{common}</pre></div>"


@show.register
def show_curve(curve: CriterionCurve, digits: int = 7) -> str:
    """Optimum and limits; the curve itself is in its fields."""
    rows = ["complete pooling", "multilevel", "no pooling"]
    theta = ("0", format_number(curve.at, digits), "Inf")
    value = tuple(format_numbers([curve.complete, curve.lowest, float("inf")], digits))
    table = print_columns(rows, [Column("  theta", theta), Column("value", value)])
    over = f"sigma_{curve.group}" + (" / sigma_residual" if curve.relative else "")
    head = f"{curve.name} over theta = {over}"
    constant = format_number(curve.constant, digits)
    if not np.isfinite(curve.constant):
        return f"{head}\n{table}\nFor large theta it grows without bound."
    return f"{head}\n{table}\nFor large theta it is {curve.slope} log(theta^2) + {constant}."


@show.register
def show_two_level(record: TwoLevel, digits: int = 7, levels: int = SHOWN) -> str:
    """beta and the first intercepts, with their errors where there are any."""
    check_levels(levels)
    parts = [(record.beta, record.se_beta), (record.alpha.iloc[:levels], record.se_alpha)]
    hidden = len(record.alpha) - levels
    lines = [record.way, *(_with_errors(values, errors, digits) for values, errors in parts)]
    return "\n".join([*lines, *([f"{hidden} more intercepts are in .alpha"] if hidden > 0 else [])])


def _with_errors(values: pd.Series[float], errors: NamedVector | None, digits: int) -> str:
    columns = [Column("Estimate", tuple(format_numbers(values.tolist(), digits)))]
    if errors is not None:
        columns.append(Column("Std. Error", tuple(format_numbers(errors.iloc[: len(values)].tolist(), digits))))
    return print_columns([*map(str, values.index)], columns)


@show.register
def show_five_ways(found: FiveWays, digits: int = 7) -> str:
    """beta and the first intercept by each way, and how far the ways lie apart."""
    names = [f"({k + 1}) {record.way}" for k, record in enumerate(found.ways)]
    both = [pd.concat([record.beta, record.alpha.iloc[:1]]) for record in found.ways]
    columns = [
        Column(str(name), tuple(format_numbers([values.iloc[k] for values in both], digits)))
        for k, name in enumerate(both[0].index)
    ]
    given = (
        f"sigma_alpha = {format_number(found.sigma_alpha, digits)}, sigma_y = {format_number(found.sigma_y, digits)}"
    )
    apart = f"largest difference, all {len(found.ways[0].alpha)} intercepts included: {found.largest_difference:.1e}"
    return f"Five ways to write the model, given {given}\n{print_columns(names, columns, PAGE)}\n{apart}"

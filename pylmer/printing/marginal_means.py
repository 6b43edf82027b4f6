"""Marginal means on the page, as R's emmeans prints them."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..inference.marginal_means.grids import EmmGrid, EmmList
from ..inference.marginal_means.records import Axis, MeansTable, MeansTables, level_text
from ..inference.marginal_means.summaries import summarize
from ..language.strings import write_name
from ..text import Column, format_numbers, print_columns, round_number, show, show_html, zapsmall
from ..text.arguments import check_call, is_number
from .pages import html_table
from .summaries import summary

DIGITS, MOST_DIGITS, MOST_SHOWN = 3, 7, 22
INTERVAL = 3.92  # an interval is so many standard errors wide
RATIOS = ("t.ratio", "z.ratio", "F.ratio")
NOT_ESTIMABLE = "nonEst"


@show.register
def show_grid(grid: EmmGrid, digits: int | None = None, **options: Any) -> str:
    """The summary of a grid; options as of `summary`."""
    check_call("to_string()", summarize, (grid,), options)
    return show(summarize(grid, **options), digits=digits)


@show.register(EmmList)
@show.register(MeansTables)
def show_list(parts: Mapping[str, Any], digits: int | None = None, **options: Any) -> str:
    """One part below the other, each under its name."""
    known = summarize if isinstance(parts, EmmList) else show_means
    check_call("to_string()", known, (None,), options)
    options |= {"digits": digits}
    return "\n".join(f"${write_name(name)}\n{show(part, **options)}\n" for name, part in parts.items())


@show.register
def show_means(table: MeansTable, digits: int | None = None) -> str:
    """Tables of the groups, one below the other, and the notes.

    digits   of estimates and limits; default as many as tell them apart, at least three
    """
    if digits is not None and not (is_number(digits) and int(digits) == digits and 1 <= digits <= MOST_SHOWN):
        raise ArgumentError(f"digits={digits!r}: wanted a number of digits, 1 to {MOST_SHOWN}")
    columns = _columns(table, digits)
    blocks = []
    for place, header in _groups(table, columns):
        shown = [Column(c.header, tuple(c.cells[i] for i in place), c.to_right) for c in _inner(table, columns)]
        shown = [_widened(c, whole) for c, whole in zip(shown, _inner(table, columns), strict=True)]
        blocks.append("\n".join([*header, print_columns([""] * len(place), shown)]))
    return "\n\n".join(blocks) + "\n" + "".join(f"\n{note} " for note in table.notes)


def _widened(column: Column, whole: Column) -> Column:
    """The cells of one group as wide as those of all."""
    width = max((len(cell) for cell in whole.cells), default=0)
    cells = tuple(cell.rjust(width) if column.to_right else cell.ljust(width) for cell in column.cells)
    return Column(column.header, cells, column.to_right)


def _inner(table: MeansTable, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.header not in table.by]


def _groups(table: MeansTable, columns: Sequence[Column]) -> list[tuple[list[int], list[str]]]:
    """Rows of each group, with the line above them."""
    if not table.by:
        return [(list(range(len(table))), [])]
    by = [column for name in table.by for column in columns if column.header == name]
    keys = list(zip(*(column.cells for column in by), strict=True))
    out = []
    for key in dict.fromkeys(keys):
        head = ", ".join(f"{column.header} = {text if column.to_right else text.rstrip()}" for column, text in
                         zip(by, key, strict=True))  # fmt: skip
        out.append(([i for i, each in enumerate(keys) if each == key], [f"{head}:"]))
    return out


def _columns(table: MeansTable, digits: int | None) -> list[Column]:
    precision = _precision(table) if digits is None else digits
    axes = {axis.name: axis for axis in table.variables}
    return [_column(str(name), table[name], axes.get(str(name)), table, precision) for name in table.columns]


def _precision(table: MeansTable) -> int:
    """Digits that tell estimates from the ends of their intervals."""
    if "SE" not in table.columns:
        return DIGITS
    estimate, error = table[table.label].to_numpy(float), table["SE"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        widths = np.log10(np.abs(estimate) / (INTERVAL * error))
    known = widths[np.isfinite(widths)]
    return int(np.clip(math.ceil(known.max()) + 1, DIGITS, MOST_DIGITS)) if len(known) else DIGITS


def _column(name: str, values: pd.Series[Any], axis: Axis | None, table: MeansTable, digits: int) -> Column:
    if axis is not None and axis.kind == "numeric":
        return Column(name, tuple(format_numbers(map(float, values), digits)))
    if axis is not None:
        return _levels_column(name, list(map(level_text, values)), axis.kind)
    if not pd.api.types.is_numeric_dtype(values):
        return Column(name, tuple(map(str, values)), to_right=name == "note")
    numbers = values.to_numpy(float).tolist()
    if name == "p.value":
        return Column(name, tuple(map(_p_text, numbers)))
    if name in RATIOS:
        return Column(name, tuple(_ratio_texts(numbers)))
    if name in ("df1", "df2"):
        return Column(name, tuple(format_numbers(zapsmall([round_number(x, 2) for x in numbers]))))
    if name == table.label:
        numbers = zapsmall(numbers)
    if name == "df":
        numbers, digits = [round_number(x, 2) for x in numbers], DIGITS
    texts = format_numbers(numbers, digits)
    if name == table.label:
        texts = [NOT_ESTIMABLE if math.isnan(x) else text for x, text in zip(numbers, texts, strict=True)]
    return Column(name, tuple(text.strip() for text in texts))


def _levels_column(name: str, texts: Sequence[str], kind: str) -> Column:
    """Levels as R prints them: to the left, FALSE and TRUE of one width."""
    width = max(map(len, texts), default=0) if kind == "logical" else 0
    return Column(name, tuple(text.rjust(width) for text in texts), to_right=False)


def _p_text(p: float) -> str:
    if math.isnan(p):
        return "NA"
    return "<.0001" if round_number(p, 4) < 1e-4 else f"{p:.4f}"


def _ratio_texts(numbers: Sequence[float]) -> list[str]:
    return ["NA" if math.isnan(x) else f"{round_number(x, 3) + 0.0:.3f}" for x in numbers]


@show_html.register
def html_means(table: MeansTable) -> str:
    """A table of means in a notebook."""
    columns = _columns(table, None)
    parts = []
    for place, header in _groups(table, columns):
        shown = _inner(table, columns)
        cells = [["", *(column.cells[i].strip() for column in shown)] for i in place]
        head = f"<p>{html.escape(header[0])}</p>" if header else ""
        parts.append(head + html_table(["", *(column.header for column in shown)], cells))
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return f"<div>{''.join(parts)}{notes}</div>"


@show_html.register
def html_grid(grid: EmmGrid) -> str:
    """The summary of a grid in a notebook."""
    return show_html(summarize(grid))


@show_html.register(EmmList)
@show_html.register(MeansTables)
def html_list(parts: Mapping[str, Any]) -> str:
    """All parts in a notebook."""
    return "".join(f"<p>${html.escape(name)}</p>{show_html(part)}" for name, part in parts.items())


summary.register(EmmGrid, summarize)


@summary.register(EmmList)
def summary_list(parts: EmmList, **options: Any) -> MeansTables:
    """The tables of all parts."""
    check_call("summary()", summarize, (None,), options)
    return MeansTables({name: summarize(part, **options) for name, part in parts.items()})

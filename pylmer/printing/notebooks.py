"""Pages in notebooks: the printed page of a record with its tables as HTML, and the rest of it in <pre>."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from ..fit.all_fit import AllFit
from ..inference.profiles.profiling import LikelihoodProfile
from ..text import InNotebooks, format_numbers, show_html
from ..text.layout import MARK, Column, LaidTable, recorded
from .pages import html_table, pre

MOST, ENDS = 60, 5  # rows of a table beyond which only its ends are shown, as pandas does


@show_html.register
def html_page(record: InNotebooks) -> str:
    """The page of any record that has one."""
    with recorded() as tables:
        page = str(record)
    return html_of(page, tables)


def html_of(page: str, tables: list[LaidTable]) -> str:
    """The page with its tables in place of their marks."""
    if not tables:
        return pre(page)
    texts = re.split(f"{MARK}([0-9]+){MARK}", page)
    parts = (laid_html(tables[int(text)]) if k % 2 else _text(text) for k, text in enumerate(texts))
    return f"<div>{''.join(parts)}</div>"


def _text(text: str) -> str:
    """Lines between tables, without the blank ones at their ends."""
    lines = text.strip("\n")
    return pre(lines) if lines.strip() else ""


def laid_html(table: LaidTable) -> str:
    """A table by its columns, as they were laid out; a column of names where rows have any."""
    return ends_html(table, *_ends(len(table.rows)), len(table.rows))


def ends_html(table: LaidTable, kept: list[int], cut: bool, total: int) -> str:
    """Some of its rows, and how many there are if these are the ends."""
    named = any(table.rows)
    columns = [Column("", table.rows, to_right=False), *table.columns] if named else list(table.columns)
    rows = [[column.cells[k] for column in columns] for k in kept]
    if cut:
        rows.insert(ENDS, ["..."] * len(columns))
    html = html_table([column.header for column in columns], rows, stub=int(named))
    return html + (pre(f"{total} rows") if cut else "")


def _ends(n: int) -> tuple[list[int], bool]:
    """Which rows are shown, and whether some are not."""
    return (list(range(n)), False) if n <= MOST else ([*range(ENDS), *range(n - ENDS, n)], True)


def html_frame(frame: pd.DataFrame, digits: int = 7) -> str:
    """A data frame, each column formatted by itself."""
    kept, cut = _ends(len(frame))
    shown = frame.iloc[kept]
    columns = [Column(str(name), tuple(_cells(shown.iloc[:, j], digits))) for j, name in enumerate(shown.columns)]
    rows = tuple(str(name) for name in shown.index)
    return ends_html(LaidTable(rows, tuple(columns)), list(range(len(rows))), cut, len(frame))


def _cells(column: pd.Series[float], digits: int) -> Iterator[str]:
    if column.dtype.kind == "f":
        yield from format_numbers(column.tolist(), digits)
    else:
        yield from map(str, column)


@show_html.register
def html_all_fit(record: AllFit) -> str:  # type: ignore[type-arg]  # dispatch is by the bare class
    """The optimizers side by side."""
    return html_frame(record.table, 6)


@show_html.register
def html_profile(record: LikelihoodProfile) -> str:
    """The table of a profile, with its ends if it is long."""
    return html_frame(record.frame)

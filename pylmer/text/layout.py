"""Texts in rows and columns as R's `print` lays them out, on a page of 80 characters.

Everything here takes texts; numbers become texts in `numbers`. Lines keep the trailing blanks R writes.

While tables are `recorded`, a mark stands in the page where each would, and the table itself is kept: whoever makes
another page of it, HTML, lays it out as he wants.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .numbers import format_numbers

WIDTH = 80
MAX_ENTRIES = 99999  # getOption("max.print")
FEW = 8  # named numbers that stand side by side in a recorded table
MARK = "\ue000"  # of private use: on both sides of a recorded table's number


def text_width(text: str) -> int:
    """Columns that `text` takes on a terminal: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def left(text: str, width: int) -> str:
    """`text` padded on the right."""
    return text + " " * (width - text_width(text))


def right(text: str, width: int) -> str:
    """`text` padded on the left."""
    return " " * (width - text_width(text)) + text


@dataclass(frozen=True)
class Column:
    """One column of a printed table: its header, its texts, and whether they stand to the right."""

    header: str
    cells: tuple[str, ...]
    to_right: bool = True

    @property
    def width(self) -> int:
        return max(map(text_width, (self.header, *self.cells)))

    def lines(self) -> list[str]:
        """Header and cells, all of one width."""
        justify, width = right if self.to_right else left, self.width
        return [justify(text, width) for text in (self.header, *self.cells)]


@dataclass(frozen=True)
class LaidTable:
    """A table that was recorded: the names of its rows, and its columns."""

    rows: tuple[str, ...]
    columns: tuple[Column, ...]


_RECORD: ContextVar[list[LaidTable] | None] = ContextVar("recorded", default=None)


@contextmanager
def recorded() -> Iterator[list[LaidTable]]:
    """Inside, tables are kept in the list, and marks stand for them in the texts."""
    tables: list[LaidTable] = []
    token = _RECORD.set(tables)
    try:
        yield tables
    finally:
        _RECORD.reset(token)


def _mark(tables: list[LaidTable], rows: Sequence[str], columns: Sequence[Column]) -> str:
    tables.append(LaidTable(tuple(rows), tuple(columns)))
    return f"{MARK}{len(tables) - 1}{MARK}"


def print_columns(row_names: Sequence[str], columns: Sequence[Column], width: int = WIDTH) -> str:
    """A table: row names to the left, columns one blank apart; columns that do not fit go below.

    >>> print(print_columns(["a", "bb"], [Column("x", ("1", "2")), Column("name", ("u", "v"), to_right=False)]))
       x name
    a  1 u
    bb 2 v
    """
    if (tables := _RECORD.get()) is not None:
        return _mark(tables, row_names, columns)
    stub_width = max(map(text_width, row_names), default=0)
    stub = [left(name, stub_width) for name in ("", *row_names)]
    shown = [_block(stub, block) for block in _blocks(columns, width - stub_width)]
    return "\n".join(line for block in shown for line in block)


def _blocks(columns: Sequence[Column], room: int) -> Iterator[list[Column]]:
    """Columns in runs that fit into `room`, at least one in each."""
    block: list[Column] = []
    used = 0
    for column in columns:
        if block and used + column.width + 1 >= room:
            yield block
            block, used = [], 0
        block.append(column)
        used += column.width + 1
    yield block


def _block(stub: list[str], columns: list[Column]) -> list[str]:
    return [" ".join(line) for line in zip(stub, *(column.lines() for column in columns), strict=True)]


def print_texts(rows: Sequence[str], headers: Sequence[str], cells: Sequence[Sequence[str]], to_right: bool) -> str:
    """R's `print(<character matrix>, quote = FALSE, right = to_right)`; `cells` is a sequence of columns."""
    columns = [Column(header, tuple(texts), to_right) for header, texts in zip(headers, cells, strict=True)]
    return print_columns(rows, columns)


def print_matrix(
    rows: Sequence[str], headers: Sequence[str], columns: Sequence[Sequence[float]], digits: int = 7, *, na: str = "NA"
) -> str:
    """R's `print` of a numeric matrix or data frame: each column formatted for itself, to the right; NaN as `na`.

    >>> print(print_matrix(["a", "b"], ["x", "y"], [[1.5, 10], [1e-10, 1]]))
         x     y
    a  1.5 1e-10
    b 10.0 1e+00
    """
    count = max(1, MAX_ENTRIES // max(1, len(headers)))
    cells = [format_numbers(column[:count], digits, na=na) for column in columns]
    text = print_texts(rows[:count], headers, cells, to_right=True)
    if len(rows) <= count:
        return text
    return f"{text}\n [ reached max.print -- omitted {len(rows) - count} rows ]"


def print_named(names: Sequence[str], texts: Sequence[str], gap: int = 1, width: int = WIDTH) -> str:
    """R's `print` of a named vector: names over values, cells of one width, wrapped, `gap` blanks after each.

    >>> print_named(["a", "bb"], ["1.5", "2.0"])
    '  a  bb \\n1.5 2.0 '
    """
    if (tables := _RECORD.get()) is not None and names:
        if len(names) > FEW:
            return _mark(tables, names, [Column("", tuple(texts))])
        return _mark(tables, [""], [Column(name, (text,)) for name, text in zip(names, texts, strict=True)])
    cell = max(map(text_width, (*names, *texts)), default=0)
    count = max(1, width // (cell + gap))
    lines: list[str] = []
    for start in range(0, len(texts), count):
        chunks = (row[start : start + count] for row in (names, texts))
        lines += ["".join(right(text, cell) + " " * gap for text in chunk) for chunk in chunks]
    return "\n".join(lines)


def print_vector(texts: Sequence[str], width: int = WIDTH) -> str:
    """R's `print` of a vector without names: cells of one width, each line headed by the position of its first.

    >>> print_vector(["1.5", "2.0"])
    '[1] 1.5 2.0'
    """
    cell = max(map(text_width, texts), default=0)
    head = len(str(len(texts))) + 2
    count = max(1, (width - head) // (cell + 1))
    starts = range(0, len(texts), count)
    rows = (" ".join(right(text, cell) for text in texts[start : start + count]) for start in starts)
    return "\n".join(f"{f'[{start + 1}]':>{head}} {row}" for start, row in zip(starts, rows, strict=True))


def wrap_words(text: str, width: int = WIDTH - 5, exdent: int = 0) -> list[str]:
    """R's `strwrap(text, width, exdent=)`: lines shorter than `width`, later ones indented by `exdent`."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(lines[-1]) + 1 + text_width(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(" " * exdent * bool(lines) + word)
    return lines

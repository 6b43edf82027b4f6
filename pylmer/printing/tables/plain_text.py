"""A table of models as text: columns aligned at what closes a number."""

from __future__ import annotations

from collections.abc import Sequence

from ...text import text_width
from .grid import Cell, Line, ModelGrid

GAP = "  "
LONGEST = 20
CLOSING = (")", "]")  # hang over, so that digits stand below digits


def grid_text(grid: ModelGrid) -> str:
    """The lines of the table."""
    every = [line for section in grid.sections for line in section.lines]
    labels = ["", *(line.label for line in every), *(section.heading for section in grid.sections)]
    stub = max(map(text_width, labels))
    columns = [_column(grid, k, every) for k in range(len(grid.names))]
    heads = [columns_line("", [column[0] for column in columns], stub)]
    if grid.responses != grid.names:
        heads.append(columns_line("", [column[1] for column in columns], stub))
    rule = "-" * max(map(text_width, heads))
    out, place = [*([grid.title] if grid.title else []), *heads], 2
    for section in grid.sections:
        out += [rule, *([section.heading] if section.heading else [])]
        for line in section.lines:
            out.append(columns_line(line.label, [column[place] for column in columns], stub))
            place += 1
    return "\n".join([*out, rule, *grid.notes])


def columns_line(label: str, cells: Sequence[str], stub: int) -> str:
    """A label and its cells."""
    return (label + " " * (stub - text_width(label)) + GAP + GAP.join(cells)).rstrip()


def _column(grid: ModelGrid, k: int, lines: Sequence[Line]) -> list[str]:
    """Name, response and cells of one model, of one width."""
    parts = [_split(line.cells[k]) for line in lines]
    tail = max((text_width(end) for _, end in parts), default=0)
    cells = [body + end + " " * (tail - text_width(end)) for body, end in parts]
    shown = [grid.names[k], shortened(grid.responses[k]), *cells]
    width = max(map(text_width, shown))
    return [" " * (width - text_width(text)) + text for text in shown]


def shortened(text: str) -> str:
    """A long response, cbind(incidence, size - incidence), would widen its column."""
    return text if text_width(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _split(cell: Cell) -> tuple[str, str]:
    """What stands to the left of the end of the digits, and what behind it."""
    if cell.text.endswith(CLOSING):
        return cell.text[:-1], cell.text[-1]
    return cell.text, cell.marks

"""A table of models as Markdown, a table of bars."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .grid import Cell, ModelGrid

SPECIAL = set("\\`*_{}[]<>#|~$")


def grid_markdown(grid: ModelGrid) -> str:
    """Title and notes are paragraphs; everything that a user wrote is escaped."""
    rows = [] if grid.responses == grid.names else [["", *map(escaped, grid.responses)]]
    for section in grid.sections:
        if section.heading:
            rows.append([f"**{escaped(section.heading)}**", *[""] * len(grid.names)])
        rows += [[escaped(line.label), *map(_cell, line.cells)] for line in section.lines]
    table = [["", *map(escaped, grid.names)], ["--", *[":-:"] * len(grid.names)], *rows]
    title = [paragraph(grid.title), ""] if grid.title else []
    notes = [part for note in grid.notes for part in ("", paragraph(note))]
    return "\n".join([*title, *map(_row, table), *notes])


def escaped(text: str) -> str:
    """A text in which nothing is markup."""
    shown = "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in " ".join(text.split()))
    return shown.replace("&", "&amp;")


def paragraph(text: str) -> str:
    """A text that begins no list: + p < 0.1."""
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", escaped(text))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return escaped(cell.text + cell.marks)

"""A table of models as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator

from .grid import Cell, ModelGrid, Section

RULE = "border-top:1px solid"
LEFT = "text-align:left;padding:0 .5em"
CENTRE = "text-align:center;padding:0 .5em"
FRAME = "border-collapse:collapse;border-top:2px solid;border-bottom:2px solid"


def grid_html(grid: ModelGrid) -> str:
    """One <table>; everything that a user wrote is escaped."""
    caption = f"<caption>{escaped(grid.title)}</caption>" if grid.title else ""
    heads = [grid.names] if grid.responses == grid.names else [grid.names, grid.responses]
    head = "".join(_head(texts) for texts in heads)
    span = 1 + len(grid.names)
    bodies = "".join("<tbody>" + "".join(_rows(section, span)) + "</tbody>" for section in grid.sections)
    notes = "".join(f'<tr><td colspan="{span}" style="{LEFT}">{escaped(note)}</td></tr>' for note in grid.notes)
    foot = f'<tfoot style="{RULE}">{notes}</tfoot>' if notes else ""
    return f'<table style="{FRAME}">{caption}<thead>{head}</thead>{bodies}{foot}</table>'


def escaped(text: str) -> str:
    """A text in which nothing is markup."""
    return html.escape(" ".join(text.split()))


def _head(texts: tuple[str, ...]) -> str:
    cells = "".join(f'<th scope="col" style="{CENTRE}">{escaped(text)}</th>' for text in texts)
    return f"<tr><td></td>{cells}</tr>"


def _rows(section: Section, span: int) -> Iterator[str]:
    rule = f' style="{RULE}"'
    if section.heading:
        yield f'<tr{rule}><th colspan="{span}" style="{LEFT}">{escaped(section.heading)}</th></tr>'
        rule = ""
    for line in section.lines:
        cells = "".join(f'<td style="{CENTRE}">{_cell(cell)}</td>' for cell in line.cells)
        yield f'<tr{rule}><th scope="row" style="{LEFT};font-weight:normal">{escaped(line.label)}</th>{cells}</tr>'
        rule = ""


def _cell(cell: Cell) -> str:
    """Negative numbers with a minus, marks raised."""
    marks = f"<sup>{escaped(cell.marks)}</sup>" if cell.marks else ""
    return minus(escaped(cell.text), "\N{MINUS SIGN}") + marks


def minus(text: str, sign: str) -> str:
    """A number's text with another sign of subtraction; exponents keep theirs."""
    kept = text.replace("e-", "e\0")
    return kept.replace("-", sign).replace("e\0", "e-")

"""A table of models as LaTeX, with the rules of the package booktabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .grid import Cell, ModelGrid
from .html_table import minus

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}
PACKAGES = r"% \usepackage[T1]{fontenc} \usepackage{booktabs}"


def grid_latex(grid: ModelGrid) -> str:
    """A table environment; everything that a user wrote is escaped."""
    columns = 1 + len(grid.names)
    caption = [rf"\caption{{{escaped(grid.title)}}}"] if grid.title else []
    heads = [grid.names] if grid.responses == grid.names else [grid.names, grid.responses]
    body = [row(["", *map(escaped, texts)]) for texts in heads]
    for section in grid.sections:
        body += [r"\midrule", *([whole(escaped(section.heading), columns)] if section.heading else [])]
        body += [row([protected(escaped(line.label)), *map(_cell, line.cells)]) for line in section.lines]
    notes = [whole(rf"\footnotesize {escaped(note)}", columns) for note in grid.notes]
    return "\n".join([*_before(columns, caption), *body, r"\bottomrule", *notes, r"\end{tabular}", r"\end{table}"])


def _before(columns: int, caption: Sequence[str]) -> Iterator[str]:
    yield from (PACKAGES, r"\begin{table}", r"\centering", *caption)
    yield from (rf"\begin{{tabular}}{{l{'c' * (columns - 1)}}}", r"\toprule")


def escaped(text: str) -> str:
    """A text in which nothing is a command."""
    return "".join(SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def protected(text: str) -> str:
    """At the start of a row, where [ would be read as the space asked for by the \\\\ before, and * as its star."""
    return f"{{}}{text}" if text.startswith(("[", "*")) else text


def row(cells: Sequence[str]) -> str:
    """A row of the table."""
    return " & ".join(cells) + r" \\"


def whole(text: str, columns: int) -> str:
    """A row of one cell."""
    return rf"\multicolumn{{{columns}}}{{l}}{{{text}}} \\"


def _cell(cell: Cell) -> str:
    """Negative numbers with a minus, marks raised."""
    marks = f"\\textsuperscript{{{escaped(cell.marks)}}}" if cell.marks else ""
    return minus(escaped(cell.text), "$-$") + marks

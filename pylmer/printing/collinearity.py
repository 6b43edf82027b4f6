"""The page of `check_collinearity`: the terms by how collinear they are, as performance prints them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..diagnostics import Collinearity
from ..diagnostics.collinearity import BOUNDS, terms_of
from ..text import show, show_html, text_width
from ..text.layout import right, wrap_words
from .pages import html_table

DIGITS = 2
LARGE = 1e5  # from here on in powers of ten


@show.register
def collinearity_page(found: Collinearity, digits: int = DIGITS) -> str:
    """A table for low, moderate and high collinearity, those without terms left out."""
    level = f"{100 * found.level:g}% CI"
    head = ("Term", "VIF", f"VIF {level}", "Increased SE", "Tolerance", f"Tolerance {level}")
    columns = [head, *_cells(found, digits)]
    wide = [max(text_width(row[k]) for row in columns) for k in range(len(head))]
    lines = {str(term): _line(row, wide) for term, row in zip(found.index, columns[1:], strict=True)}
    top = _line(head, wide)
    parts = [
        f"{strength} Correlation\n\n" + "\n".join([top, *(lines[term] for term in terms_of(found, strength))])
        for strength in BOUNDS
        if terms_of(found, strength)
    ]
    remarks = ["\n".join(wrap_words(remark)) for remark in found.remarks]
    return "\n\n".join(["# Check for Multicollinearity", *parts, *remarks])


@show_html.register
def collinearity_html(found: Collinearity) -> str:
    """The same in one table."""
    level = f"{100 * found.level:g}% CI"
    head = ("Term", "VIF", f"VIF {level}", "Increased SE", "Tolerance", f"Tolerance {level}")
    return html_table(head, _cells(found, DIGITS)) + "".join(f"<p>{remark}</p>" for remark in found.remarks)


def _cells(found: Collinearity, digits: int) -> list[list[str]]:
    """The texts of each row."""
    number = {name: [_written(x, digits) for x in found[name]] for name in ("VIF", "SE_factor", "Tolerance")}
    columns = [
        [str(term) for term in found.index],
        number["VIF"],
        _intervals(found["VIF_CI_low"].tolist(), found["VIF_CI_high"].tolist(), digits),
        number["SE_factor"],
        number["Tolerance"],
        _intervals(found["Tolerance_CI_low"].tolist(), found["Tolerance_CI_high"].tolist(), digits),
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _intervals(low: Sequence[float], high: Sequence[float], digits: int) -> list[str]:
    ends = [[_written(x, digits) for x in side] for side in (low, high)]
    wide = [max(map(len, side)) for side in ends]
    return [f"[{a:>{wide[0]}}, {b:>{wide[1]}}]" for a, b in zip(*ends, strict=True)]


def _written(x: float, digits: int) -> str:
    if not math.isfinite(x):
        return "Inf" if x > 0 else "NaN"
    return f"{x:.{digits}f}" if x < LARGE else f"{x:.{digits}e}"


def _line(cells: Sequence[str], wide: Sequence[int]) -> str:
    return " ".join(right(cell, width) for cell, width in zip(cells, wide, strict=True))

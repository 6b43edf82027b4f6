"""icc and r2 on the page, as R's performance prints them."""

from __future__ import annotations

from ..inference.explained import ICC, ICCByGroup, LinearR2, MixedR2
from ..text import format_fixed, show, show_html, text_width
from .pages import html_table

DIGITS = 3


@show.register
def show_icc(record: ICC, digits: int = DIGITS) -> str:
    """Both intraclass correlations."""
    lines = {"Adjusted ICC": record.ICC_adjusted, "Unadjusted ICC": record.ICC_unadjusted}
    return _page("# Intraclass Correlation Coefficient\n", lines, digits)


@show.register
def show_mixed_r2(record: MixedR2, digits: int = DIGITS) -> str:
    """Conditional and marginal R-squared."""
    lines = {"Conditional R2": record.R2_conditional, "Marginal R2": record.R2_marginal}
    return _page("# R2 for Mixed Models\n", lines, digits)


@show.register
def show_linear_r2(record: LinearR2, digits: int = DIGITS) -> str:
    """R-squared and adjusted R-squared."""
    return _page("# R2 for Linear Regression", {"R2": record.R2, "adj. R2": record.R2_adjusted}, digits)


def _page(heading: str, values: dict[str, float], digits: int) -> str:
    width = max(map(len, values)) + 2
    return "\n".join([heading, *(f"{name:>{width}}: {format_fixed(x, digits)}" for name, x in values.items())])


@show.register
def show_icc_by_group(table: ICCByGroup, digits: int = DIGITS) -> str:
    """The shares of the grouping factors."""
    names, shares = ["Group", *table["Group"]], ["ICC", *(format_fixed(x, digits) for x in table["ICC"])]
    wide, narrow = (max(map(text_width, column)) for column in (names, shares))
    padded = [name + " " * (wide - text_width(name)) for name in names]
    lines = [f"{name} | {share:>{narrow}}" for name, share in zip(padded, shares, strict=True)]
    return "\n".join(["# ICC by Group\n", lines[0], "-" * text_width(lines[0]), *lines[1:]])


@show_html.register
def html_icc_by_group(table: ICCByGroup) -> str:
    """The shares of the grouping factors in a notebook."""
    shares = (format_fixed(x, DIGITS) for x in table["ICC"])
    return html_table(["Group", "ICC"], [list(row) for row in zip(table["Group"], shares, strict=True)])

"""Numbers and texts as R prints them.

In: numbers, labels, tables.
Out: lines of text, and checked plain arguments.
Must not know: models, formulas, fits.
"""

from __future__ import annotations

from .abbreviation import abbreviate
from .coefmat import CoefTable, print_coefmat, star
from .layout import Column, print_columns, print_matrix, print_named, print_texts, print_vector, text_width, wrap_words
from .numbers import (
    format_fixed,
    format_general,
    format_number,
    format_numbers,
    format_pvalues,
    round_number,
    signif,
    zapsmall,
)
from .shown import Copied, Printed, Shown, show, show_html
from .variance import anova_columns, mixed_columns, print_anova, print_mixed

__all__ = [
    "CoefTable",
    "Column",
    "Copied",
    "Printed",
    "Shown",
    "abbreviate",
    "anova_columns",
    "format_fixed",
    "format_general",
    "format_number",
    "format_numbers",
    "format_pvalues",
    "mixed_columns",
    "print_anova",
    "print_coefmat",
    "print_columns",
    "print_matrix",
    "print_mixed",
    "print_named",
    "print_texts",
    "print_vector",
    "round_number",
    "show",
    "show_html",
    "signif",
    "star",
    "text_width",
    "wrap_words",
    "zapsmall",
]

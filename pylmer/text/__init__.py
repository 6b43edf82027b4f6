"""Numbers and texts as R prints them.

In: numbers, labels, tables.
Out: lines of text, and checked plain arguments.
Must not know: models, formulas, fits.
"""

from __future__ import annotations

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
from .shown import Copied, InNotebooks, Printed, Shown, show, show_html

__all__ = [
    "Column",
    "Copied",
    "InNotebooks",
    "Printed",
    "Shown",
    "format_fixed",
    "format_general",
    "format_number",
    "format_numbers",
    "format_pvalues",
    "print_columns",
    "print_matrix",
    "print_named",
    "print_texts",
    "print_vector",
    "round_number",
    "show",
    "show_html",
    "signif",
    "text_width",
    "wrap_words",
    "zapsmall",
]

"""The formula language: text -> MixedFormula. No data, no numbers."""

from __future__ import annotations

from pylmer.language.deparse import deparse
from pylmer.language.expand import fixed_terms, terms
from pylmer.language.numbers import format_number
from pylmer.language.parse import parse_expression, parse_formula
from pylmer.language.syntax import MixedFormula, RandomTerm, Terms
from pylmer.language.walk import variables

__all__ = [
    "MixedFormula",
    "RandomTerm",
    "Terms",
    "deparse",
    "fixed_terms",
    "format_number",
    "parse_expression",
    "parse_formula",
    "terms",
    "variables",
]

"""The formula language: text -> MixedFormula. No data, no numbers."""

from __future__ import annotations

from pylmer.language.deparse import deparse
from pylmer.language.expand import fixed_terms, terms
from pylmer.language.layout import deparse_lines
from pylmer.language.numbers import format_number
from pylmer.language.parse import parse_expression, parse_formula, parse_grouped, require_random
from pylmer.language.plain import column_name, known_as, plain_name
from pylmer.language.randoms import double_bar_effects, expand_random, random_label
from pylmer.language.suggest import closest, did_you_mean
from pylmer.language.syntax import MixedFormula, RandomTerm, Terms
from pylmer.language.update import explicit_formula, findbars, fitted_formula, nobars, update_formula
from pylmer.language.walk import variables

__all__ = [
    "MixedFormula",
    "RandomTerm",
    "Terms",
    "closest",
    "column_name",
    "deparse",
    "deparse_lines",
    "did_you_mean",
    "double_bar_effects",
    "expand_random",
    "explicit_formula",
    "findbars",
    "fitted_formula",
    "fixed_terms",
    "format_number",
    "known_as",
    "nobars",
    "parse_expression",
    "parse_formula",
    "parse_grouped",
    "plain_name",
    "random_label",
    "require_random",
    "terms",
    "update_formula",
    "variables",
]

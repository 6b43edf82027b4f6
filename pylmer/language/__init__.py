"""The formula language: text -> MixedFormula.

In: R's formula text.
Out: a tree of the formula, its expansion, R's spelling of it.
Must not know: data and numbers.
"""

from __future__ import annotations

from .deparse import deparse
from .expand import fixed_terms, terms
from .layout import deparse_lines
from .numbers import format_number
from .parse import parse_expression, parse_formula, parse_grouped, require_random
from .plain import column_name, known_as, plain_name
from .randoms import double_bar_effects, expand_random, random_label
from .syntax import MixedFormula, RandomTerm, Terms
from .update import explicit_formula, findbars, fitted_formula, nobars, update_formula
from .walk import variables

__all__ = [
    "MixedFormula",
    "RandomTerm",
    "Terms",
    "column_name",
    "deparse",
    "deparse_lines",
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

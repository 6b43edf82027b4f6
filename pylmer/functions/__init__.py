"""R's functions, and the evaluator of syntax trees on columns. Values in, values out; no formula, no model."""

from __future__ import annotations

from . import (
    bases,
    combine,
    contrasts,
    dates,
    distributions,
    elementwise,
    factor_functions,
    intervals,
    quantiles,
    rounding,
    sequences,
    summaries,
)
from .columns import Columns, read_columns
from .evaluate import Scope, check_names, evaluate
from .factors import as_factor, cross, drop_unused, recode
from .levels import Levels, NumberLevels, TextLevels
from .values import Coding, Factor, Function, Logical, Matrix, RefusedError, Strings, Value

__all__ = [
    "Coding",
    "Columns",
    "Factor",
    "Function",
    "Levels",
    "Logical",
    "Matrix",
    "NumberLevels",
    "RefusedError",
    "Scope",
    "Strings",
    "TextLevels",
    "Value",
    "as_factor",
    "bases",
    "check_names",
    "combine",
    "contrasts",
    "cross",
    "dates",
    "distributions",
    "drop_unused",
    "elementwise",
    "evaluate",
    "factor_functions",
    "intervals",
    "quantiles",
    "read_columns",
    "recode",
    "rounding",
    "sequences",
    "summaries",
]

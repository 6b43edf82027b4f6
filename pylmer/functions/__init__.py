"""R's functions, and the evaluator of syntax trees on columns.

In: a tree of `language` and columns of data.
Out: columns: values, factors, bases.
Must not know: formulas as a whole, models, fits.
"""

from __future__ import annotations

from .alignment import aligned, by_name, common_labels, vector, vector_among
from .columns import Columns, read_columns, recycled, taken_values
from .evaluate import check_names, evaluate
from .factors import as_factor, cross, drop_unused, recode
from .levels import Levels, NumberLevels, TextLevels
from .owned import own_data, own_table, own_values, own_vector
from .scope import Scope
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
    "aligned",
    "as_factor",
    "by_name",
    "check_names",
    "common_labels",
    "cross",
    "drop_unused",
    "evaluate",
    "own_data",
    "own_table",
    "own_values",
    "own_vector",
    "read_columns",
    "recode",
    "recycled",
    "taken_values",
    "vector",
    "vector_among",
]

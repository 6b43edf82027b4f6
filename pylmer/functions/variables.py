"""Values of whole variables of a model: what a column of the model frame may be."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from .factors import factor_of_strings
from .values import Factor, Function, Logical, Matrix, RefusedError, Strings, Value, logical_levels, numeric

Categories: TypeAlias = Factor | Logical


def as_variable(value: Value) -> Value:
    """An evaluated expression as a variable of a model: numbers (n,), Factor, Logical or Matrix

    Strings become factors, dates numbers, a matrix of one column its column.
    Raises RefusedError for NULL and functions.
    """
    if value is None or isinstance(value, Function):
        raise RefusedError(f"{'NULL' if value is None else f'the function {value.name}'} is no variable")
    if isinstance(value, Strings):
        return factor_of_strings(value)
    if isinstance(value, Matrix) and value.numbers.shape[1] == 1:
        return value.numbers[:, 0]
    if isinstance(value, np.ndarray):
        return numeric(value)
    return value


def is_categorical(value: Value) -> bool:
    """Whether a variable is coded by contrasts or indicators."""
    return isinstance(value, Categories)


def coded_factor(value: Factor | Logical) -> Factor:
    """The factor that is coded: a logical has the levels FALSE and TRUE whatever occurs."""
    return value if isinstance(value, Factor) else Factor(value.codes, logical_levels())

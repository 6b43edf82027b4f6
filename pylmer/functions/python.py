"""Functions of the user's own, from `env`: they take and return arrays, as numpy and pandas have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .matching import Promise
from .owned import own_vector
from .series import value_of
from .values import Factor, Function, Logical, Matrix, Strings, Value, texts_of


def call_python(function: Function, given: list[Promise]) -> Value:
    """Call with positional and named arguments as written; the result becomes a value again.

    The function gets and leaves copies: what it does to its arguments, or keeps of its result, is its own affair.
    """
    positional = [to_python(promise.value) for promise in given if promise.name is None]
    named = {promise.name: to_python(promise.value) for promise in given if promise.name is not None}
    return value_of(own_vector(function.call(*positional, **named)), f"the result of {function.name}()")


def to_python(value: Value) -> Any:
    """A value as users know it: arrays, categoricals, and plain scalars for vectors of length one."""
    array = as_array(value)
    if not isinstance(array, np.ndarray):
        return array
    return array[0] if array.shape == (1,) else array.copy()


def as_array(value: Value) -> Any:
    """A value as an array, a categorical, or a function."""
    if isinstance(value, Factor):
        return pd.Categorical.from_codes(value.codes, pd.Index(value.levels.labels()), ordered=value.ordered)
    if isinstance(value, Strings):
        return np.array(texts_of(value), dtype=object)
    if isinstance(value, Logical):
        absent = value.codes < 0
        return np.where(absent, np.nan, value.codes) if absent.any() else value.codes.astype(bool)
    if isinstance(value, Matrix):
        return value.numbers
    return value.call if isinstance(value, Function) else value

"""Values of one kind as values of another: as.numeric, as.character, I(), unclass, and what tells kinds apart."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .factors import as_strings
from .reading import reading
from .table import r_function
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    codes_from_one,
    length,
    logical,
    logical_of,
    numeric,
    only_column,
    take,
)

_TRUTH = dict.fromkeys(("T", "TRUE", "true", "True"), 1) | dict.fromkeys(("F", "FALSE", "false", "False"), 0)


@r_function("as.numeric", "as.double")
def as_numeric(x: Value) -> Array:
    """Numbers: codes of a factor, readings of texts (NA where a text is no number), days of a date."""
    return _numbers(x).astype(float)


@r_function("as.integer")
def as_integer(x: Value) -> Array:
    """Numbers cut towards zero; NA beyond 64 bits (R's integers have 32)."""
    numbers = _numbers(x)
    if numbers.dtype.kind in "iu":
        return numbers
    within = np.abs(numbers) < 2.0**63
    return np.trunc(numbers).astype(np.int64) if within.all() else np.where(within, np.trunc(numbers), np.nan)


def _numbers(x: Value) -> Array:
    if isinstance(x, Factor):
        return codes_from_one(x)
    if isinstance(x, Strings):
        readings = np.array([reading(text) for text in x.values] + [np.nan])
        return readings[x.codes]
    numbers = numeric(x, "as.numeric()")
    return numbers.ravel(order="F")


@r_function("as.character")
def as_character(x: Value) -> Strings:
    """Texts; numbers with 15 digits."""
    return as_strings(x)


@r_function("as.logical")
def as_logical(x: Value) -> Logical:
    """TRUE and FALSE of numbers, and of the texts T, TRUE, true, True, F, ..."""
    if isinstance(x, Factor):
        x = as_strings(x)
    if not isinstance(x, Strings):
        return logical(x)
    readings = np.array([_TRUTH.get(text, -1) for text in x.values] + [-1], dtype=np.int8)
    return Logical(readings[x.codes])


@r_function("I", "identity", "{")
def identity(x: Value) -> Value:
    """The value itself; in a formula the arithmetic inside stays arithmetic."""
    return x


@r_function("offset", package="stats")
def offset(object: Value) -> Value:
    """The value itself; as a term of a formula, one with coefficient 1."""
    return object


@r_function("as.vector")
def as_vector(x: Value, mode: Value = None) -> Value:
    """Without levels and columns: the labels of a factor, the elements of a matrix column by column."""
    if mode is not None:
        raise RefusedError("as.vector() has no mode here; use as.numeric(), as.character() or as.logical()")
    if isinstance(x, Factor):
        return as_strings(x)
    return x.numbers.ravel(order="F") if isinstance(x, Matrix) else x


@r_function("rev")
def reverse(x: Value) -> Value:
    """Back to front."""
    return take(only_column(x, "rev()"), np.arange(length(x))[::-1])


@r_function("is.factor")
def is_factor(x: Value) -> Logical:
    """Whether x is a factor."""
    return logical_of(np.array([isinstance(x, Factor)]))


@r_function("is.numeric")
def is_numeric(x: Value) -> Logical:
    """Whether x holds numbers."""
    is_date = isinstance(x, np.ndarray) and x.dtype.kind == "M"
    return logical_of(np.array([isinstance(x, np.ndarray | Matrix) and not is_date]))


@r_function("unclass")
def codes_of(x: Value) -> Value:
    """A factor's codes from 1, the number of a date; anything else as it is."""
    is_date = isinstance(x, np.ndarray) and x.dtype.kind == "M"
    return as_numeric(x) if isinstance(x, Factor) or is_date else x

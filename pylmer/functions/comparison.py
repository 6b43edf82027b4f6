"""Comparisons of values: == != < > <= >=, by R's rules for texts, factors and days."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from .arithmetic import Operation, recycled, repeated
from .arrays import Array, either, nan_mask
from .collation import collation_key
from .dates import as_date, whole_days
from .factors import as_factor, as_strings, match_levels
from .levels import Levels
from .values import Factor, Logical, RefusedError, Strings, Value, logical_of, missing, vector


def compare(symbol: str, left: Value, right: Value) -> Logical:
    """`left symbol right` for == != < > <= >=; NA where either is."""
    test: Operation = _COMPARISONS[symbol]
    first, second = _comparable(symbol, left, right)
    flags = test(*recycled(first, second))
    masks = (_incomparable(symbol, *side) for side in ((left, first), (right, second)))
    absent = either(*(mask if mask is None else repeated(mask, flags.shape[0]) for mask in masks))
    return logical_of(flags, None if absent is None else np.broadcast_to(absent, flags.shape))


def _incomparable(symbol: str, value: Value, rank: Array) -> Array | None:
    """Missing values, and those that are no level of an ordered factor: neither before nor behind its levels."""
    return missing(value) if symbol in ("==", "!=") else either(missing(value), nan_mask(rank))


_COMPARISONS: dict[str, Operation] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _comparable(symbol: str, left: Value, right: Value) -> tuple[Array, Array]:
    """Numbers whose order is the order of the values."""
    factors = [value for value in (left, right) if isinstance(value, Factor)]
    if factors:
        return _comparable_factors(symbol, left, right, factors)
    left, right = _dated(left, right), _dated(right, left)
    if isinstance(left, Strings) or isinstance(right, Strings):
        return _ranked(as_strings(left), as_strings(right))
    return vector(left, "a comparison"), vector(right, "a comparison")


def _dated(value: Value, other: Value) -> Value:
    """Texts beside days are read as days."""
    beside = isinstance(other, np.ndarray) and other.dtype.kind == "M"
    return as_date(value) if isinstance(value, Strings) and beside and whole_days(other) else value


def _comparable_factors(symbol: str, left: Value, right: Value, factors: Sequence[Factor]) -> tuple[Array, Array]:
    ordered = all(factor.ordered for factor in factors)
    if symbol not in ("==", "!=") and not ordered:
        raise RefusedError(f"'{symbol}' is not meaningful for factors")
    if len(factors) == 2 and set(factors[0].levels) != set(factors[1].levels):
        raise RefusedError("the two factors have different levels")
    levels = factors[0].levels
    return codes_on(levels, left), codes_on(levels, right)


def codes_on(levels: Levels, value: Value) -> Array:
    """Positions among the levels, NaN for what is none of them."""
    made = as_factor(value)
    place = np.append(match_levels(made.levels, levels), -1)[made.codes]
    return np.where(place < 0, np.nan, place)


def _ranked(left: Strings, right: Strings) -> tuple[Array, Array]:
    ordered = sorted({*left.values, *right.values}, key=collation_key)
    places = {text: place for place, text in enumerate(ordered)}
    first, second = (np.array([places[text] for text in side.values] or [-1]) for side in (left, right))
    return first[left.codes], second[right.codes]

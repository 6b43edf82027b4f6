"""R's operators on values: arithmetic, comparison, logic, `%in%`, sequences and indexing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import numpy as np

from .arrays import Array, either, has_nan, nan_mask
from .collation import collation_key
from .dates import as_date, whole_days
from .factors import as_factor, as_strings, cross, match_levels, recode
from .levels import Levels, TextLevels
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    counted,
    logical,
    logical_of,
    missing,
    numeric,
    only_column,
    plural,
    scalar,
    vector,
)

Binary = Callable[[Array, Array], Array]


def arithmetic(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right` for + - * / ^ %% %/%; a matrix keeps its columns."""
    for value in (left, right):
        if not isinstance(value, np.ndarray | Logical | Matrix):
            raise RefusedError(f"'{symbol}' is not meaningful for {plural(value)}")
    first, second = recycled(numeric(left), numeric(right))
    numbers = _ARITHMETIC[symbol](first, second)
    if symbol == "%/%" and _is_whole(left) and _is_whole(right):
        numbers = np.where(second == 0, np.nan, numbers) if np.any(second == 0) else numbers
    named = next((value for value in (left, right) if isinstance(value, Matrix)), None)
    return numbers if named is None else Matrix(numbers, named.names)


def recycled(first: Array, second: Array) -> tuple[Array, Array]:
    """Two operands brought to one shape: a shorter vector is repeated, a vector acts on each column of a matrix."""
    if first.ndim != second.ndim:
        first, second = (np.atleast_2d(a.T).T if a.ndim == 1 else a for a in (first, second))
    if first.ndim == 2 and 1 not in (first.shape[1], second.shape[1]) and first.shape[1] != second.shape[1]:
        raise RefusedError(f"matrices of {first.shape[1]} and {second.shape[1]} columns do not fit")
    n = max(first.shape[0], second.shape[0]) if first.size and second.size else 0
    return repeated(first, n), repeated(second, n)


def repeated(values: Array, n: int) -> Array:
    rows = values.shape[0]
    if rows in (1, n) or not rows:
        return values[:n]
    if n % rows:
        raise RefusedError(f"operands of {n} and {rows} elements do not fit")
    return np.tile(values, (n // rows, 1)) if values.ndim == 2 else np.tile(values, n // rows)


def _both_whole(first: Array, second: Array) -> bool:
    return first.dtype.kind in "iu" and second.dtype.kind in "iu"


def _modulo(first: Array, second: Array) -> Array:
    """x - y floor(x / y), with the sign of y; of x %% 0 nothing is left, whether integer or not."""
    if _both_whole(first, second) and np.all(second != 0):
        return np.asarray(np.mod(first, second))
    first, second = first.astype(float), second.astype(float)
    remainder = np.where(np.isinf(second) & np.isfinite(first), first, np.mod(first, second))
    return np.where(np.isinf(second) & (np.sign(first) * np.sign(second) < 0), second, remainder)


def _is_whole(value: Value) -> bool:
    return isinstance(value, Logical) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu")


def _floor_divide(first: Array, second: Array) -> Array:
    """floor(x / y), such that x = y (x %/% y) + x %% y; by 0 an infinity (of integers NA, as in R)."""
    if _both_whole(first, second) and np.all(second != 0):
        return np.asarray(np.floor_divide(first, second))
    first, second = first.astype(float), second.astype(float)
    exact = np.isfinite(first) & np.isfinite(second) & (second != 0)
    below = np.isfinite(first) & np.isinf(second) & (np.sign(first) * np.sign(second) < 0)
    return np.where(exact, np.floor_divide(first, second), np.where(below, -1.0, np.floor(first / second)))


def _power(first: Array, second: Array) -> Array:
    """x^y; a negative number has no power that is infinite or no whole number (C gives 0 or Inf for some)."""
    base, exponent = first.astype(float), second.astype(float)
    odd = (base < 0) & ((exponent != np.floor(exponent)) | np.isinf(exponent))
    return np.where(odd, np.nan, np.power(base, exponent))


def _exact(action: Binary, bound: Callable[[float, float], float]) -> Binary:
    """Integers that could pass 64 bits are computed as doubles (R's, which have 32, give NA)."""

    def apply(first: Array, second: Array) -> Array:
        if _both_whole(first, second) and bound(_largest(first), _largest(second)) >= _LIMIT:
            first, second = first.astype(float), second.astype(float)
        return np.asarray(action(first, second))

    return apply


_LIMIT = 2.0**62


def _largest(whole: Array) -> float:
    return max(abs(float(whole.min())), abs(float(whole.max()))) if whole.size else 0.0


_ARITHMETIC: dict[str, Binary] = {
    "+": _exact(operator.add, operator.add),
    "-": _exact(operator.sub, operator.add),
    "*": _exact(operator.mul, operator.mul),
    "/": lambda first, second: first.astype(float) / second,
    "^": _power,
    "%%": _modulo,
    "%/%": _floor_divide,
}


def negative(value: Value) -> Value:
    """`-value`."""
    if isinstance(value, Matrix):
        return Matrix(-value.numbers, value.names)
    return -numeric(value, "unary '-'")


def compare(symbol: str, left: Value, right: Value) -> Logical:
    """`left symbol right` for == != < > <= >=; NA where either is."""
    test: Binary = _COMPARISONS[symbol]
    first, second = _comparable(symbol, left, right)
    flags = test(*recycled(first, second))
    masks = (_incomparable(symbol, *side) for side in ((left, first), (right, second)))
    absent = either(*(mask if mask is None else repeated(mask, flags.shape[0]) for mask in masks))
    return logical_of(flags, None if absent is None else np.broadcast_to(absent, flags.shape))


def _incomparable(symbol: str, value: Value, rank: Array) -> Array | None:
    """Missing values, and those that are no level of an ordered factor: neither before nor behind its levels."""
    return missing(value) if symbol in ("==", "!=") else either(missing(value), nan_mask(rank))


_COMPARISONS: dict[str, Binary] = {
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
    return _codes_on(levels, left), _codes_on(levels, right)


def _codes_on(levels: Levels, value: Value) -> Array:
    """Positions among the levels, NaN for what is none of them."""
    made = as_factor(value)
    place = np.append(match_levels(made.levels, levels), -1)[made.codes]
    return np.where(place < 0, np.nan, place)


def _ranked(left: Strings, right: Strings) -> tuple[Array, Array]:
    ordered = sorted({*left.values, *right.values}, key=collation_key)
    places = {text: place for place, text in enumerate(ordered)}
    first, second = (np.array([places[text] for text in side.values] or [-1]) for side in (left, right))
    return first[left.codes], second[right.codes]


def conjunction(left: Value, right: Value) -> Logical:
    """`left & right` in three-valued logic."""
    first, second = recycled(logical(left).codes, logical(right).codes)
    codes = np.where((first == 0) | (second == 0), 0, np.where((first < 0) | (second < 0), -1, 1))
    return Logical(codes.astype(np.int8))


def disjunction(left: Value, right: Value) -> Logical:
    """`left | right` in three-valued logic."""
    first, second = recycled(logical(left).codes, logical(right).codes)
    codes = np.where((first == 1) | (second == 1), 1, np.where((first < 0) | (second < 0), -1, 0))
    return Logical(codes.astype(np.int8))


def negation(value: Value) -> Logical:
    """`!value`."""
    codes = logical(value).codes
    return Logical(np.where(codes < 0, codes, 1 - codes).astype(np.int8))


def is_in(left: Value, right: Value) -> Logical:
    """`left %in% right`: never NA. Numbers are looked for as numbers, also among the levels of a factor."""
    left, right = only_column(left, "%in%"), only_column(right, "%in%")
    if isinstance(left, np.ndarray | Logical) and isinstance(right, np.ndarray | Logical):
        numbers, table_numbers = numeric(left), numeric(right)
        found = np.isin(numbers, table_numbers)
        return logical_of(found | np.isnan(numbers) if has_nan(table_numbers) else found)
    if isinstance(left, Factor) and isinstance(right, np.ndarray):
        wanted_levels = np.isin(np.arange(len(left.levels)), _codes_on(left.levels, right))
        return logical_of(np.append(wanted_levels, has_nan(right))[left.codes])
    strings, table = as_strings(left), as_strings(right)
    wanted = {table.values[code] for code in np.unique(table.codes[table.codes >= 0]).tolist()}
    known = np.array([text in wanted for text in strings.values] + [bool(np.any(table.codes < 0))])
    return logical_of(known[strings.codes])


def sequence(left: Value, right: Value) -> Value:
    """`from:to`; of two factors their interaction with all combinations of levels."""
    if isinstance(left, Factor) and isinstance(right, Factor):
        return all_combinations(left, right)
    start, stop = scalar(left, "the start of ':'"), scalar(right, "the end of ':'")
    if not (np.isfinite(start) and np.isfinite(stop)):
        raise RefusedError("':' needs two finite numbers")
    step = 1 if stop >= start else -1
    numbers = start + step * np.arange(counted(np.floor(abs(stop - start) + 1e-10) + 1, "the length of ':'"))
    return numbers.astype(np.int64) if start == int(start) else numbers


def all_combinations(left: Factor, right: Factor) -> Factor:
    """`left:right` as R has it outside of groups: every pair of levels is a level."""
    observed = cross(left, right)
    labels = [f"{first}:{second}" for first in left.levels for second in right.levels]
    return recode(observed, TextLevels(tuple(labels)))[0]

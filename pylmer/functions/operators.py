"""R's operators on values: arithmetic, comparison, logic, `%in%`, sequences and indexing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import numpy as np

from .arrays import Array, either, has_nan
from .collation import collation_key
from .factors import as_strings, cross, recode
from .levels import Levels, TextLevels
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    kind,
    length,
    logical,
    logical_of,
    missing,
    numeric,
    plural,
    scalar,
    take,
    texts_of,
)

Binary = Callable[[Array, Array], Array]


def arithmetic(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right` for + - * / ^ %% %/%; a matrix keeps its columns."""
    for value in (left, right):
        if not isinstance(value, np.ndarray | Logical | Matrix):
            raise RefusedError(f"'{symbol}' is not meaningful for {plural(value)}")
    first, second = recycled(numeric(left), numeric(right))
    numbers = _ARITHMETIC[symbol](first, second)
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


def _modulo(first: Array, second: Array) -> Array:
    if first.dtype.kind in "iu" and second.dtype.kind in "iu" and np.all(second != 0):
        return np.asarray(np.mod(first, second))
    first, second = first.astype(float), second.astype(float)
    return np.where(np.isinf(second) & (np.sign(first) * np.sign(second) < 0), second, np.mod(first, second))


def _floor_divide(first: Array, second: Array) -> Array:
    if first.dtype.kind in "iu" and second.dtype.kind in "iu" and np.all(second != 0):
        return np.asarray(np.floor_divide(first, second))
    return np.asarray(np.floor(first.astype(float) / second.astype(float)))


_ARITHMETIC: dict[str, Binary] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda first, second: first.astype(float) / second,
    "^": lambda first, second: np.power(first.astype(float), second),
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
    flags = test(*recycled(*_comparable(symbol, left, right)))
    masks = (missing(side) for side in (left, right))
    absent = either(*(mask if mask is None else repeated(mask, flags.shape[0]) for mask in masks))
    return logical_of(flags, None if absent is None else np.broadcast_to(absent, flags.shape))


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
    if isinstance(left, Strings) or isinstance(right, Strings):
        return _ranked(as_strings(left), as_strings(right))
    return _vector(left), _vector(right)


def _vector(value: Value) -> Array:
    numbers = numeric(value, "comparison")
    if numbers.ndim == 2 and numbers.shape[1] != 1:
        raise RefusedError(f"a matrix of {numbers.shape[1]} columns cannot be compared; take a column: [, 1]")
    return numbers[:, 0] if numbers.ndim == 2 else numbers


def _comparable_factors(symbol: str, left: Value, right: Value, factors: Sequence[Factor]) -> tuple[Array, Array]:
    ordered = all(factor.ordered for factor in factors)
    if symbol not in ("==", "!=") and not ordered:
        raise RefusedError(f"'{symbol}' is not meaningful for factors")
    if len(factors) == 2 and set(factors[0].levels) != set(factors[1].levels):
        raise RefusedError("the two factors have different levels")
    levels = factors[0].levels
    return _codes_on(levels, left), _codes_on(levels, right)


def _codes_on(levels: Levels, value: Value) -> Array:
    if isinstance(value, Factor):
        return recode(value, levels)[0].codes
    strings = as_strings(value)
    places = np.array([levels.places.get(text, -2) for text in strings.values] or [-1])
    return np.where(strings.codes < 0, -1, places[strings.codes])


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
    """`left %in% right`: never NA."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        numbers, table_numbers = numeric(left), numeric(right)
        found = np.isin(numbers, table_numbers)
        return logical_of(found | np.isnan(numbers) if has_nan(table_numbers) else found)
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
    numbers = start + step * np.arange(int(np.floor(abs(stop - start) + 1e-10)) + 1)
    return numbers.astype(np.int64) if start == int(start) else numbers


def all_combinations(left: Factor, right: Factor) -> Factor:
    """`left:right` as R has it outside of groups: every pair of levels is a level."""
    observed = cross(left, right)
    labels = [f"{first}:{second}" for first in left.levels for second in right.levels]
    return recode(observed, TextLevels(tuple(labels)))[0]


def index(value: Value, places: Sequence[Value | None]) -> Value:
    """`value[i]`, `value[i, j]`; an empty place is None."""
    if isinstance(value, Matrix):
        return _index_matrix(value, places)
    if len(places) != 1:
        raise RefusedError(f"{len(places)} indices for {kind(value)} values, which have one dimension")
    return value if places[0] is None else take(value, positions(places[0], length(value)))


def _index_matrix(matrix: Matrix, places: Sequence[Value | None]) -> Value:
    if len(places) != 2:
        raise RefusedError("a matrix needs two indices: [rows, columns]")
    rows, columns = places
    numbers = matrix.numbers if rows is None else matrix.numbers[positions(rows, matrix.numbers.shape[0])]
    chosen = np.arange(numbers.shape[1]) if columns is None else _column_positions(columns, matrix)
    if columns is not None and chosen.shape[0] == 1:
        return numbers[:, chosen[0]]
    return Matrix(numbers[:, chosen], tuple(matrix.names[i] for i in chosen.tolist()))


def _column_positions(columns: Value, matrix: Matrix) -> Array:
    if not isinstance(columns, Strings):
        return positions(columns, matrix.numbers.shape[1])
    names = texts_of(columns)
    lost = [name for name in names if name not in matrix.names]
    if lost:
        raise RefusedError(f"there is no column {lost[0]!r} (known: {', '.join(matrix.names)})")
    return np.array([matrix.names.index(str(name)) for name in names])


def positions(chosen: Value, n: int) -> Array:
    """R's index (from 1, negative to leave out, or logical) as positions from 0."""
    if isinstance(chosen, Logical):
        return np.flatnonzero(repeated(chosen.codes, n) == 1)
    numbers = numeric(chosen, "an index")
    if not np.all(np.isfinite(numbers)):
        raise RefusedError("an index is NA or infinite")
    whole = numbers.astype(np.int64)
    if np.any(np.abs(whole) > n):
        raise RefusedError(f"index {int(whole[np.abs(whole) > n][0])} is out of 1..{n}")
    if np.any(whole < 0):
        return np.delete(np.arange(n), -whole[whole < 0] - 1)
    return whole[whole > 0] - 1

"""Elements and columns: `x[i]`, `x[i, j]`, `x[[i]]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .arrays import Array
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    codes_from_one,
    kind,
    length,
    missing,
    scalar,
    take,
    texts_of,
    vector,
)

EVERYTHING = object()  # an empty place of an index, as in x[, 1]; NULL itself chooses nothing


def index(value: Value, places: Sequence[Value | None]) -> Value:
    """`value[i]`, `value[i, j]`; an empty place is EVERYTHING."""
    if isinstance(value, Matrix):
        return _index_matrix(value, places)
    if len(places) != 1:
        raise RefusedError(f"{len(places)} indices for {kind(value)} values, which have one dimension")
    return value if places[0] is EVERYTHING else _elements(value, places[0])


def element(value: Value, places: Sequence[Value]) -> Value:
    """`value[[i]]`, `value[[i, j]]`: one element."""
    if any(place is EVERYTHING or not scalar(place, "an index in [[ ]]") >= 1 for place in places):
        raise RefusedError("[[ ]] takes one element: a number from 1 on; several are taken by [ ]")
    return index(value, places)


def _elements(value: Value, chosen: Value) -> Value:
    """An NA among the positions, or in a logical index, gives NA, as in R."""
    n = length(value)
    if isinstance(chosen, Logical) and missing(chosen) is not None:
        codes = _flags(chosen, n)
        rows = np.flatnonzero(codes != 0)
        return _missing_at(take(value, rows), codes[rows] < 0)
    return take(value, positions(chosen, n))


def _flags(chosen: Logical, n: int) -> Array:
    """A shorter logical index is repeated."""
    if chosen.codes.shape[0] > n:
        raise RefusedError(f"a logical index of {chosen.codes.shape[0]} for {n} elements")
    return np.resize(chosen.codes, n)


def _missing_at(value: Value, absent: Array) -> Value:
    if isinstance(value, Logical | Strings | Factor):
        return replace(value, codes=np.where(absent, -1, value.codes))
    if value.dtype.kind == "M":
        return np.where(absent, np.datetime64("NaT"), value)
    return np.where(absent, np.nan, value)


def _index_matrix(matrix: Matrix, places: Sequence[Value | None]) -> Value:
    if len(places) != 2:
        raise RefusedError("a matrix needs two indices: [rows, columns]")
    rows, columns = places
    numbers = matrix.numbers if rows is EVERYTHING else matrix.numbers[positions(rows, matrix.numbers.shape[0])]
    chosen = np.arange(numbers.shape[1]) if columns is EVERYTHING else _column_positions(columns, matrix)
    if chosen.shape[0] == 1:
        return numbers[:, chosen[0]]
    if numbers.shape[0] == 1:
        return numbers[0, chosen]
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
    if chosen is None:
        return np.empty(0, dtype=np.int64)
    if isinstance(chosen, Logical):
        return np.flatnonzero(_flags(chosen, n) == 1)
    numbers = vector(codes_from_one(chosen) if isinstance(chosen, Factor) else chosen, "an index")
    if not np.all(np.isfinite(numbers)):
        raise RefusedError("an index is NA or infinite")
    if np.any(numbers >= n + 1):
        raise RefusedError(f"index {numbers[numbers >= n + 1][0]:.15g} is out of 1..{n}")
    whole = np.maximum(numbers, -n - 1).astype(np.int64)
    if np.any(whole < 0):
        if np.any(whole > 0):
            raise RefusedError("an index has positive numbers, which choose, and negative ones, which leave out")
        return np.delete(np.arange(n), -whole[(whole < 0) & (whole >= -n)] - 1)
    return whole[whole > 0] - 1

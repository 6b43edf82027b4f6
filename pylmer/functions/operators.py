"""R's operators on values, by their signs: arithmetic, comparison, logic, `%in%`, sequences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arithmetic import arithmetic, negative, recycled
from .arrays import has_nan
from .comparison import codes_on, compare
from .factors import as_strings, cross, recode
from .levels import TextLevels
from .values import Factor, Logical, RefusedError, Value, counted, logical, logical_of, numeric, only_column, scalar

ARITHMETIC = frozenset(["+", "-", "*", "/", "^", "%%", "%/%"])
COMPARISON = frozenset(["==", "!=", "<", ">", "<=", ">="])


def apply_sign(symbol: str, operand: Value) -> Value:
    """`symbol operand` for - + !; raises RefusedError."""
    return _SIGNS[symbol](operand)


def apply_operator(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; raises RefusedError."""
    if symbol in ARITHMETIC:
        return arithmetic(symbol, left, right)
    if symbol in COMPARISON:
        return compare(symbol, left, right)
    if symbol in _OTHER:
        return _OTHER[symbol](left, right)
    if symbol in ("&&", "||"):
        raise RefusedError(f"'{symbol}' compares single values; for columns write {symbol[0]}")
    raise RefusedError(f"there is no operator '{symbol}' for values")


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
        wanted_levels = np.isin(np.arange(len(left.levels)), codes_on(left.levels, right))
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


_SIGNS: dict[str, Callable[[Value], Value]] = {
    "-": negative,
    "+": lambda operand: arithmetic("+", np.array([0]), operand),
    "!": negation,
}
_OTHER: dict[str, Callable[[Value, Value], Value]] = {
    "&": conjunction,
    "|": disjunction,
    "%in%": is_in,
    ":": sequence,
}

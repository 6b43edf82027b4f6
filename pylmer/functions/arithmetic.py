"""Arithmetic on values: + - * / ^ %% %/%, and operands brought to one shape."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from .arrays import Array
from .values import Logical, Matrix, RefusedError, Value, numeric, plural

Operation = Callable[[Array, Array], Array]


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


def _exact(action: Operation, bound: Callable[[float, float], float]) -> Operation:
    """Integers that could pass 64 bits are computed as doubles (R's, which have 32, give NA)."""

    def apply(first: Array, second: Array) -> Array:
        if _both_whole(first, second) and bound(_largest(first), _largest(second)) >= _LIMIT:
            first, second = first.astype(float), second.astype(float)
        return np.asarray(action(first, second))

    return apply


_LIMIT = 2.0**62


def _largest(whole: Array) -> float:
    return max(abs(float(whole.min())), abs(float(whole.max()))) if whole.size else 0.0


_ARITHMETIC: dict[str, Operation] = {
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

"""Functions that act on each element: log, sqrt, pmin, ifelse, is.na."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .arithmetic import recycled
from .arrays import Array
from .factors import as_strings
from .matching import Promise
from .table import r_function
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    codes_from_one,
    flag,
    length,
    logical,
    logical_of,
    missing,
    numeric,
    only_column,
    strings_of,
    vector,
)

_MATHEMATICS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp, "expm1": np.expm1, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "floor": np.floor, "ceiling": np.ceil, "trunc": np.trunc, "lgamma": special.gammaln,
    "gamma": lambda x: np.where((x <= 0) & (x == np.floor(x)), np.nan, special.gamma(x)),
}  # fmt: skip
_RUNNING: dict[str, Callable[[Array], Array]] = {
    "cumsum": np.cumsum, "cumprod": np.cumprod, "cummax": np.maximum.accumulate, "cummin": np.minimum.accumulate,
}  # fmt: skip


def _enter_mathematics(name: str, action: Callable[[Array], Array]) -> None:
    def apply(x: Value) -> Value:
        return mapped(lambda numbers: action(numbers.astype(float, copy=False)), x, f"{name}()")

    r_function(name)(apply)


def _enter_running(name: str, action: Callable[[Array], Array]) -> None:
    def apply(x: Value) -> Array:
        return action(vector(x, f"{name}()").astype(float, copy=False))

    r_function(name)(apply)


def mapped(action: Callable[[Array], Array], x: Value, what: str) -> Value:
    """`action` on the numbers of x; a matrix stays one."""
    if isinstance(x, Matrix):
        return Matrix(action(x.numbers), x.names)
    return action(numeric(x, what))


for _name, _action in _MATHEMATICS.items():
    _enter_mathematics(_name, _action)
for _name, _action in _RUNNING.items():
    _enter_running(_name, _action)


@r_function("log")
def log(x: Value, base: Value = None) -> Value:
    """Natural logarithm, or to any base (one number, or one for each element)."""
    if base is None:
        return mapped(lambda numbers: np.log(numbers), x, "log()")
    by = vector(base, "the base of log()").astype(float)
    exact = {2.0: np.log2, 10.0: np.log10}.get(by[0]) if by.shape[0] == 1 else None
    return mapped(exact or (lambda numbers: _log_to(numbers, by)), x, "log()")


def _log_to(numbers: Array, base: Array) -> Array:
    first, second = recycled(np.log(numbers), np.log(base))
    return np.asarray(first / second)


@r_function("abs")
def absolute(x: Value) -> Value:
    """Absolute values; integers stay integers."""
    return mapped(np.abs, x, "abs()")


@r_function("sign")
def sign(x: Value) -> Value:
    """-1, 0 or 1."""
    return mapped(np.sign, x, "sign()")


def _parallel(choose: Callable[[Array, Array], Array], what: str, dots: tuple[Promise, ...]) -> Value:
    values = [promise.value for promise in dots]
    if not values:
        raise RefusedError(f"{what} needs at least one argument")
    best = numeric(values[0], what)
    for value in values[1:]:
        best = choose(*recycled(best, numeric(value, what)))
    named = next((value for value in values if isinstance(value, Matrix)), None)
    return best if named is None else Matrix(best, named.names)


@r_function("pmin")
def parallel_minimum(*dots: Promise, na_rm: Value = None) -> Value:
    """Smallest of the arguments in each place."""
    return _parallel(np.fmin if flag(na_rm, "na.rm", False) else np.minimum, "pmin()", dots)


@r_function("pmax")
def parallel_maximum(*dots: Promise, na_rm: Value = None) -> Value:
    """Largest of the arguments in each place."""
    return _parallel(np.fmax if flag(na_rm, "na.rm", False) else np.maximum, "pmax()", dots)


@r_function("ifelse")
def ifelse(test: Value, yes: Value, no: Value) -> Value:
    """`yes` where the test holds, `no` where it fails, NA where it is NA; factors give their codes, as in R."""
    codes = logical(test).codes
    if isinstance(yes, Strings) or isinstance(no, Strings):
        return _choose_strings(codes, as_strings(_bare(yes)), as_strings(_bare(no)))
    if isinstance(yes, Logical) and isinstance(no, Logical):
        chosen = np.where(codes == 1, *(_to_length(side.codes, codes.shape[0]) for side in (yes, no)))
        return Logical(np.where(codes < 0, -1, chosen).astype(np.int8))
    first, second = (_to_length(vector(_bare(side), "ifelse()"), codes.shape[0]) for side in (yes, no))
    chosen = np.where(codes == 1, first, second)
    return np.where(codes < 0, np.nan, chosen) if codes.size and codes.min() < 0 else chosen


def _bare(value: Value) -> Value:
    return codes_from_one(value) if isinstance(value, Factor) else value


def _to_length(values: Array, n: int) -> Array:
    if values.shape[0] in (1, n):
        return values
    if not values.shape[0]:
        raise RefusedError("ifelse() got nothing to choose from")
    return np.resize(values, n)


def _choose_strings(codes: Array, yes: Strings, no: Strings) -> Strings:
    n, shift = codes.shape[0], len(yes.values)
    first, second = _to_length(yes.codes, n), _to_length(no.codes, n)
    chosen = np.where(codes == 1, first, np.where(second < 0, -1, second + shift))
    merged = strings_of([*yes.values, *no.values])
    return Strings(np.append(merged.codes, -1)[np.where(codes < 0, -1, chosen)], merged.values)


@r_function("is.na")
def is_na(x: Value) -> Logical:
    """Whether an element is missing."""
    mask = missing(only_column(x, "is.na()"))
    return logical_of(np.zeros(length(x), dtype=bool) if mask is None else mask)


@r_function("is.finite")
def is_finite(x: Value) -> Logical:
    """Whether an element is a finite number; of a factor, whether it is not missing."""
    if isinstance(x, Factor):
        return logical_of(x.codes >= 0)
    if isinstance(x, Strings):
        return logical_of(np.zeros(length(x), dtype=bool))
    return logical_of(np.isfinite(vector(x, "is.finite()").astype(float)))


@r_function("xor")
def exclusive_or(x: Value, y: Value) -> Logical:
    """TRUE where just one is."""
    first, second = recycled(logical(x).codes, logical(y).codes)
    different = first != second
    absent = (first < 0) | (second < 0)
    return logical_of(different, absent if absent.any() else None)

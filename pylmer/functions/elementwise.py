"""Functions that act on each element: log, sqrt, round, pmin, ifelse, is.na, and conversions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .arrays import Array, nan_mask
from .factors import as_strings
from .matching import Promise, r_function
from .operators import recycled
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    length,
    logical,
    logical_of,
    missing,
    numeric,
    scalar,
    strings_of,
    take,
    whole,
)

_MATHEMATICS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp, "expm1": np.expm1, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "floor": np.floor, "ceiling": np.ceil, "trunc": np.trunc, "gamma": special.gamma, "lgamma": special.gammaln,
    "plogis": special.expit, "qlogis": special.logit, "pnorm": special.ndtr, "qnorm": special.ndtri,
    "cumsum": np.cumsum, "cumprod": np.cumprod,
}  # fmt: skip


def _enter_mathematics(name: str, action: Callable[[Array], Array]) -> None:
    def apply(x: Value) -> Value:
        return mapped(lambda numbers: action(numbers.astype(float, copy=False)), x, f"{name}()")

    r_function(name)(apply)


def mapped(action: Callable[[Array], Array], x: Value, what: str) -> Value:
    """`action` on the numbers of x; a matrix stays one."""
    if isinstance(x, Matrix):
        return Matrix(action(x.numbers), x.names)
    return action(numeric(x, what))


for _name, _action in _MATHEMATICS.items():
    _enter_mathematics(_name, _action)


@r_function("log")
def log(x: Value, base: Value = None) -> Value:
    """Natural logarithm, or to any base."""
    if base is None:
        return mapped(lambda numbers: np.log(numbers), x, "log()")
    by = scalar(base, "the base of log()")
    exact = {2.0: np.log2, 10.0: np.log10}.get(by)
    return mapped(exact or (lambda numbers: np.log(numbers) / np.log(by)), x, "log()")


@r_function("abs")
def absolute(x: Value) -> Value:
    """Absolute values; integers stay integers."""
    return mapped(np.abs, x, "abs()")


@r_function("sign")
def sign(x: Value) -> Value:
    """-1, 0 or 1."""
    return mapped(np.sign, x, "sign()")


@r_function("round")
def rounded(x: Value, digits: Value = None) -> Value:
    """Rounds to the nearer of the two candidates, as R 4 does, so that 0.15 gives 0.1; ties go to the even digit."""
    places = whole(digits, "digits", 0)
    return mapped(lambda numbers: _round(numbers, places), x, "round()")


def _round(numbers: Array, places: int) -> Array:
    if numbers.dtype.kind in "iu" and places >= 0:
        return numbers
    if places == 0:
        return np.rint(numbers)
    lower, upper = (_shifted(step(_shifted(numbers, places)), -places) for step in (np.floor, np.ceil))
    below, above = numbers - lower, upper - numbers
    even = np.mod(np.floor(_shifted(numbers, places)), 2) == 0
    nearer = np.where((below < above) | ((below == above) & even), lower, upper)
    return np.where(np.isfinite(nearer), nearer, numbers)


def _shifted(numbers: Array, places: int) -> Array:
    """numbers * 10^places, dividing for negative places because 10^-k is not exact."""
    return numbers * 10.0**places if places >= 0 else numbers / 10.0**-places


@r_function("signif")
def significant(x: Value, digits: Value = None) -> Value:
    """Rounds to significant digits."""
    wanted = whole(digits, "digits", 6)
    return mapped(lambda numbers: np.array([float(f"{n:.{max(wanted, 1) - 1}e}") for n in numbers.flat]), x, "signif()")


def _parallel(choose: Callable[[Array, Array], Array], what: str, dots: tuple[Promise, ...]) -> Array:
    values = [numeric(promise.value, what) for promise in dots]
    if not values:
        raise RefusedError(f"{what} needs at least one argument")
    best = values[0]
    for value in values[1:]:
        best = choose(*recycled(best, value))
    return best


@r_function("pmin")
def parallel_minimum(*dots: Promise, na_rm: Value = None) -> Array:
    """Smallest of the arguments in each place."""
    return _parallel(np.fmin if flag(na_rm, "na.rm", False) else np.minimum, "pmin()", dots)


@r_function("pmax")
def parallel_maximum(*dots: Promise, na_rm: Value = None) -> Array:
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
    first, second = (_to_length(numeric(_bare(side), "ifelse()"), codes.shape[0]) for side in (yes, no))
    chosen = np.where(codes == 1, first, second)
    return np.where(codes < 0, np.nan, chosen) if codes.size and codes.min() < 0 else chosen


def _bare(value: Value) -> Value:
    return np.asarray(value.codes, dtype=np.int64) + 1 if isinstance(value, Factor) else value


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
    mask = missing(x)
    return logical_of(np.zeros(length(x), dtype=bool) if mask is None else mask)


@r_function("is.finite")
def is_finite(x: Value) -> Logical:
    """Whether an element is a finite number."""
    return logical_of(np.isfinite(numeric(x, "is.finite()").astype(float)))


@r_function("xor")
def exclusive_or(x: Value, y: Value) -> Logical:
    """TRUE where just one is."""
    first, second = recycled(logical(x).codes, logical(y).codes)
    different = first != second
    absent = (first < 0) | (second < 0)
    return logical_of(different, absent if absent.any() else None)


@r_function("as.numeric", "as.double")
def as_numeric(x: Value) -> Array:
    """Numbers: codes of a factor, readings of texts (NA where a text is no number), days of a date."""
    return _numbers(x).astype(float)


@r_function("as.integer")
def as_integer(x: Value) -> Array:
    """Numbers cut towards zero."""
    numbers = _numbers(x)
    return np.trunc(numbers) if nan_mask(numbers) is not None else numbers.astype(np.int64)


def _numbers(x: Value) -> Array:
    if isinstance(x, Factor):
        codes = x.codes.astype(np.int64)
        return np.where(codes < 0, np.nan, codes + 1.0) if missing(x) is not None else codes + 1
    if isinstance(x, Strings):
        readings = np.array([_reading(text) for text in x.values] + [np.nan])
        return readings[x.codes]
    numbers = numeric(x, "as.numeric()")
    return numbers.ravel(order="F")


def _reading(text: str) -> float:
    try:
        return float("nan") if "_" in text else float(text)
    except ValueError:
        return float("nan")


@r_function("as.Date")
def as_date(x: Value) -> Array:
    """Days: of dates as they are, of texts in ISO form."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "M":
        return x.astype("datetime64[D]")
    strings = as_strings(x)
    try:
        days = np.array([*strings.values, "NaT"], dtype="datetime64[D]")
    except ValueError:
        raise RefusedError("as.Date() reads texts such as 2020-12-31") from None
    return days[strings.codes]


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


_TRUTH = dict.fromkeys(("T", "TRUE", "true", "True"), 1) | dict.fromkeys(("F", "FALSE", "false", "False"), 0)


@r_function("I", "identity", "as.vector", "offset", "{")
def identity(x: Value) -> Value:
    """The value itself; in a formula the arithmetic inside stays arithmetic."""
    return x


@r_function("rev")
def reverse(x: Value) -> Value:
    """Back to front."""
    return take(x, np.arange(length(x))[::-1])


@r_function("is.factor")
def is_factor(x: Value) -> Logical:
    """Whether x is a factor."""
    return logical_of(np.array([isinstance(x, Factor)]))


@r_function("is.numeric")
def is_numeric(x: Value) -> Logical:
    """Whether x holds numbers."""
    return logical_of(np.array([isinstance(x, np.ndarray | Matrix)]))


@r_function("unclass")
def codes_of(x: Value) -> Value:
    """A factor's codes from 1; anything else as it is."""
    return as_numeric(x) if isinstance(x, Factor) else x

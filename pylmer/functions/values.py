"""The values that R expressions have here.

    numbers    ndarray (n,), floating or integer (R's double and integer); NaN is NA; datetime64 is Date or POSIXct
    Logical    TRUE, FALSE, NA
    Strings    texts, held once each
    Factor     codes and levels
    Matrix     ndarray (n, k) with column names
    NULL       None
    Function   something to call

Scalars are vectors of length one, as in R.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from .arrays import Array, nan_mask
from .levels import Levels, TextLevels


@dataclass(frozen=True, eq=False)
class Logical:
    """TRUE, FALSE and NA as 1, 0, -1: codes (n,) int8."""

    codes: Array


@dataclass(frozen=True, eq=False)
class Strings:
    """Texts: codes (n,) into `values`, which are distinct and in no particular order; -1 is NA."""

    codes: Array
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Coding:
    """Contrasts of a factor: matrix (levels, k); names of its columns, None where R numbers them."""

    matrix: Array
    names: tuple[str, ...] | None

    def labels(self) -> tuple[str, ...]:
        """What is written behind the factor's name."""
        return self.names or tuple(str(i + 1) for i in range(self.matrix.shape[1]))


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor: codes (n,) into `levels`, -1 is NA; `contrasts` as C() set them, a Coding or a name like contr.sum."""

    codes: Array
    levels: Levels
    ordered: bool = False
    contrasts: Coding | str | None = None


@dataclass(frozen=True, eq=False)
class Matrix:
    """Numbers (n, k); names of the columns, "" where R has none."""

    numbers: Array
    names: tuple[str, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class Function:
    """An R function: `parameters` are R's formals in order ("..." among them), `call` takes them under Python's names.

    defaults  values of formals that may be left out
    lazy      formals that are handed over unevaluated, as a Promise (see `matching`)
    stateful  `call` takes `state`, a dict that keeps for new data what was learnt from the data of the fit
    python    a function of the user's own, which takes and returns arrays
    package   where the function lives in R
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    lazy: frozenset[str] = frozenset()
    stateful: bool = False
    python: bool = False
    package: str = "base"


Coded: TypeAlias = Logical | Strings | Factor  # what has codes, -1 for missing ones
Value: TypeAlias = Any  # one of the above, an ndarray, a Function or None

LONGEST = 1_000_000  # elements of a vector that a formula may make; longer ones are columns of data


class RefusedError(ValueError):
    """An R function refuses its arguments; the evaluator adds the place."""


def kind(value: Value) -> str:
    """What R calls this sort of value, for messages."""
    if value is None:
        return "NULL"
    if isinstance(value, np.ndarray):
        return "date" if value.dtype.kind == "M" else "numeric"
    words = {Logical: "logical", Strings: "text", Factor: "factor", Matrix: "numeric matrix"}
    return words.get(type(value), "function")


def plural(value: Value) -> str:
    """`factors`, `strings`, ... for messages."""
    return {"factor": "factors", "text": "strings", "function": "functions"}.get(kind(value), kind(value))


def length(value: Value) -> int:
    """Number of elements, or of rows."""
    if value is None:
        return 0
    if isinstance(value, np.ndarray):
        return int(value.shape[0])
    if isinstance(value, Matrix):
        return int(value.numbers.shape[0])
    if isinstance(value, Coded):
        return int(value.codes.shape[0])
    return 1


def only_column(value: Value, what: str) -> Value:
    """`value`, a matrix of one column as that column; raises RefusedError for a matrix of more.

    R goes on with all elements of the matrix one below the other, which fits no row of the data.
    """
    return vector(value, what) if isinstance(value, Matrix) else value


def codes_from_one(factor: Factor) -> Array:
    """A factor's codes as R numbers them: integers from 1, doubles with NaN where one is missing."""
    codes = factor.codes.astype(np.int64)
    return np.where(codes < 0, np.nan, codes + 1.0) if missing(factor) is not None else codes + 1


def take(value: Value, rows: Array) -> Value:
    """The elements, or rows, at some positions or under a mask."""
    if isinstance(value, np.ndarray):
        return value[rows]
    if isinstance(value, Matrix):
        return replace(value, numbers=value.numbers[rows])
    if isinstance(value, Coded):
        return replace(value, codes=value.codes[rows])
    return value


def missing(value: Value) -> Array | None:
    """Mask (n,) of the missing elements, or of rows with one; None if there are none."""
    if isinstance(value, np.ndarray):
        return nan_mask(value)
    if isinstance(value, Matrix):
        return nan_mask(value.numbers)
    if isinstance(value, Coded) and value.codes.size and value.codes.min() < 0:
        return np.asarray(value.codes < 0)
    return None


def numeric(value: Value, what: str | None = None) -> Array:
    """Numbers (n,) or (n, k): TRUE is 1, dates are days (or seconds, with a time of day).

    Raises RefusedError for factors, texts and functions: "`what` needs numbers ...".
    """
    if isinstance(value, np.ndarray):
        return _wide(value)
    if isinstance(value, Logical):
        return _numbers_of_codes(value.codes)
    if isinstance(value, Matrix):
        return value.numbers
    raise RefusedError(f"{what or 'arithmetic'} is not meaningful for {plural(value)}")


def vector(value: Value, what: str) -> Array:
    """Numbers (n,), also from a matrix of one column."""
    numbers = numeric(value, what)
    if numbers.ndim == 2:
        if numbers.shape[1] != 1:
            raise RefusedError(f"{what} wants one column, not a matrix of {numbers.shape[1]}; take one: [, 1]")
        numbers = numbers[:, 0]
    return numbers


def scalar(value: Value, what: str) -> float:
    """One number."""
    numbers = vector(value, what)
    if numbers.shape[0] != 1:
        raise RefusedError(f"{what} must be one number, not {numbers.shape[0]}")
    return float(numbers[0])


def whole(value: Value, what: str, default: int | None = None, most: int | None = None) -> int:
    """One number as an integer, cut towards zero; `default`, if there is one, for an argument left out.

    Raises RefusedError for what is not one finite number, and for more than `most`.
    """
    if value is None and default is not None:
        return default
    number = scalar(value, what)
    if not np.isfinite(number):
        raise RefusedError(f"{what} must be a finite number, not {_shown(number)}")
    if most is not None and number > most:
        raise RefusedError(f"{what} = {_shown(number)} is too large; at most {most:,} can be had")
    return int(number)


def _shown(number: float) -> str:
    return "NA" if np.isnan(number) else f"{number:.15g}".capitalize()


def counted(number: float, what: str) -> int:
    """The length of a vector to be made; raises RefusedError where it would not fit a column of data."""
    if np.isnan(number) or number < 0:
        raise RefusedError(f"{what} must be a number from 0 on, not {_shown(number)}")
    if number > LONGEST:
        raise RefusedError(f"{what} = {_shown(number)} is too large; a formula makes vectors of at most {LONGEST:,}")
    return int(number)


def flag(value: Value, what: str, default: bool | None = None) -> bool:
    """One TRUE or FALSE; `default`, if there is one, for an argument left out."""
    if value is None and default is not None:
        return default
    codes = logical(value).codes
    if codes.shape[0] != 1 or codes[0] < 0:
        raise RefusedError(f"{what} must be TRUE or FALSE")
    return bool(codes[0])


def text(value: Value, what: str) -> str:
    """One string."""
    if isinstance(value, Strings) and value.codes.shape[0] == 1 and value.codes[0] >= 0:
        return value.values[int(value.codes[0])]
    raise RefusedError(f"{what} must be one string")


def logical(value: Value) -> Logical:
    """R's as.logical for numbers and logicals; of a matrix only its one column."""
    if isinstance(value, Logical):
        return value
    numbers = vector(value, "logic")
    codes = (numbers != 0).astype(np.int8)
    mask = nan_mask(numbers)
    if mask is not None:
        codes[mask] = -1
    return Logical(codes)


def logical_of(flags: Array, absent: Array | None = None) -> Logical:
    """Logical from booleans, NA where `absent`."""
    codes = flags.astype(np.int8)
    if absent is not None:
        codes[absent] = -1
    return Logical(codes)


def strings_of(texts: Sequence[str]) -> Strings:
    """Strings from a few texts."""
    values = tuple(dict.fromkeys(texts))
    places = {value: place for place, value in enumerate(values)}
    return Strings(np.array([places[value] for value in texts], dtype=np.int64), values)


def texts_of(strings: Strings) -> list[str | None]:
    """The elements, None for NA."""
    return [strings.values[code] if code >= 0 else None for code in strings.codes.tolist()]


def logical_levels() -> Levels:
    """The levels of a logical turned factor."""
    return TextLevels(("FALSE", "TRUE"))


def _numbers_of_codes(codes: Array) -> Array:
    if codes.size and codes.min() < 0:
        return np.where(codes < 0, np.nan, codes.astype(float))
    return codes.astype(np.int64)


def _wide(numbers: Array) -> Array:
    """Dates as numbers, and integers as int64, so that small ones do not overflow; beyond 64 bits they are doubles."""
    if numbers.dtype.kind == "M":
        return _days(numbers)
    if numbers.dtype.kind not in "iu" or numbers.dtype == np.int64:
        return numbers
    if numbers.dtype == np.uint64 and numbers.size and numbers.max() > np.iinfo(np.int64).max:
        return numbers.astype(float)
    return numbers.astype(np.int64)


def _days(dates: Array) -> Array:
    """Days since 1970-01-01 if no date has a time of day, else seconds; NaN for missing."""
    days = dates.astype("datetime64[D]")
    absent = np.isnat(dates)
    whole = bool(np.all((days == dates) | absent))
    numbers = (days if whole else dates.astype("datetime64[us]")).astype(np.int64).astype(float)
    numbers = numbers if whole else numbers / 1e6
    return np.where(absent, np.nan, numbers)

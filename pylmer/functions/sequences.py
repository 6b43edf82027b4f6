"""rep, seq, seq_len, seq_along: vectors made of a few numbers."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .table import r_function
from .values import Matrix, RefusedError, Value, counted, length, numeric, only_column, scalar, take


@r_function("rep")
def repeat(x: Value, times: Value = None, length_out: Value = None, each: Value = None) -> Value:
    """Repeats elements `each` times, then the whole; `length.out` overrides `times`."""
    plain = only_column(x, "rep()")
    rows = np.arange(length(plain))
    by = _given(each, "each")
    if by is not None:
        counted(rows.shape[0] * by, "the length of rep()")
        rows = np.repeat(rows, int(by))
    out = _given(length_out, "length.out")
    if out is not None:
        return take(plain, np.resize(rows, counted(np.ceil(out), "length.out")))
    return take(plain, rows if times is None else _times(rows, times))


def _given(value: Value, what: str) -> float | None:
    """One number, or None where it is missing or NA."""
    number = float("nan") if value is None else scalar(value, what)
    if number < 0:
        raise RefusedError(f"{what} must not be negative")
    return None if np.isnan(number) else number


def _times(rows: Array, times: Value) -> Array:
    counts = numeric(times, "times").astype(float)
    if np.any(np.isnan(counts)) or np.any(counts < 0):
        raise RefusedError("times must be numbers from 0 on, without NA")
    if counts.shape[0] not in (1, rows.shape[0]):
        raise RefusedError(f"{counts.shape[0]} times for {rows.shape[0]} elements")
    total = np.trunc(counts).sum() * (rows.shape[0] if counts.shape[0] == 1 else 1)
    counted(total, "the length of rep()")
    whole = counts.astype(np.int64)
    return np.tile(rows, whole[0]) if whole.shape[0] == 1 else np.repeat(rows, whole)


@r_function("seq")
def sequence(
    from_: Value = None, to: Value = None, by: Value = None, length_out: Value = None, along_with: Value = None
) -> Array:
    """Numbers from ... to ..., in steps of `by`, or `length.out` of them (as many as `along.with` has)."""
    if from_ is not None and to is None and by is None and length_out is None and along_with is None:
        return _alone(from_)
    start, stop, step = (_end(value, what) for value, what in ((from_, "from"), (to, "to"), (by, "by")))
    count = _count(length_out, along_with)
    return _stepped(start, stop, step) if count is None else _of_length(count, start, stop, step)


def _alone(value: Value) -> Array:
    """seq(n): 1, ..., n; of a vector the numbers of its elements."""
    if isinstance(value, np.ndarray) and value.shape[0] == 1:
        return _stepped(1.0, _finite(scalar(value, "from"), "from"), None)
    return numbers_along(value)


def _end(value: Value, what: str) -> float | None:
    return None if value is None else _finite(scalar(value, what), what)


def _finite(number: float, what: str) -> float:
    if not np.isfinite(number):
        raise RefusedError(f"{what} must be a finite number")
    return number


def _count(length_out: Value, along_with: Value) -> int | None:
    if along_with is not None:
        return length(only_column(along_with, "along.with"))
    return None if length_out is None else counted(np.ceil(scalar(length_out, "length.out")), "length.out")


def _of_length(count: int, start: float | None, stop: float | None, step: float | None) -> Array:
    if start is not None and stop is not None:
        if step is not None:
            raise RefusedError("seq() takes three of from, to, by and length.out, not all four")
        return np.linspace(start, stop, count)
    by = 1.0 if step is None else step
    first = (1.0 if stop is None else stop - (count - 1) * by) if start is None else start
    return first + by * np.arange(count)


def _stepped(start: float | None, stop: float | None, step: float | None) -> Array:
    first, last = (1.0 if end is None else end for end in (start, stop))
    by = (1.0 if last >= first else -1.0) if step is None else step
    if first == last:
        return np.array([first])
    if by == 0 or (last - first) / by < 0:
        raise RefusedError("by = has the wrong sign")
    n = counted(np.floor((last - first) / by + 1e-10) + 1, "the length of seq()")
    numbers = first + by * np.arange(n)
    return np.asarray(np.minimum(numbers, last) if by > 0 else np.maximum(numbers, last))


@r_function("seq_len")
def numbers_up_to(length_out: Value) -> Array:
    """1, 2, ..., n."""
    return np.arange(1, counted(scalar(length_out, "length.out"), "length.out") + 1)


@r_function("seq_along")
def numbers_along(along_with: Value) -> Array:
    """1, 2, ... for each element."""
    if isinstance(along_with, Matrix):
        along_with = only_column(along_with, "seq_along()")
    return np.arange(1, length(along_with) + 1)

"""Functions that build vectors and matrices: c, rep, seq, cbind, paste."""

from __future__ import annotations

import numpy as np

from pylmer.language.nodes import Name

from .arrays import Array
from .factors import as_strings
from .matching import Promise, r_function
from .operators import repeated
from .values import (
    Factor,
    Function,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    length,
    numeric,
    scalar,
    strings_of,
    take,
    text,
    texts_of,
    whole,
)


@r_function("c")
def combine(*dots: Promise) -> Value:
    """One vector of several; texts if any is a text."""
    values = [value for value in (promise.value for promise in dots) if value is not None]
    if any(isinstance(value, Factor | Function) for value in values):
        raise RefusedError("c() combines numbers, logicals and texts")
    if any(isinstance(value, Strings) for value in values):
        parts = [label for value in values for label in texts_of(as_strings(value))]
        return _with_missing(parts)
    if values and all(isinstance(value, Logical) for value in values):
        return Logical(np.concatenate([value.codes for value in values]))
    return np.concatenate([numeric(value).ravel(order="F") for value in values]) if values else None


def _with_missing(parts: list[str | None]) -> Strings:
    strings = strings_of([part or "" for part in parts])
    absent = np.array([part is None for part in parts])
    return Strings(np.where(absent, -1, strings.codes), strings.values)


@r_function("rep")
def repeat(x: Value, times: Value = None, each: Value = None, length_out: Value = None) -> Value:
    """Repeats elements `each` times, then the whole."""
    rows = np.arange(length(x))
    if each is not None:
        rows = np.repeat(rows, whole(each, "each"))
    if length_out is not None:
        return take(x, np.resize(rows, whole(length_out, "length.out")))
    counts = np.array([1]) if times is None else numeric(times).astype(np.int64)
    if counts.size and counts.min() < 0:
        raise RefusedError("times must not be negative")
    if counts.shape[0] not in (1, rows.shape[0]):
        raise RefusedError(f"{counts.shape[0]} times for {rows.shape[0]} elements")
    return take(x, np.tile(rows, counts[0]) if counts.shape[0] == 1 else np.repeat(rows, counts))


@r_function("seq")
def sequence(
    from_: Value = None, to: Value = None, by: Value = None, length_out: Value = None, along_with: Value = None
) -> Array:
    """Numbers from ... to ..., in steps of `by` or `length.out` of them."""
    if along_with is not None:
        return np.arange(1, length(along_with) + 1)
    start = 1.0 if from_ is None else scalar(from_, "from")
    if length_out is not None:
        count = int(np.ceil(scalar(length_out, "length.out")))
        step = 1.0 if by is None else scalar(by, "by")
        return start + step * np.arange(count) if to is None else np.linspace(start, scalar(to, "to"), count)
    if to is None:
        stop, start = (float(length(from_)) if length(from_) != 1 else start), 1.0
    else:
        stop = scalar(to, "to")
    step = (1.0 if stop >= start else -1.0) if by is None else scalar(by, "by")
    if step == 0 or (stop - start) / step < 0:
        raise RefusedError("by = has the wrong sign")
    return start + step * np.arange(int(np.floor((stop - start) / step + 1e-10)) + 1)


@r_function("seq_len")
def numbers_up_to(length_out: Value) -> Array:
    """1, 2, ..., n."""
    return np.arange(1, whole(length_out, "length.out") + 1)


@r_function("seq_along")
def numbers_along(along_with: Value) -> Array:
    """1, 2, ... for each element."""
    return np.arange(1, length(along_with) + 1)


@r_function("cbind")
def bind_columns(*dots: Promise) -> Matrix:
    """A matrix of columns, named by the arguments' names or by the variables."""
    parts = [(promise, promise.value) for promise in dots]
    if not parts:
        raise RefusedError("cbind() needs at least one column")
    n = max(length(value) for _, value in parts)
    blocks = [repeated(_block(value), n) for _, value in parts]
    names = tuple(name for promise, value in parts for name in _names(promise, value))
    return Matrix(np.concatenate([np.broadcast_to(b, (n, b.shape[1])) for b in blocks], axis=1), names)


def _block(value: Value) -> Array:
    if isinstance(value, Factor):
        value = value.codes + 1.0
    numbers = numeric(value, "cbind()").astype(float)
    return numbers[:, None] if numbers.ndim == 1 else numbers


def _names(promise: Promise, value: Value) -> tuple[str, ...]:
    if isinstance(value, Matrix):
        return value.names
    return (promise.name or (promise.node.name if isinstance(promise.node, Name) else ""),)


def _paste(dots: tuple[Promise, ...], between: str) -> Strings:
    parts = [["NA" if label is None else label for label in texts_of(as_strings(promise.value))] for promise in dots]
    n = max((len(part) for part in parts), default=0)
    columns = [part * (n // len(part)) for part in parts if part]
    return strings_of([between.join(row) for row in zip(*columns, strict=True)])


@r_function("paste")
def paste(*dots: Promise, sep: Value = None) -> Strings:
    """Texts joined element by element, with a blank or `sep` between them."""
    return _paste(dots, " " if sep is None else text(sep, "sep"))


@r_function("paste0")
def paste_together(*dots: Promise) -> Strings:
    """Texts joined element by element."""
    return _paste(dots, "")

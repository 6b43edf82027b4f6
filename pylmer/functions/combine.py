"""Functions that build vectors and matrices of several: c, cbind, paste."""

from __future__ import annotations

from itertools import cycle, islice

import numpy as np

from ..language.nodes import Name
from .arithmetic import repeated
from .arrays import Array
from .factors import as_strings
from .matching import Promise
from .table import r_function
from .values import (
    Factor,
    Function,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    codes_from_one,
    flag,
    length,
    numeric,
    only_column,
    scalar,
    strings_of,
    text,
    texts_of,
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


@r_function("cbind")
def bind_columns(*dots: Promise, deparse_level: Value = None) -> Matrix:
    """A matrix of columns, named by the arguments' names or by the variables."""
    if deparse_level is not None and scalar(deparse_level, "deparse.level") != 1:
        raise RefusedError("cbind() names its columns by the variables; other names are written cbind(name = x)")
    parts = [(promise, promise.value) for promise in dots]
    parts = [(promise, value) for promise, value in parts if value is not None]
    if not parts:
        raise RefusedError("cbind() needs at least one column")
    n = max(length(value) for _, value in parts)
    blocks = [repeated(_block(value), n) for _, value in parts]
    names = tuple(name for promise, value in parts for name in _names(promise, value))
    full = [b if len(b) == n else np.broadcast_to(b, (n, b.shape[1])) for b in blocks]
    return Matrix(np.concatenate(full, axis=1), names)


def _block(value: Value) -> Array:
    numbers = numeric(codes_from_one(value) if isinstance(value, Factor) else value, "cbind()").astype(float)
    return numbers[:, None] if numbers.ndim == 1 else numbers


def _names(promise: Promise, value: Value) -> tuple[str, ...]:
    if isinstance(value, Matrix):
        return value.names
    return (promise.name or (promise.node.name if isinstance(promise.node, Name) else ""),)


def _paste(dots: tuple[Promise, ...], between: str, collapse: Value) -> Strings:
    values = [only_column(promise.value, "paste()") for promise in dots]
    parts = [texts_of(as_strings(value)) for value in values if value is not None]
    n = max((len(part) for part in parts), default=0)
    columns = [islice(cycle("NA" if label is None else label for label in part), n) for part in parts if part]
    joined = [between.join(row) for row in zip(*columns, strict=True)]
    return strings_of(joined if collapse is None else [text(collapse, "collapse").join(joined)])


@r_function("paste")
def paste(*dots: Promise, sep: Value = None, collapse: Value = None, recycle0: Value = None) -> Strings:
    """Texts joined element by element, with a blank or `sep` between them; `collapse` makes one text of all."""
    _no_recycle0(recycle0)
    return _paste(dots, " " if sep is None else text(sep, "sep"), collapse)


@r_function("paste0")
def paste_together(*dots: Promise, collapse: Value = None, recycle0: Value = None) -> Strings:
    """Texts joined element by element."""
    _no_recycle0(recycle0)
    return _paste(dots, "", collapse)


def _no_recycle0(recycle0: Value) -> None:
    if flag(recycle0, "recycle0", False):
        raise RefusedError("recycle0 = TRUE is for empty vectors, which are no columns of data")

"""Columns of several parts -> columns of all of them; a part in which nothing is known has any type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..functions import Columns, Factor, Logical, Matrix, Strings, TextLevels, Value
from ..functions.arrays import Array
from ..functions.factors import as_strings
from ..functions.levels import Levels
from ..functions.values import kind, length, missing, numeric
from .tables import TablePart


def columns_of(values: dict[str, Value], n: int) -> Columns:
    """Values by name as columns, rows numbered from 0."""
    readers = {name: partial(_itself, value) for name, value in values.items()}
    return Columns(readers, n, pd.RangeIndex(n), frozenset())


def _itself(value: Value) -> Value:
    return value


def joined(parts: Sequence[TablePart], names: Iterable[str]) -> Columns:
    """The columns `names` of all parts, one below the other; DataError that names the part whose type differs."""
    values = {name: joined_column([(part.columns[name], part.where) for part in parts], name) for name in names}
    return columns_of(values, sum(part.columns.n for part in parts))


def joined_column(pieces: Sequence[tuple[Value, str]], name: str) -> Value:
    """One column of its pieces; each with where it is from."""
    known = [(value, where) for value, where in pieces if not is_unknown(value)]
    if not known:
        return pieces[0][0] if len(pieces) == 1 else np.full(sum(length(value) for value, _ in pieces), np.nan)
    common = common_kind(known, name)
    return _JOIN[common]([as_kind(value, common) for value, _ in pieces])


def is_unknown(value: Value) -> bool:
    """Whether every row is missing."""
    if isinstance(value, Matrix) or not length(value):
        return not length(value)
    absent = missing(value)
    return absent is not None and bool(absent.all())


def common_kind(known: Sequence[tuple[Value, str]], name: str) -> str:
    """The kind of all pieces: text where some are factors, numbers where some are logical."""
    found: dict[str, str] = {}
    for value, where in known:
        found.setdefault(kind(value), where)
    return kind_of_all(found, name)


def kind_of_all(found: Mapping[str, str], name: str) -> str:
    """The kind of a column, given where each of its kinds was met; DataError that names two places if there is none."""
    for several, common in _COMMON.items():
        if found.keys() <= several:
            return common if len(found) > 1 else next(iter(found))
    (one, there), (two, here) = list(found.items())[:2]
    raise DataError(f"column {name!r} is {two} in {here}, but {one} in {there}; make it one of them")


_COMMON = {
    frozenset(["numeric", "logical"]): "numeric",
    frozenset(["text", "factor"]): "text",
    frozenset(["date"]): "date",
    frozenset(["numeric matrix"]): "numeric matrix",
}


def as_kind(value: Value, wanted: str) -> Value:
    """The value as that kind of value; one in which nothing is known as any."""
    if kind(value) == wanted:
        return value
    if is_unknown(value):
        return _UNKNOWN[wanted](length(value))
    return as_strings(value) if wanted == "text" else numeric(value)


_UNKNOWN: dict[str, Any] = {
    "numeric": lambda n: np.full(n, np.nan),
    "date": lambda n: np.full(n, np.datetime64("NaT", "us")),
    "logical": lambda n: Logical(np.full(n, -1, dtype=np.int8)),
    "text": lambda n: Strings(np.full(n, -1), ()),
    "factor": lambda n: Factor(np.full(n, -1), TextLevels(())),
}


def _texts(values: Sequence[Strings]) -> Strings:
    places: dict[str, int] = {}
    codes = [_on(places, value.values, value.codes) for value in values]
    return Strings(np.concatenate(codes), tuple(places))


def _factors(values: Sequence[Factor]) -> Factor:
    if len({value.ordered for value in values if len(value.levels)}) > 1:
        raise DataError("a factor is ordered in some parts of the data, and in others not")
    levels = union_of_levels([value.levels for value in values])
    known = next((value for value in values if len(value.levels)), values[0])
    codes = np.concatenate([codes_among(value, levels) for value in values])
    return Factor(codes, levels, known.ordered, known.contrasts)


def union_of_levels(several: Iterable[Levels]) -> Levels:
    """The levels of all, in the order in which they turn up; the levels themselves where all are alike."""
    found: Levels = TextLevels(())
    for levels in several:
        if levels is found or levels == found:
            continue
        if not len(found):
            found = levels
            continue
        new = [label for label in levels.labels() if label not in found.places]
        found = TextLevels((*found.labels(), *new)) if new else found
    return found


def codes_among(factor: Factor, levels: Levels) -> Array:
    """The codes of a factor on levels among which its own are."""
    if factor.levels is levels or factor.levels == levels:
        return np.asarray(factor.codes, dtype=np.int64)
    places = np.array([levels.places[label] for label in factor.levels.labels()] + [-1], dtype=np.int64)
    return np.asarray(places[factor.codes])


def _on(places: dict[str, int], texts: Sequence[str], codes: Array) -> Array:
    numbers = [places.setdefault(text, len(places)) for text in texts]
    return np.array([*numbers, -1], dtype=np.int64)[codes]


def _matrices(values: Sequence[Matrix]) -> Matrix:
    return Matrix(np.concatenate([value.numbers for value in values]), values[0].names)


_JOIN: dict[str, Any] = {
    "numeric": np.concatenate,
    "date": np.concatenate,
    "logical": lambda values: Logical(np.concatenate([value.codes for value in values])),
    "text": _texts,
    "factor": _factors,
    "numeric matrix": _matrices,
}

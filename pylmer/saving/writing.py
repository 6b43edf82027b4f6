"""Values -> JSON and named arrays; records by their names in the table of what is admitted.

A value that JSON has stands for itself; any other is `{kind: ...}`, of one key. Records stand in a list, each after
those inside it, and a value has the number of its record: what is shared stays shared, and nothing is nested deeply.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import ArgumentError
from ..numerics.linalg import Array
from .admitted import HOMES
from .specials import SPECIALS
from .tables import column_parts, frame_parts, index_parts, series_parts

PLAIN = (type(None), bool, int, str)
KINDS = "biufcmMUS"  # of arrays that numpy keeps as they are, without pickling


class Writer:
    """What a file will hold: `records`, in the order in which they are made again, and `arrays`."""

    def __init__(self) -> None:
        self.records: list[list[Any]] = []
        self.arrays: dict[str, Array] = {}
        self.places: dict[int, int] = {}  # of records that are written, by id
        self.names: dict[int, str] = {}  # of arrays, likewise
        self.kept: list[Any] = []  # whatever has an id there, so that no other gets it

    def add(self, root: Any) -> int:
        """The place of a record, written after all that are inside it."""
        parts: dict[int, dict[str, Any]] = {}
        waiting = [root]
        while waiting:
            record = waiting[-1]
            if id(record) in self.places:
                waiting.pop()
            elif id(record) in parts:
                self._write(waiting.pop(), parts.pop(id(record)))
            else:
                self.kept.append(record)
                parts[id(record)] = fields_of(record)
                waiting += [each for each in _records(parts[id(record)]) if id(each) not in self.places]
        return self.places[id(root)]

    def _write(self, record: Any, parts: Mapping[str, Any]) -> None:
        name = type(record).__name__
        self.kept.append(parts)
        written = {field: self.value(value, f"{name}.{field}") for field, value in parts.items()}
        self.places[id(record)] = len(self.records)
        self.records.append([name, written])

    def value(self, value: Any, where: str) -> Any:
        """A value as JSON has it; ArgumentError, which says `where`, for what no file can hold."""
        if type(value) in PLAIN:
            return value
        if isinstance(value, float) and not isinstance(value, np.generic):
            return value if math.isfinite(value) else {"float": repr(value)}
        if is_record(value):
            return {"record": self.places[id(value)]}
        for kinds, write in WRITERS:
            if isinstance(value, kinds):
                written: dict[str, Any] = write(self, value, where)
                return written
        raise ArgumentError(unsaid(value, where))

    def array(self, array: Array) -> str:
        """The name of an array, which is written once."""
        if id(array) not in self.names:
            self.kept.append(array)
            self.names[id(array)] = f"a{len(self.arrays)}"
            self.arrays[self.names[id(array)]] = array
        return self.names[id(array)]


def unsaid(value: Any, where: str) -> str:
    """Why something cannot be saved, and the way out."""
    place = {"Spec.env": "env=", "Request.env": "env=", "lmerControl.optimizer": "optimizer="}.get(
        where.split("[")[0], where
    )
    if callable(value):
        name = getattr(value, "__name__", type(value).__name__)
        return (
            f"save(): {place} of the fit holds the function {name!r}, and files hold no code: make what it computes a "
            "column of the data, use a function of the formula language, or an optimizer by its name"
        )
    return (
        f"save(): {place} of the fit holds {type(value).__name__}, which a file of arrays and JSON cannot: convert it "
        "to numbers, texts or dates before the fit, or leave it out of the data"
    )


def is_record(value: Any) -> bool:
    """Whether this is one of the records that are admitted, and no other class of that name."""
    kind = type(value)
    return kind.__name__ in HOMES and kind.__module__ == f"pylmer.{HOMES[kind.__name__]}"


def fields_of(record: Any) -> dict[str, Any]:
    """What a record is made of again."""
    special = SPECIALS.get(type(record).__name__)
    if special is not None:
        return special.parts(record)
    kept = [each.name for each in fields(record) if each.init and each.metadata.get("saved", True)]
    return {name: getattr(record, name) for name in kept}


def _records(value: Any) -> Iterator[Any]:
    """The records directly inside a value."""
    if is_record(value):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _records(key)
            yield from _records(each)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _records(each)


# --- kinds of values ------------------------------------------------------------------------------------------------


def _items(writer: Writer, value: Any, where: str) -> list[Any]:
    return [writer.value(each, where) for each in value]


def _sequence(kind: str) -> Any:
    return lambda writer, value, where: {kind: _items(writer, value, where)}


def _mapping(writer: Writer, value: Mapping[Any, Any], where: str) -> dict[str, Any]:
    return {"dict": [[writer.value(k, where), writer.value(v, f"{where}[{k!r}]")] for k, v in value.items()]}


def _array(writer: Writer, value: Array, where: str) -> dict[str, Any]:
    """An array in its own order of axes, so that whatever is computed from it again is the same to the last bit."""
    if value.dtype.kind == "O":
        return {"objects": [list(value.shape), _items(writer, value.ravel().tolist(), where)]}
    if value.dtype.kind not in KINDS or value.dtype.names:
        raise ArgumentError(unsaid(value, where))
    axes = sorted(range(value.ndim), key=lambda axis: (-abs(value.strides[axis]), axis))
    if axes == list(range(value.ndim)):
        return {"array": writer.array(value)}
    key = writer.names.get(id(value))
    name = key or writer.array(value)
    writer.arrays[name] = value.transpose(axes)
    return {"array": name, "axes": axes}


def _scalar(writer: Writer, value: Any, where: str) -> dict[str, Any]:
    return {"scalar": _array(writer, np.array(value), where)}


def _sparse(writer: Writer, value: Any, where: str) -> dict[str, Any]:
    parts = [_array(writer, getattr(value, name), where) for name in ("data", "indices", "indptr")]
    return {"sparse": [value.format, list(value.shape), *parts]}


def _stamp(writer: Writer, value: Any, where: str) -> dict[str, Any]:
    """A moment of pandas, as a column of one."""
    return {"moment": writer.value(pd.Series([value]), where)}


def _named(kind: str, parts: Any) -> Any:
    def write(writer: Writer, value: Any, where: str) -> dict[str, Any]:
        try:
            found = parts(value)
        except TypeError:
            raise ArgumentError(unsaid(value, where)) from None
        return {kind: _items(writer, found, where)}

    return write


WRITERS: tuple[tuple[Any, Any], ...] = (
    (np.generic, _scalar),
    (np.ndarray, _array),
    (tuple, _sequence("tuple")),
    (list, _sequence("list")),
    (frozenset, _sequence("set")),
    (sparse.csr_array, _sparse),
    (sparse.csc_array, _sparse),
    (pd.DataFrame, _named("frame", frame_parts)),
    (pd.Series, _named("series", series_parts)),
    (pd.Index, _named("index", index_parts)),
    (pd.api.extensions.ExtensionArray, _named("column", column_parts)),
    ((pd.Timestamp, pd.Timedelta), _stamp),
    (type(pd.NA), lambda writer, value, where: {"NA": []}),
    (type(pd.NaT), lambda writer, value, where: {"NaT": []}),
    (Mapping, _mapping),
)

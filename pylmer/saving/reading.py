"""JSON and named arrays -> values: the other way of `writing`. Nothing is looked up but in the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..numerics.linalg import Array
from .admitted import admitted
from .specials import SPECIALS
from .tables import column_of, frame_of, index_of, series_of

SPARSE = {"csr": sparse.csr_array, "csc": sparse.csc_array}


class Reader:
    """What a file holds, made again in order; KeyError, ValueError, TypeError or IndexError for what `Writer` has not
    written."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = arrays
        self.records: list[Any] = []

    def add(self, name: str, written: Mapping[str, Any]) -> None:
        """One more record, which may hold those before it."""
        parts = {field: self.value(each) for field, each in written.items()}
        special = SPECIALS.get(name)
        self.records.append(_made(name, parts) if special is None else special.make(**parts))

    def value(self, written: Any) -> Any:
        """The value that a piece of JSON stands for."""
        if not isinstance(written, dict):
            return written
        (kind, content), *more = written.items()
        if kind == "array":
            return self._array(content, dict(more))
        return READERS[kind](self, content)

    def values(self, written: Sequence[Any]) -> list[Any]:
        """Several."""
        return [self.value(each) for each in written]

    def record(self, place: Any) -> Any:
        """A record that was made before."""
        if not isinstance(place, int) or not 0 <= place < len(self.records):
            raise ValueError(f"there is no record {place!r}")
        return self.records[place]

    def _array(self, name: str, more: Mapping[str, Any]) -> Array:
        held = self.arrays[name]
        return held.transpose(np.argsort(more["axes"])) if "axes" in more else held


def _made(name: str, parts: Mapping[str, Any]) -> Any:
    """A record of the table, whose fields must be those that it has, or have defaults."""
    kind = admitted(name)
    known = {each.name: each for each in fields(kind) if each.init}
    lost = [each for each in parts if each not in known]
    absent = [
        each.name
        for each in known.values()
        if each.name not in parts and each.default is MISSING and each.default_factory is MISSING
    ]
    if lost or absent:
        raise ValueError(f"{name} is here without {lost[0]!r}" if lost else f"{name} lacks {absent[0]!r}")
    return kind(**parts)


def _objects(reader: Reader, content: Sequence[Any]) -> Array:
    shape, items = content
    out = np.empty(len(items), dtype=object)
    for place, item in enumerate(reader.values(items)):  # one by one: an item may be a sequence itself
        out[place] = item
    return out.reshape(shape)


def _sparse(reader: Reader, content: Sequence[Any]) -> Any:
    kind, shape, *parts = content
    return SPARSE[kind](tuple(reader.values(parts)), shape=tuple(shape))


READERS: dict[str, Callable[[Reader, Any], Any]] = {
    "float": lambda reader, content: float(content),
    "record": lambda reader, content: reader.record(content),
    "tuple": lambda reader, content: tuple(reader.values(content)),
    "list": lambda reader, content: reader.values(content),
    "set": lambda reader, content: frozenset(reader.values(content)),
    "dict": lambda reader, content: {reader.value(key): reader.value(each) for key, each in content},
    "scalar": lambda reader, content: reader.value(content)[()],
    "objects": _objects,
    "sparse": _sparse,
    "frame": lambda reader, content: frame_of(*reader.values(content)),
    "series": lambda reader, content: series_of(*reader.values(content)),
    "index": lambda reader, content: index_of(*reader.values(content)),
    "column": lambda reader, content: column_of(*reader.values(content)),
    "moment": lambda reader, content: reader.value(content).iloc[0],
    "NA": lambda reader, content: pd.NA,
    "NaT": lambda reader, content: pd.NaT,
}

"""Small published data sets: `load("radon")`, `names()`, `describe("radon")`.

Each set is a CSV and a JSON in `tables/`; the JSON holds column types, factor levels in R's order (the first is the
baseline), the publication in which the numbers stand, and where they were taken from.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError

_TABLES = Path(__file__).parent / "tables"
_LOGICAL = {"TRUE": True, "FALSE": False}


@dataclass(frozen=True)
class Description:
    """What is known about a data set; prints as a short text."""

    name: str
    description: str
    publication: str
    source: str
    licence: str
    n_rows: int
    columns: dict[str, str]

    def __str__(self) -> str:
        columns = ", ".join(f"{column} ({kind})" for column, kind in self.columns.items())
        return (
            f"{self.name}: {self.description}\n  {self.n_rows} rows; {columns}\n"
            f"  From: {self.publication}\n  Taken from: {self.source}\n  Licence: {self.licence}"
        )


def names() -> list[str]:
    """The names that `load` takes.

    >>> names()[-2:]
    ['radon', 'sleepstudy']
    """
    return sorted((path.stem for path in _TABLES.glob("*.json")), key=str.lower)


def describe(name: str) -> Description:
    """What a data set holds, and the publication it comes from.

    name  one of those that `names` gives

    Raises `ArgumentError` for an unknown name.

    >>> print(describe("Dyestuff").description)
    Yield of dye from five preparations out of each of six batches of raw material.
    """
    about = _about(_path(name))
    return Description(**{field.name: about[field.name] for field in fields(Description)})


def load(name: str) -> pd.DataFrame:
    """A packaged data set as a data frame, with `attrs["name"]` set so that fits print it.

    name  one of those that `names` gives

    Factors are categorical columns with R's order of levels. Raises `ArgumentError` for an unknown name.

    >>> radon = load("radon")
    >>> radon.shape, radon.attrs["name"]
    ((919, 4), 'radon')
    """
    return read(_path(name))


def read(path: Path) -> pd.DataFrame:
    """The data set that a JSON file of the form of `tables/*.json` describes; its CSV lies beside it."""
    about = _about(path)
    kinds: dict[str, str] = about["columns"]
    table = pd.read_csv(path.parent / about["file"], dtype=str, keep_default_na=False, na_values=["NA"])
    frame = pd.DataFrame({column: _typed(table[column], kind, about) for column, kind in kinds.items()})
    frame.attrs["name"] = about["name"]
    return frame


def _typed(column: pd.Series[Any], kind: str, about: dict[str, Any]) -> pd.Series[Any]:
    """The column in the type that the JSON names; with missing cells, integers become floats, logicals objects."""
    if kind in ("factor", "ordered"):
        levels = about["factors"][column.name]["levels"]
        return pd.Series(pd.Categorical(column, categories=levels, ordered=kind == "ordered"), name=column.name)
    if kind == "logical":
        return pd.Series([_LOGICAL.get(text) for text in column], name=column.name)
    numbers = np.array([float(text) for text in column.fillna("nan")])  # Python's float: the double nearest to the text
    whole = kind == "integer" and not np.isnan(numbers).any()
    return pd.Series(numbers.astype(np.int64) if whole else numbers, name=column.name)


def _about(path: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return about


def _path(name: object) -> Path:
    if not isinstance(name, str) or name not in names():
        near = difflib.get_close_matches(str(name), names(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ArgumentError(f"no data set {name!r}: {hint}known are {', '.join(names())}")
    return _TABLES / f"{name}.json"

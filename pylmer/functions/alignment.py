"""Vectors with labels: one rule for every argument that has a value for each row.

A pandas Series or DataFrame with the labels of the rows in another order is put into the order of the rows. Labels that
are not those of the rows, or that repeat in another order, are an error: neither places nor labels can be trusted.
What has no labels (arrays, lists, polars) goes by position. Rows of data without labels (a dict of arrays, polars,
pyarrow) are numbered 0, 1, ..., as in everything that a fit gives back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..errors import DataError


def aligned(given: Any, index: pd.Index[Any] | None, what: str, rows: str = "the data") -> Any:
    """What was given, in the order of the rows that `index` labels; as it is where it has no labels or another length.

    what, rows  name the two in errors. Raises DataError for labels that are not those of the rows, or that repeat.

    >>> aligned(pd.Series([1, 2], index=["b", "a"]), pd.Index(["a", "b"]), "weights=").tolist()
    [2, 1]
    """
    native = nw.to_native(given, pass_through=True)
    labels = labels_of(native)
    if labels is None or index is None or len(labels) != len(index) or labels.equals(index):
        return given
    twice = next((every[every.duplicated()] for every in (labels, index) if not every.is_unique), None)
    if twice is not None:
        raise DataError(
            f"{what} has labels in another order than {rows}, and {_first(twice)!r} occurs more than once: no label "
            f"says which value it is; give the values in the order of the rows, without labels: .to_numpy()"
        )
    places = _places(labels, index)
    if (places < 0).any():
        other, without = _first(labels[~np.isin(np.arange(len(labels)), places)]), _first(index[places < 0])
        raise DataError(
            f"{what} has other labels than {rows}: {other!r} is none of theirs, and {without!r} "
            f"has no value; reindex it, or give it without labels if it stands in the order of the rows: .to_numpy()"
        )
    return native.iloc[places]


def vector(given: Any, index: pd.Index[Any] | None, what: str, rows: str = "the data") -> Any:
    """The same for one value per row: of a data frame with one column that column."""
    native = nw.to_native(given, pass_through=True)
    if isinstance(native, pd.DataFrame) and native.shape[1] == 1:
        given = native.iloc[:, 0]
    return aligned(given, index, what, rows)


def vector_among(given: Any, choices: Mapping[str, pd.Index[Any]], what: str) -> Any:
    """The same for the first of several sets of rows that has as many rows as there are values."""
    labels = labels_of(nw.to_native(given, pass_through=True))
    sizes = {rows: index for rows, index in choices.items() if labels is not None and len(labels) == len(index)}
    rows, index = next(iter(sizes.items()), ("", None))
    return vector(given, index, what, rows)


def by_name(given: Any, names: Sequence[str], what: str) -> Any:
    """A Series whose labels are texts, in the order of the names of a model; everything else as it is."""
    labels = labels_of(given)
    if labels is None or labels.inferred_type != "string":
        return given
    return aligned(given, pd.Index(names), what, "the model")


def labels_of(given: Any) -> pd.Index[Any] | None:
    """The labels of a pandas Series or DataFrame, None for everything else."""
    return given.index if isinstance(given, pd.Series | pd.DataFrame) else None


def common_labels(given: Iterable[Any]) -> pd.Index[Any] | None:
    """The labels of the first of the longest vectors that have some: those of the rows where no data frame has any."""
    found = [labels for each in given if (labels := labels_of(nw.to_native(each, pass_through=True))) is not None]
    return max(found, key=len, default=None)


def _places(labels: pd.Index[Any], index: pd.Index[Any]) -> Any:
    """Position of every row's label (n,), -1 where there is none; no label repeats."""
    if isinstance(labels, pd.IntervalIndex) or isinstance(index, pd.IntervalIndex):  # these look for points inside
        labels, index = labels.astype(object), index.astype(object)
    return labels.get_indexer(index)


def _first(labels: pd.Index[Any]) -> Any:
    return labels[:1].tolist()[0]

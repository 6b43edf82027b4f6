"""Which rows are left out together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...fit.base import Fit
from ...functions import as_factor, vector_among
from ...functions.series import value_of
from ...numerics.linalg import Codes
from ...simulation.drawing import Seed, generator
from ...text.arguments import is_number, written
from ..influence import group_codes

LOO = "loo"


@dataclass(frozen=True, eq=False)
class Folds:
    """The fold of each row (n,), -1 for rows that always stay; labels of the folds, and of what they are made."""

    codes: Codes
    labels: pd.Index[Any]
    units: str

    @property
    def count(self) -> int:
        return len(self.labels)

    def members(self) -> Iterator[Codes]:
        """The numbers of the rows of each fold in turn."""
        order = np.argsort(self.codes, kind="stable")
        starts = np.searchsorted(self.codes[order], np.arange(self.count + 1))
        return (order[start:stop] for start, stop in itertools.pairwise(starts))


def folds_of(fit: Fit, folds: Any, by: Any, seed: Seed) -> Folds:
    """Folds of rows, of whole groups, or as given; see `cross_validate`."""
    asked = is_number(folds) or isinstance(folds, str)
    if not asked:
        if by is not None:
            raise ArgumentError("folds= says the fold of each row: leave by= out")
        return _given(fit, folds)
    if by is not None and not isinstance(by, str):
        raise ArgumentError(f"by={written(by)}: wanted the name of a grouping factor or of a column of the data")
    codes, labels = (np.arange(fit.design.n), fit.rows.index) if by is None else group_codes(fit, by, "by")
    units = "rows" if by is None else str(by)
    if isinstance(folds, str):
        if folds != LOO:
            raise ArgumentError(f"folds={folds!r}: wanted a number, 'loo', or the fold of each row")
        return _several(Folds(codes, labels, units))
    count = _count(folds, len(labels), "rows" if by is None else f"levels of {by!r}")
    fold = _dealt(np.bincount(codes[codes >= 0], minlength=len(labels)), count, generator(seed))
    numbers = pd.Index([str(k + 1) for k in range(count)], dtype=object)
    return Folds(np.append(fold, -1)[codes], numbers, units)


def _count(folds: Any, most: int, of: str) -> int:
    if not np.isfinite(folds) or folds != int(folds) or folds < 2:
        raise ArgumentError(f"folds={folds!r}: wanted two or more, or 'loo'")
    if folds > most:
        raise ArgumentError(
            f"folds={folds}: there are {most} {of} to make them of; folds='loo' leaves out one at a time"
        )
    return int(folds)


def _dealt(sizes: Codes, count: int, rng: np.random.Generator) -> Codes:
    """The fold of each unit: the largest first, in random order where sizes are alike, each to the smallest fold."""
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold = np.empty(len(sizes), np.int64)
    if np.all(sizes == sizes[0]):
        fold[order] = np.arange(len(sizes)) % count
        return fold
    filled = np.zeros(count)
    for unit in order:
        fold[unit] = np.argmin(filled)
        filled[fold[unit]] += sizes[unit]
    return fold


def _given(fit: Fit, folds: Any) -> Folds:
    """The fold of each row of the fit, or of each row of the data; a row without one always stays."""
    rows = fit.rows
    try:
        factor = as_factor(value_of(vector_among(folds, rows.labels, "folds="), "folds"))
    except (TypeError, ValueError):
        raise ArgumentError(f"folds={written(folds)}: wanted a number, 'loo', or the fold of each row") from None
    codes = np.asarray(factor.codes)
    if len(codes) == rows.used.n_total:
        codes = codes[rows.kept]
    if len(codes) != rows.n:
        raise ArgumentError(
            f"folds has {len(codes)} values: wanted the fold of each of the {rows.n} rows of the fit, or of the "
            f"{rows.used.n_total} rows of the data"
        )
    present = np.unique(codes[codes >= 0])
    labels, places = factor.levels.labels(), np.full(len(factor.levels) + 1, -1)
    places[present] = np.arange(len(present))
    return _several(Folds(places[codes], pd.Index([labels[k] for k in present], dtype=object), "given folds"))


def _several(folds: Folds) -> Folds:
    if folds.count < 2:
        raise ArgumentError(
            f"there is one fold alone, {', '.join(map(str, folds.labels)) or 'none'}: wanted two or more"
        )
    return folds

"""Which rows of the data enter the fit: the subset, and of it those without missing values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ArgumentError, DataError
from ..functions import Logical, Value
from ..functions.arrays import Array, either
from ..functions.values import length, missing

NA_ACTIONS = ("omit", "exclude", "fail", "pass")


@dataclass(frozen=True, eq=False)
class RowsUsed:
    """The choice of rows; None stands for all, so that complete data need no mask.

    n_total   rows of the data
    chosen    positions (m,) in the data after `subset`
    complete  mask (m,) of the chosen rows without missing values
    """

    n_total: int
    chosen: Array | None = None
    complete: Array | None = None

    @property
    def n_chosen(self) -> int:
        """Rows after `subset`."""
        return self.n_total if self.chosen is None else int(self.chosen.shape[0])

    @property
    def n(self) -> int:
        """Rows that are used."""
        return self.n_chosen if self.complete is None else int(np.count_nonzero(self.complete))

    @property
    def positions(self) -> Array | None:
        """Positions (n,) in the data of the rows used."""
        if self.complete is None:
            return self.chosen
        return np.flatnonzero(self.complete) if self.chosen is None else self.chosen[self.complete]

    @property
    def kept(self) -> Array:
        """Mask (n_total,) of the rows used."""
        mask = np.ones(self.n_total, dtype=bool)
        if self.positions is not None:
            mask[:] = False
            mask[self.positions] = True
        return mask

    def padded(self, values: Array) -> Array:
        """Values of the rows used (n, ...) -> of the subset (m, ...), NaN for rows with missing values."""
        if self.complete is None:
            return values
        out = np.full((self.n_chosen, *values.shape[1:]), np.nan)
        out[self.complete] = values
        return out

    def placed(self, values: Array) -> Array:
        """Values of the rows used (n,) at their places among all rows of the data (n_total,), NaN elsewhere."""
        if self.positions is None:
            return values
        out = np.full(self.n_total, np.nan)
        out[self.positions] = values
        return out

    def index_of(self, index: pd.Index, complete: bool) -> pd.Index:
        """The index of the rows used, or of the whole subset."""
        positions = self.positions if complete else self.chosen
        return index if positions is None else index[positions]


def na_action_name(given: str) -> str:
    """omit, exclude, fail or pass, also in R's spelling na.omit or na_omit; raises ArgumentError."""
    name = str(given).removeprefix("na.").removeprefix("na_")
    if name not in NA_ACTIONS:
        raise ArgumentError(f"na_action={given!r}: wanted one of {', '.join(map(repr, NA_ACTIONS))}")
    return name


def subset_positions(value: Value, n: int) -> Array:
    """Positions that a subset chooses; NA is not chosen. Raises DataError for anything but a logical of n rows."""
    if not isinstance(value, Logical):
        raise DataError('subset must be TRUE or FALSE for every row, such as "x > 2"; for positions use data.iloc[...]')
    if length(value) != n:
        raise DataError(f"subset has {length(value)} values, the data have {n} rows")
    return np.flatnonzero(value.codes == 1)


def choose_rows(
    n: int, chosen: Array | None, variables: Mapping[str, Value], na_action: str, extra: Mapping[str, Value]
) -> RowsUsed:
    """Drop rows in which any variable is missing; raises DataError if that is not wanted, or nothing is left."""
    everything = {**variables, **extra}
    rows = complete_rows(n, chosen, everything, na_action)
    if rows.n == 0:
        raise DataError(_nothing_left(rows, everything))
    return rows


def complete_rows(n: int, chosen: Array | None, everything: Mapping[str, Value], na_action: str) -> RowsUsed:
    """The chosen rows without missing values, which may be none at all; DataError for missing ones if unwanted."""
    absent: Array | None = None
    for value in everything.values():
        mask = missing(value)
        absent = absent if mask is None else either(absent, mask)
    if absent is not None and chosen is not None:
        absent = absent[chosen]
    if absent is not None and not absent.any():
        absent = None
    if absent is not None and na_action in ("fail", "pass"):
        raise DataError(f"missing values in {_listed(everything, chosen)}; {_WAY_OUT[na_action]}")
    return RowsUsed(n, chosen, None if absent is None else ~absent)


_WAY_OUT = {
    "fail": 'na_action="omit" leaves such rows out',
    "pass": 'a fit needs complete rows, so na_action="pass" cannot keep them: use "omit" or "exclude"',
}


def _listed(variables: Mapping[str, Value], chosen: Array | None) -> str:
    counts = {name: _count(value, chosen) for name, value in variables.items()}
    return ", ".join(f"{name!r} ({count} row{'s' if count > 1 else ''})" for name, count in counts.items() if count)


def _count(value: Value, chosen: Array | None) -> int:
    mask = missing(value)
    return 0 if mask is None else int(np.count_nonzero(mask if chosen is None else mask[chosen]))


def _nothing_left(rows: RowsUsed, variables: Mapping[str, Value]) -> str:
    if rows.n_total == 0:
        return "the data have 0 rows"
    if rows.n_chosen == 0:
        return f"subset leaves 0 of {rows.n_total} rows"
    return f"0 of {rows.n_chosen} rows are complete: missing values in {_listed(variables, rows.chosen)}"

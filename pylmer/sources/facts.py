"""Facts that add: counts of rows, the range of the response, the spread of the columns of X, what labels are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from ..functions.arrays import Array
from ..numerics.linalg import dense
from .numbering import GroupFacts

BLOCK = 65_536  # rows of X in one go


@dataclass(frozen=True, eq=False)
class ColumnFacts:
    """Of the columns of X, without weights: rows n, means (P,), squares about them (P,), whether 0-1 columns (P,)."""

    n: int
    mean: Array
    squares: Array
    indicator: Array

    @classmethod
    def none(cls, p: int) -> ColumnFacts:
        """Of no rows."""
        return cls(0, np.zeros(p), np.zeros(p), np.ones(p, dtype=bool))

    def with_rows(self, X: Any) -> ColumnFacts:
        """With more rows X (n, P), dense or sparse."""
        out = self
        for start in range(0, X.shape[0], BLOCK):
            block = X[start : start + BLOCK]
            out = out + (_of_sparse(block) if sparse.issparse(block) else _of_dense(block, out.indicator))
        return out

    def __add__(self, other: ColumnFacts) -> ColumnFacts:
        """Chan, Golub & LeVeque (1983), The American Statistician 37(3)."""
        n = self.n + other.n
        if not self.n or not other.n:
            return replace(self if self.n else other, indicator=self.indicator & other.indicator)
        gap = other.mean - self.mean
        squares = self.squares + other.squares + gap**2 * (self.n * other.n / n)
        return ColumnFacts(n, self.mean + gap * (other.n / n), squares, self.indicator & other.indicator)

    def spreads(self) -> list[float | None]:
        """Standard deviations, None for columns of zeros and ones."""
        sd = np.sqrt(self.squares / max(self.n - 1, 1))
        return [None if of_two else float(value) for value, of_two in zip(sd, self.indicator, strict=True)]


def _of_dense(X: Array, indicator: Array) -> ColumnFacts:
    """`indicator` says of which columns it is still to be seen whether they are of zeros and ones."""
    mean = X.mean(axis=0)
    squares = np.array([float(d @ d) for d in (X - mean).T])
    still = indicator.copy()
    for place in np.flatnonzero(indicator):
        still[place] = bool(np.all((X[:, place] == 0) | (X[:, place] == 1)))
    return ColumnFacts(X.shape[0], mean, squares, still)


def _of_sparse(X: Any) -> ColumnFacts:
    n, p = X.shape
    coo = X.tocoo()
    total = np.bincount(coo.col, weights=coo.data, minlength=p)
    mean = total / n
    present = np.bincount(coo.col, minlength=p)
    squares = np.bincount(coo.col, weights=(coo.data - mean[coo.col]) ** 2, minlength=p) + (n - present) * mean**2
    others = np.bincount(coo.col, weights=(coo.data != 0) & (coo.data != 1), minlength=p)
    return ColumnFacts(n, mean, dense(squares), others == 0)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the rows are, beside their sums.

    n_total, n_chosen, n  rows of the data, of the subset, rows used
    nan_made              rows in which an expression is NaN where its variables are not
    low, high             of the response;  weight the largest of the prior weights
    columns               of X, with those that may be dropped
    groups                by grouping variable
    """

    n_total: int
    n_chosen: int
    n: int
    nan_made: Mapping[str, int]
    low: float
    high: float
    weight: float
    columns: ColumnFacts
    groups: Mapping[str, GroupFacts] = field(default_factory=dict)

    @classmethod
    def none(cls, p: int, groups: Mapping[str, GroupFacts]) -> Facts:
        """Of no rows."""
        return cls(0, 0, 0, {}, np.inf, -np.inf, 0.0, ColumnFacts.none(p), groups)

    def __add__(self, other: Facts) -> Facts:
        every = dict.fromkeys([*self.nan_made, *other.nan_made])
        return Facts(
            self.n_total + other.n_total,
            self.n_chosen + other.n_chosen,
            self.n + other.n,
            {name: self.nan_made.get(name, 0) + other.nan_made.get(name, 0) for name in every},
            min(self.low, other.low),
            max(self.high, other.high),
            max(self.weight, other.weight),
            self.columns + other.columns,
            {name: own.and_(other.groups[name], name, "one of the sums") for name, own in self.groups.items()},
        )

    def as_words(self) -> dict[str, Any]:
        """For a file, but for the arrays."""
        numbers = {name: getattr(self, name) for name in ("n_total", "n_chosen", "n", "low", "high", "weight")}
        groups = {name: [own.kind, list(own.levels)] for name, own in self.groups.items()}
        return {"numbers": numbers, "nan_made": dict(self.nan_made), "groups": groups, "rows": self.columns.n}

    def as_arrays(self) -> dict[str, Array]:
        """The arrays, for a file."""
        return {f"column_{name}": getattr(self.columns, name) for name in ("mean", "squares", "indicator")}

    @classmethod
    def read(cls, words: Mapping[str, Any], arrays: Mapping[str, Array]) -> Facts:
        """What `as_words` and `as_arrays` have written."""
        columns = ColumnFacts(words["rows"], *(arrays[f"column_{name}"] for name in ("mean", "squares", "indicator")))
        groups = {name: GroupFacts(kind, tuple(levels)) for name, (kind, levels) in words["groups"].items()}
        return cls(**words["numbers"], nan_made=words["nan_made"], columns=columns, groups=groups)

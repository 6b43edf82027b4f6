"""Facts that add: counts of rows, the range of the response, the spread of the columns of X, what labels are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from ..design.predictors import NOTHING, Predictors
from ..engine.sums.arrange import upper_factor
from ..functions.arrays import Array
from ..numerics.linalg import dense, triangular_factor
from .numbering import GroupFacts

BLOCK = 65_536  # rows of X in one go
LOOKED_AT = 1_000  # rows in which a column shows that it is no indicator
COLUMN_ARRAYS = ("mean", "squares", "indicator")


@dataclass(frozen=True, eq=False)
class ColumnFacts:
    """Of the columns of X, without weights: rows n, means (P,), squares about them (P,), whether 0-1 columns (P,).

    products  about the means (P, P), where the sums have weights and so do not tell; else None
    """

    n: int
    mean: Array
    squares: Array
    indicator: Array
    products: Array | None = None

    @classmethod
    def none(cls, p: int, weighted: bool = False) -> ColumnFacts:
        """Of no rows."""
        return cls(0, np.zeros(p), np.zeros(p), np.ones(p, dtype=bool), np.zeros((p, p)) if weighted else None)

    @classmethod
    def of_sums(cls, X: Any, XtX: Array, R: Array, still: Array) -> ColumnFacts:
        """Of X (n, P), the first column ones, by its cross-products in coordinates R; `still` as in `_indicators`.

        In them the columns are nearly uncorrelated, so that what is left beside the first loses no digits.
        """
        mean = np.ones(X.shape[0]) @ X / X.shape[0]
        rest = XtX - np.outer(XtX[0], XtX[0]) / XtX[0, 0]
        squares = np.maximum(np.einsum("ij,ik,kj->j", R, rest, R), 0.0)
        return cls(X.shape[0], mean, squares, _indicators(X, still))

    def with_rows(self, X: Any) -> ColumnFacts:
        """With more rows X (n, P), dense or sparse."""
        out = self
        for start in range(0, X.shape[0], BLOCK):
            block = X[start : start + BLOCK]
            found = _of_sparse(block) if sparse.issparse(block) else _of_dense(block, out.indicator)
            out = out + (found if out.products is None else replace(found, products=_products(block, found.mean)))
        return out

    def __add__(self, other: ColumnFacts) -> ColumnFacts:
        """Chan, Golub & LeVeque (1983), The American Statistician 37(3)."""
        n = self.n + other.n
        if not self.n or not other.n:
            return replace(self if self.n else other, indicator=self.indicator & other.indicator)
        gap = other.mean - self.mean
        share = self.n * other.n / n
        squares = self.squares + other.squares + gap**2 * share
        products = None
        if self.products is not None and other.products is not None:
            products = self.products + other.products + np.outer(gap, gap) * share
        return ColumnFacts(n, self.mean + gap * (other.n / n), squares, self.indicator & other.indicator, products)

    def spreads(self) -> list[float | None]:
        """Standard deviations, None for columns of zeros and ones."""
        sd = np.sqrt(self.squares / max(self.n - 1, 1))
        return [None if of_two else float(value) for value, of_two in zip(sd, self.indicator, strict=True)]

    def largest(self) -> Array:
        """About the largest entry (P,) of each column."""
        spread = np.abs(self.mean) + 2 * np.sqrt(self.squares / max(self.n, 1))
        return np.where(self.indicator, self.mean > 0, spread)

    def factor(self, kept: Sequence[int]) -> Array | None:
        """R (p, p) with R'R the products of some columns, about zero; None where they are not known."""
        if self.products is None:
            return None
        at = list(kept)
        about = upper_factor(self.products[np.ix_(at, at)])
        return triangular_factor([about, np.sqrt(self.n) * self.mean[None, at]], len(at))


def _products(X: Any, mean: Array) -> Array:
    centred = dense(X) - mean
    return np.asarray(centred.T @ centred)


def _of_dense(X: Array, indicator: Array) -> ColumnFacts:
    """`indicator` says of which columns it is still to be seen whether they are of zeros and ones."""
    mean = X.mean(axis=0)
    squares = np.array([float(d @ d) for d in (X - mean).T])
    return ColumnFacts(X.shape[0], mean, squares, _indicators(X, indicator))


def _indicators(X: Array, still: Array) -> Array:
    """Which columns are of zeros and ones; asked of those alone that `still` may be."""
    out = still.copy()
    for place in np.flatnonzero(still):
        out[place] = _of_two(X[:LOOKED_AT, place]) and _of_two(X[:, place])
    return out


def _of_two(column: Array) -> bool:
    return bool(np.all((column == 0) | (column == 1)))


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
    predictors            what the columns of the data were that X is made of, as far as it was asked
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
    predictors: Predictors = NOTHING

    @classmethod
    def none(cls, p: int, groups: Mapping[str, GroupFacts], weighted: bool = False) -> Facts:
        """Of no rows."""
        return cls(0, 0, 0, {}, np.inf, -np.inf, 0.0, ColumnFacts.none(p, weighted), groups)

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
            self.predictors + other.predictors,
        )

    def told(self, min_count: int) -> Facts:
        """Without what tells of combinations of predictors with fewer rows."""
        return replace(self, predictors=self.predictors.told(min_count))

    def as_words(self) -> dict[str, Any]:
        """For a file, but for the arrays."""
        numbers = {name: getattr(self, name) for name in ("n_total", "n_chosen", "n", "low", "high", "weight")}
        groups = {name: [own.kind, list(own.levels)] for name, own in self.groups.items()}
        words = {"numbers": numbers, "nan_made": dict(self.nan_made), "groups": groups, "rows": self.columns.n}
        return {**words, "predictors": self.predictors.as_words()}

    def as_arrays(self) -> dict[str, Array]:
        """The arrays, for a file."""
        found = {f"column_{name}": getattr(self.columns, name) for name in (*COLUMN_ARRAYS, "products")}
        return {name: each for name, each in found.items() if each is not None}

    @classmethod
    def read(cls, words: Mapping[str, Any], arrays: Mapping[str, Array]) -> Facts:
        """What `as_words` and `as_arrays` have written."""
        columns = ColumnFacts(
            words["rows"],
            **{name: arrays[f"column_{name}"] for name in COLUMN_ARRAYS},
            products=arrays.get("column_products"),
        )
        groups = {name: GroupFacts(kind, tuple(levels)) for name, (kind, levels) in words["groups"].items()}
        own = Predictors.read(words["predictors"])
        return cls(**words["numbers"], nan_made=words["nan_made"], columns=columns, groups=groups, predictors=own)

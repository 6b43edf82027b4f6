"""What sums say of the fixed effects: how columns of X depend on each other, and what their variables were.

Words on estimable functions and marginal means need no row for it. R'R = X'X tells lengths and angles of the columns
that are kept; every other column that could stand in X, those that were dropped, those of all levels of a factor, those
of a smaller model, is a fixed combination of them, since both are functions of the same cells.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..functions import Coding, Factor, Logical, Matrix, Value
from ..functions.arrays import Array
from ..language import Terms, deparse
from ..numerics.linalg import dense, powers_of_two
from .matrices import code
from .predictors import Predictors

if TYPE_CHECKING:
    from .record import Design
    from .remembered import Remembered

ROUNDING = 1e-9  # of a combination of columns of about one length
OUTSIDE = 1e-8  # what of a column is not in X


@dataclass(frozen=True, eq=False)
class SummedColumns:
    """The fixed effects of rows that were summed.

    R           (p, p) with R'R = X'X, without weights, of the columns that are kept
    every       (p, P) all columns of X by those that are kept
    mean        (P,) of all columns, unweighted;  largest (P,) about their largest entries
    matrices    names of the columns of variables that have several, such as poly(x, 2)
    predictors  what the columns of the data were that the fixed effects are made of; None: it was not asked
    """

    n: int
    R: Array
    every: Array
    mean: Array
    largest: Array
    matrices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    predictors: Predictors | None = None

    def lengths(self) -> Array:
        """Powers of two (P,) near the largest entry of each column."""
        return powers_of_two(self.largest)

    def variance(self, beta: Array, kept: Array) -> float:
        """The sample variance over the rows of X beta, for the columns that are kept."""
        return float((np.sum((self.R @ beta) ** 2) - self.n * (self.mean[kept] @ beta) ** 2) / (self.n - 1))


def by_kept(R: Array, kept: Sequence[int]) -> Array:
    """All columns of R (P, P) by those that are kept: (p, P)."""
    lengths = powers_of_two(np.linalg.norm(R, axis=0))
    scaled, at = R / lengths, list(kept)
    found = np.linalg.lstsq(scaled[:, at], scaled, rcond=None)[0]
    found = np.where(np.abs(found) < ROUNDING, 0.0, found)
    found[:, at] = np.eye(len(at))
    return np.asarray(found / lengths[at][:, None] * lengths)


class FactorCells:
    """Rows that stand for every combination of levels, on which the columns of a term are told apart.

    A column of a term is a product of what depends on its factors and of columns of its numeric variables. So where
    the numeric ones are ones, and all others zero, the columns of X that have the same ones give it, whatever the data.
    """

    def __init__(self, design: Design, matrices: Mapping[str, tuple[str, ...]]) -> None:
        self.design, self.matrices = design, matrices
        self.known = {deparse(node): design.spec.variables[deparse(node)] for node in design.fixed_terms.used}
        self.numeric = frozenset(name for name, each in self.known.items() if not _is_factor(each))
        terms = design.fixed_terms
        self.terms = [frozenset[str](), *(frozenset(deparse(terms.variables[i]) for i in t) for t in terms.factors)]
        self.codings: Mapping[str, Coding] = getattr(design.spec.fixed_coder, "codings", {})
        self.assign = np.array(design.spec.fixed_coder.assign, dtype=np.int64)

    def rows(self, names: Sequence[str]) -> tuple[dict[str, Value], int]:
        """All combinations of the levels of the factors `names` and of the columns of the numeric ones, first fastest.

        Other factors are at their first level, other numbers are zero.
        """
        sizes = {name: self._size(name) for name in names}
        cells = np.array(list(itertools.product(*(range(size) for size in reversed(sizes.values())))), dtype=np.int64)
        n = len(cells)
        cells = cells.reshape(n, len(sizes))[:, ::-1]
        places = dict(zip(sizes, cells.T, strict=True))
        return {name: self._value(name, places.get(name), n) for name in self.known}, n

    def combination(self, names: Sequence[str], columns: Array, rows: tuple[dict[str, Value], int]) -> Array | None:
        """Some columns (cells, k) of a term with these variables, by all columns of X: (P, k); None if X has them not.

        `rows` are those of `rows(names)`.
        """
        own, values, n = frozenset(names), *rows
        inside = [t for t, each in enumerate(self.terms) if each <= own and each & self.numeric == own & self.numeric]
        at = np.flatnonzero(np.isin(self.assign, inside))
        X = np.asarray(dense(self.design.spec.fixed_coder.matrix(values, n)), float)[:, at]
        found = np.linalg.lstsq(X, columns, rcond=None)[0]
        if np.max(np.abs(X @ found - columns), initial=0.0) > OUTSIDE * np.max(np.abs(columns), initial=1.0):
            return None
        out = np.zeros((len(self.assign), columns.shape[1]))
        out[at] = np.where(np.abs(found) < ROUNDING, 0.0, found)
        return out

    def _size(self, name: str) -> int:
        known = self.known[name]
        if known.kind == "numeric matrix":
            return len(self.matrices[name])
        return 1 if name in self.numeric else 2 if known.levels is None else len(known.levels)

    def _value(self, name: str, places: Array | None, n: int) -> Value:
        known = self.known[name]
        codes = np.zeros(n, dtype=np.int64) if places is None else places
        if name not in self.numeric:
            if known.levels is None:
                return Logical(codes.astype(np.int8))
            return Factor(codes, known.levels, known.ordered)
        if known.kind != "numeric matrix":
            return np.full(n, 0.0 if places is None else 1.0)
        k = self._size(name)
        return Matrix(np.zeros((n, k)) if places is None else np.eye(k)[codes], self.matrices[name])


def _is_factor(known: Remembered) -> bool:
    return known.levels is not None or known.kind in ("factor", "logical")


def columns_of_terms(cells: FactorCells, terms: Terms) -> Array | None:
    """The columns of a smaller fixed part, coded as in the model, by all of X: (P, k); None if X has them not."""
    numbers = [0] * terms.intercept + list(range(1, len(terms.factors) + 1))
    parts = []
    for number in numbers:
        names = [deparse(terms.variables[i]) for i in terms.factors[number - 1]] if number else []
        rows = cells.rows(names)
        coder, X = code(terms, *rows, cells.codings)
        found = cells.combination(names, np.asarray(dense(X), float)[:, np.array(coder.assign) == number], rows)
        if found is None:
            return None
        parts.append(found)
    return np.hstack(parts) if parts else np.zeros((len(cells.assign), 0))

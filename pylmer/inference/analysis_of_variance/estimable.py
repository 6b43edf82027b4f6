"""The fixed effects with every level of every factor: where estimable functions are told apart (Goodnight 1978).

X_all has, for each term, the products of all levels of its factors and of its numeric columns; its columns are linearly
dependent. A function l'b of its coefficients is estimable if l lies in its row space. The columns `kept`, those that
treatment contrasts would keep, are a basis: l is known from its entries there, l = l[kept] B.

What is zero, and what depends on what, is decided among columns of about one length: the units of the
data cannot have a say. Lengths are powers of two, so that dividing by them rounds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...design import Design, DesignRows, Sourced, summed_columns
from ...design.summed import FactorCells, SummedColumns, columns_of_terms
from ...fit.per_fit import once_per_fit
from ...functions import Matrix, Value
from ...functions.variables import coded_factor, is_categorical
from ...language import Terms, deparse
from ...numerics.linalg import Array, chunks, powers_of_two, triangular_factor
from ...numerics.rank import TOLERANCE, left_to_right

ROUNDING = 1e-9  # an entry of B this small is zero ...
NOISE = 1e-14  # ... or this small relative to the condition of the basis
NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable of the fixed part: codes (n,) of a factor and its levels, or numbers (n, k) / sizes (k,), up to 1."""

    name: str
    labels: tuple[str, ...]
    codes: Array | None
    numbers: Array | None
    sizes: Array | None = None

    @property
    def is_factor(self) -> bool:
        """Whether it has levels."""
        return self.codes is not None

    def columns(self, rows: slice) -> Array:
        """All its columns on some rows."""
        if self.codes is not None:
            return np.asarray(self.codes[rows, None] == np.arange(len(self.labels)), float)
        assert self.numbers is not None
        return np.asarray(self.numbers[rows])

    def size(self, column: int) -> float:
        """By what a column was divided."""
        return 1.0 if self.sizes is None else float(self.sizes[column])


@dataclass(frozen=True, eq=False)
class Overparametrised:
    """The columns of X_all, numbers divided by their sizes, and how they depend on each other.

    labels  of the terms, "" for the intercept; terms all of whose columns were dropped from X are left out
    terms   variables of each term; the intercept, if there is one, is a term without variables and comes first
    assign  (P,) position in `terms` of each column;  levels (P,) per column, the position of each variable's column
    lengths (P + p,) about the length of each column of X_all and of X
    R       (P + p, P + p) triangular factor of both, divided by their lengths
    kept    (r,) columns of X_all that form a basis
    B       (r, P) all columns, divided by their lengths, in the basis of the kept ones divided by theirs
    to_X    (r, p) the same of X
    """

    variables: tuple[Variable, ...]
    labels: tuple[str, ...]
    terms: tuple[tuple[int, ...], ...]
    assign: Array
    levels: tuple[tuple[int, ...], ...]
    lengths: Array
    R: Array
    kept: Array
    B: Array
    to_X: Array

    def size(self, column: int) -> float:
        """By what its numeric variables were divided."""
        pairs = zip(self.terms[self.assign[column]], self.levels[column], strict=True)
        return float(np.prod([self.variables[v].size(k) for v, k in pairs]))

    def missing_cells(self) -> list[str]:
        """Names of the columns of several factors that have no data."""
        empty = np.flatnonzero(~self.R[:, : len(self.assign)].any(axis=0)).tolist()
        return [self.column_name(j) for j in empty if self._factors(self.assign[j]) > 1]

    def _factors(self, term: int) -> int:
        return sum(self.variables[v].is_factor for v in self.terms[term])

    def functions_of_X(self, c: Array) -> Array:
        """Functions c B (q, P) of the columns divided by their lengths, as functions (q, p) of X's coefficients."""
        return np.asarray(c @ self.to_X * self.lengths[len(self.assign) :])

    def column_name(self, column: int) -> str:
        """As R names it: recipeB:temp."""
        pairs = zip(self.terms[self.assign[column]], self.levels[column], strict=True)
        parts = [self.variables[v].name + self.variables[v].labels[k] for v, k in pairs]
        return ":".join(parts) or "(Intercept)"

    def containing(self, label: str) -> list[int]:
        """Terms that contain the one of this label: the same numeric variables, and more others.

        As in lmerTest a variable with several columns, such as poly(x, 2), counts with the factors here.
        """
        term = self.labels.index(label)
        own = self._kinds(term)
        return [other for other in range(len(self.terms)) if other != term and _contains(self._kinds(other), own)]

    def _kinds(self, term: int) -> tuple[frozenset[int], frozenset[int]]:
        numeric = frozenset(v for v in self.terms[term] if self.variables[v].labels == ("",))
        return frozenset(self.terms[term]) - numeric, numeric


def _contains(larger: tuple[frozenset[int], frozenset[int]], smaller: tuple[frozenset[int], frozenset[int]]) -> bool:
    return larger[1] == smaller[1] and larger[0] > smaller[0]


@once_per_fit
def overparametrise(fit: Sourced) -> Overparametrised:
    """X_all of a fit; rows pass by in blocks, so that it is never held whole, or stay where they were summed."""
    fixed, present = fit.design.fixed_terms, set(fit.design.assign)
    factors = [each for t, each in enumerate(fixed.factors) if t + 1 in present]
    used = sorted({k for each in factors for k in each})
    names = [deparse(fixed.variables[k]) for k in used]
    own = tuple(tuple(used.index(k) for k in each) for each in factors)
    labels = ("",) * fixed.intercept + tuple(label for t, label in enumerate(fixed.labels) if t + 1 in present)
    terms = ((),) * fixed.intercept + own
    columns = summed_columns(fit)
    summed = None if columns is None else of_sums(fit.design, columns, names, terms)
    variables, R = summed or _of_rows(fit.rows, names, terms)
    levels = [tuple(_level_tuples([len(variables[v].labels) for v in term])) for term in terms]
    assign, flat = np.repeat(np.arange(len(terms)), [len(each) for each in levels]), tuple(x for y in levels for x in y)
    coded = [_contrast_coded(variables, terms, t) for t in range(len(terms))]
    reference = [
        any(k == 0 and v in coded[t] for v, k in zip(terms[t], each, strict=True))
        for t, each in zip(assign, flat, strict=True)
    ]
    lengths = powers_of_two(np.linalg.norm(R, axis=0))
    R, P = R / lengths, len(assign)
    kept = _basis(R[:, :P], assign, np.array(reference, bool))
    inside = _coordinates(R, kept)
    return Overparametrised(variables, labels, terms, assign, flat, lengths, R, kept, inside[:, :P], inside[:, P:])


def _of_rows(
    rows: DesignRows, names: Sequence[str], terms: Sequence[tuple[int, ...]]
) -> tuple[tuple[Variable, ...], Array]:
    """The variables, and the triangular factor of the columns of all terms and of X."""
    variables = tuple(variable_of_rows(name, rows.variables) for name in names)
    count = sum(math.prod(len(variables[v].labels) for v in term) for term in terms)
    blocks = (np.hstack([_all_columns(variables, terms, at), _dense_rows(rows.X, at)]) for at in chunks(rows.n))
    return variables, triangular_factor(blocks, count + rows.X.shape[1])


def of_sums(
    design: Design, columns: SummedColumns, names: Sequence[str], terms: Sequence[tuple[int, ...]]
) -> tuple[tuple[Variable, ...], Array] | None:
    """The same of sums; None where X has not all that the columns of all terms have."""
    cells = FactorCells(design, columns.matrices)
    variables = tuple(_summed(name, cells) for name in names)
    parts = []
    for term in terms:
        own = [names[v] for v in term]
        rows = cells.rows(own)
        found = cells.combination(own, np.eye(rows[1]), rows)
        if found is None:
            return None
        parts.append(_without_rounding(columns, found))
    inside = np.hstack([*parts, np.eye(len(columns.R))])
    R = triangular_factor([columns.R @ inside], inside.shape[1])
    R[:, ~inside.any(axis=0)] = 0.0
    return variables, R


def factor_with(design: Design, columns: SummedColumns, terms: Terms) -> Array | None:
    """The triangular factor (k + p, k + p) of the columns of a smaller fixed part and of X; None where X lacks one."""
    found = columns_of_terms(FactorCells(design, columns.matrices), terms)
    if found is None:
        return None
    inside = np.hstack([_without_rounding(columns, found), np.eye(len(columns.R))])
    return triangular_factor([columns.R @ inside], inside.shape[1])


def _without_rounding(columns: SummedColumns, found: Array) -> Array:
    """Combinations (P, k) of all columns as those of the kept ones (p, k); what cancels is zero."""
    whole, parts = columns.every @ found, np.abs(columns.every) @ np.abs(found)
    return np.asarray(np.where(np.abs(whole) <= ROUNDING * parts, 0.0, whole))


def _summed(name: str, cells: FactorCells) -> Variable:
    """A variable without its rows."""
    value = cells.rows([name])[0][name]
    if is_categorical(value):
        return Variable(name, tuple(coded_factor(value).levels.labels()), NO_ROWS, None)
    numbers = np.zeros((0, value.numbers.shape[1] if isinstance(value, Matrix) else 1))
    return Variable(name, _labels(value, numbers.shape[1]), None, numbers, np.ones(numbers.shape[1]))


def _coordinates(R: Array, kept: Array) -> Array:
    """All columns of R in the basis of the kept ones, without rounding."""
    inside, _, _, s = np.linalg.lstsq(R[:, kept], R, rcond=None)
    condition = float(s[0] / s[-1]) if len(s) else 1.0
    inside[np.abs(inside) < max(ROUNDING, NOISE * condition)] = 0.0
    inside[:, kept] = np.eye(len(kept))
    return np.asarray(inside)


def _contrast_coded(variables: Sequence[Variable], terms: Sequence[tuple[int, ...]], term: int) -> set[int]:
    """The factors of a term that R codes by contrasts: the term without them, or more, stands before it."""
    earlier = [set(each) for each in terms[:term]]
    factor_before = any(variables[v].is_factor for each in earlier for v in each)
    found = set()
    for v in (v for v in terms[term] if variables[v].is_factor):
        margin = set(terms[term]) - {v}
        if any(margin <= each for each in earlier) or (not margin and factor_before):
            found.add(v)
    return found


def variable_of_rows(name: str, values: Mapping[str, Value]) -> Variable:
    value = values[name]
    if is_categorical(value):
        factor = coded_factor(value)
        return Variable(name, tuple(factor.levels.labels()), np.asarray(factor.codes), None)
    numbers = np.asarray(value.numbers if isinstance(value, Matrix) else np.asarray(value)[:, None], float)
    labels = _labels(value, numbers.shape[1])
    largest = np.max(np.abs(numbers), axis=0, initial=0.0)
    sizes = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
    return Variable(name, tuple(labels), None, numbers / sizes, sizes)


def _labels(value: Value, k: int) -> tuple[str, ...]:
    """Names of the columns of a numeric variable."""
    if not isinstance(value, Matrix):
        return ("",)
    return value.names if any(value.names) else tuple(str(column + 1) for column in range(k))


def _level_tuples(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All combinations of columns, the first variable's fastest."""
    for cell in range(math.prod(sizes)):
        out = []
        for size in sizes:
            cell, k = divmod(cell, size)
            out.append(k)
        yield tuple(out)


def _all_columns(variables: Sequence[Variable], terms: Sequence[tuple[int, ...]], rows: slice) -> Array:
    """Columns of all terms on some rows."""
    single = [variable.columns(rows) for variable in variables]
    count = single[0].shape[0] if single else rows.stop - rows.start
    blocks = []
    for term in terms:
        block = np.ones((count, 1))
        for v in term:
            block = (single[v][:, :, None] * block[:, None, :]).reshape(count, -1)
        blocks.append(block)
    return np.hstack(blocks) if blocks else np.zeros((count, 0))


def _dense_rows(matrix: Any, rows: slice) -> Array:
    X = matrix[rows]
    return np.asarray(X if isinstance(X, np.ndarray) else X.toarray(), float)


def _basis(R: Array, assign: Array, reference: Array) -> Array:
    """Columns that treatment contrasts keep: in each term those without a reference level come first."""
    order = np.lexsort((np.arange(len(assign)), reference, assign))
    return np.sort(order[left_to_right(R[:, order], TOLERANCE)])

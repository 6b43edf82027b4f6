"""The remainder of crossed scalar factors with few entries: SuperLU, and the inverse at the pattern of its factor.

See `remainder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array
from ...numerics.stacks import cross
from .patterns import CsrPattern
from .schur_complement import COLUMNS_AT_ONCE, WELL_CONDITIONED
from .schur_update import RowPairs, squared
from .selected import Pattern, factor, pattern_of, selected_inverse

SPARSE_FROM = 400  # columns of the remainder from which sparse arithmetic pays
SPARSE_FILL = 0.05  # ... if its factor is no fuller than this


@dataclass(frozen=True, eq=False)
class SparsePlan:
    """What all values and templates share: the ordering, the entries of S, the pattern of the factor.

    order   (q,) the effect in each place of the elimination order
    row, column  (E,) the entries of S, row >= column, in places
    C       its pattern, columns in places, of values in their own order; pairs of its non-zeros
    update  (N,) the entry that each pair belongs to
    A       (entries of A) the entry that each belongs to
    into    data of the symmetric csc matrix (indptr, indices) -> entry
    at      (E,) the entries in the pattern of the factor
    """

    order: Array
    row: Array
    column: Array
    C: CsrPattern
    pairs: RowPairs
    update: Array
    A: Array
    indptr: Array
    indices: Array
    into: Array
    pattern: Pattern
    at: Array

    def symmetric(self, values: Array) -> sparse.csc_array:
        """The symmetric matrix with these entries (E,)."""
        q = len(self.order)
        return sparse.csc_array((values[self.into], self.indices, self.indptr), shape=(q, q))

    def fill(self, C: Array, A: Array) -> SparseSums:
        return SparseSums(self, self.C.filled(C), A)

    @property
    def fullness(self) -> float:
        """Share of the factor's cells that are entries."""
        return 2 * len(self.pattern.rows) / len(self.order) ** 2


class SparseSums:
    """The update of the remainder: entries (E, J) from k, and A (E,) before it; squares (J, q) of C."""

    dense = False

    def __init__(self, plan: SparsePlan, C: sparse.csr_array, A: Array) -> None:
        self.plan, self.C = plan, C
        self.kind = f"sparse ({100 * plan.fullness:.2g} % full when factored)"
        self.A = np.zeros(len(plan.row))
        self.A[plan.A] = A
        entries = (plan.pairs.products(C.data), plan.update, plan.pairs.starts)
        self.update = sparse.csc_array(entries, shape=(len(plan.row), C.shape[0]))
        self.squares = squared(C)

    def at(self, k: Array, d: Array) -> SparseSchurComplement:
        return SparseSchurComplement(self, k, d)


def too_full(lengths: Array, q: int) -> bool:
    """Whether rows of C with so many entries (J,) say at once that a remainder of q effects is not sparse."""
    return bool(np.sum(lengths * (lengths + 1.0)) / 2 > SPARSE_FILL * 10 * q * q)


def sparse_plan(C: CsrPattern, A: CsrPattern) -> SparsePlan | None:
    """The plan of a remainder with few entries, None where dense arithmetic is better.

    C (J, q) couples the first factor; A (q, q) is the remainder before the elimination.
    """
    q = A.shape[0]
    lengths = np.diff(C.indptr).astype(float)
    if q < SPARSE_FROM or too_full(lengths, q):
        return None
    ones, own = (sparse.csr_array((np.ones(each.nnz), each.indices, each.indptr), shape=each.shape) for each in (C, A))
    pattern = sparse.csc_array(ones.T @ ones + own)
    if pattern.nnz > SPARSE_FILL * q * q:
        return None
    dominant = sparse.csc_array(pattern + sparse.diags_array(pattern.sum(axis=1) + 1.0))
    places = factor(dominant, "MMD_AT_PLUS_A").perm_c
    order = np.argsort(places)
    ordered = sparse.csc_array(dominant[order][:, order])
    ordered.sort_indices()
    below, _ = pattern_of(factor(ordered, "NATURAL"))
    if len(below.rows) > SPARSE_FILL * q * q / 2:
        return None
    return _plan(C, A, ordered, order, below)


def _plan(C: CsrPattern, A: CsrPattern, ordered: sparse.csc_array, order: Array, below: Pattern) -> SparsePlan:
    q, place = len(order), np.argsort(order)
    column = np.repeat(np.arange(q), np.diff(ordered.indptr))
    keys = np.minimum(ordered.indices, column) * q + np.maximum(ordered.indices, column)
    entries, into = np.unique(keys, return_inverse=True)
    placed = CsrPattern.of(
        sparse.csr_array(CsrPattern(C.indptr, C.indices, np.arange(C.nnz), C.shape).numbered[:, order])
    )
    pairs = RowPairs.of(placed)
    one, two = place[A.rows], place[A.indices]
    A_entries = np.searchsorted(entries, np.minimum(one, two) * q + np.maximum(one, two))
    low, high = np.divmod(entries, q)
    return SparsePlan(
        order,
        high,
        low,
        placed,
        pairs,
        np.searchsorted(entries, pairs.places).astype(pairs.places.dtype),
        A_entries,
        ordered.indptr,
        ordered.indices,
        into,
        below,
        below.place(high, low),
    )


class SparseSchurComplement:
    """Entries at a fixed pattern; arrays of arguments and results are in the factors' own order."""

    def __init__(self, sums: SparseSums, k: Array, d: Array) -> None:
        self.sums, self.plan = sums, sums.plan
        self.d = d[self.plan.order]
        self.S = sums.A - sums.update @ k
        row, column = self.plan.row, self.plan.column
        M = self.S * self.d[row] * self.d[column] + (row == column)
        self.lu = factor(self.plan.symmetric(M), "NATURAL")
        self.logdet_M = float(np.sum(np.log(self.lu.U.diagonal())))

    def _solved(self, c: Array) -> tuple[Array, Array]:
        """d c and M^-1 d c, in places."""
        right = c[self.plan.order] * self.d[:, None]
        return right, self.lu.solve(right)

    def _back(self, placed: Array) -> Array:
        out = np.empty_like(placed)
        out[self.plan.order] = placed
        return out

    def half_solves(self, c: Array) -> list[Array]:
        right, solved = self._solved(c)
        return [right[:, None], solved[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[1])

    def solve(self, c: Array) -> Array:
        return self._back(self._solved(c)[1])

    def S_times(self, B: Array) -> Array:
        return self._back(self.plan.symmetric(self.S) @ B[self.plan.order])

    def _M_inverse(self) -> Array:
        """M^-1 at the entries of S (E,)."""
        found, values = pattern_of(self.lu)
        known = self.plan.pattern
        if not np.array_equal(found.keys, known.keys):  # entries that are zero at these values are left out
            values = known.completed(found, values)
        return selected_inverse(self.lu, known, values)[self.plan.at]

    @cached_property
    def selected(self) -> tuple[Array, Array, Array]:
        row, column, M_inverse = self.plan.row, self.plan.column, self._M_inverse()
        K = M_inverse * self.d[row] * self.d[column]
        diagonal = np.empty(len(self.d))
        diagonal[row[row == column]] = K[row == column]
        first = 2 * (self.sums.update.T @ K) - self.sums.squares @ diagonal
        return np.asarray(first), self._back(diagonal), self._complement(M_inverse)

    def selected_sums(self, weights: Array) -> tuple[float, Array]:
        across, _, complement = self.selected
        return float(weights @ across), complement

    def covariances(self) -> tuple[Array, Array]:
        row, column, plan = self.plan.row, self.plan.column, self.plan
        K = self._M_inverse() * self.d[row] * self.d[column]
        across = np.empty(plan.C.nnz)
        across[plan.C.source] = plan.pairs.applied(self.sums.C.data, K[plan.update])
        return across, K[plan.A]

    def _complement(self, M_inverse: Array) -> Array:
        """Diagonal of S - S K_R S, from S d M^-1 = (S - S K_R S) d where d may be divided by."""
        row, column, q = self.plan.row, self.plan.column, len(self.d)
        product = self.S * M_inverse
        off = row != column
        right = np.bincount(row, product * self.d[column], q)
        right += np.bincount(column[off], product[off] * self.d[row[off]], q)
        small = np.abs(self.d) < WELL_CONDITIONED
        out = right / np.where(small, 1.0, self.d)
        if small.any():
            out[small] = self._complement_by_solving(np.flatnonzero(small))
        return self._back(out)

    def _complement_by_solving(self, which: Array) -> Array:
        S = self.plan.symmetric(self.S)
        out = S.diagonal()[which]
        for start in range(0, len(which), COLUMNS_AT_ONCE):
            here = slice(start, start + COLUMNS_AT_ONCE)
            dS = S[:, which[here]].toarray() * self.d[:, None]
            out[here] -= np.sum(dS * self.lu.solve(dS), axis=0)
        return np.asarray(out)

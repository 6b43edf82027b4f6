"""The remainder of crossed scalar factors at given templates: S (q, q), d (q,) on the diagonal of Lambda.

    M = I + d S d,   K_R = d M^-1 d

Dense: one lower triangle, LAPACK. Sparse: SuperLU and the inverse at the pattern of its factor. Both give the same five
things, and the parts of the adjoint that the largest factor needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsymm, dsyr2k
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, chunks
from ...numerics.stacks import cross
from .patterns import CsrPattern
from .schur_update import RowPairs, Update, UpdatePlan, squared
from .selected import Pattern, factor, pattern_of, selected_inverse

WELL_CONDITIONED = 1e-3  # templates above this may be divided by
SPARSE_FROM = 400  # columns of the remainder from which sparse arithmetic pays
SPARSE_FILL = 0.05  # ... if its factor is no fuller than this
COLUMNS_AT_ONCE = 128
COSTLY_REMAINDER = 1_000  # columns of a dense remainder from which a value takes seconds
REMAINDER_LIMIT = 40_000  # columns of the dense remainder: beyond this it needs more than 12 GB


def check_remainder(q: int) -> None:
    """NumericalError if a dense remainder of q effects is too large."""
    if q > REMAINDER_LIMIT:
        raise NumericalError(f"crossed factors leave {q} random effects beside the largest factor: too many")


class RemainderPlan(Protocol):
    """What a remainder has whatever the values of C and A, which fill it in."""

    def fill(self, C: Array, A: Array) -> RemainderSums:
        """From the values at the patterns of C and A."""


class RemainderSums(Protocol):
    """Values of a remainder before the elimination."""

    @property
    def kind(self) -> str:
        """Of arithmetic, in words."""

    @property
    def dense(self) -> bool:
        """Whether the arithmetic is dense."""

    def at(self, k: Array, d: Array) -> SchurComplement:
        """The remainder at given templates."""


class SchurComplement(Protocol):
    """S and d at given templates."""

    logdet_M: float

    def half_solves(self, c: Array) -> list[Array]:
        """Stacks (q, 1, k) of which `inner` makes c_1'd M^-1 d c_2."""

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'd M^-1 d c_2 (k_1, k_2) from the halves of c_1 and c_2."""

    def solve(self, c: Array) -> Array:
        """M^-1 d c for c (q, k)."""

    def S_times(self, B: Array) -> Array:
        """S B for B (q, k)."""

    def selected(self, Kc: Array, KcS: Array) -> tuple[Array, Array, Array]:
        """With S_RR = K_R + KcS Kc': c_j'S_RR c_j of the first factor's rows c_j (J,), the diagonal of S_RR (q,), and
        the diagonal of S - S K_R S (q,)."""

    def covariances(self) -> tuple[Array, Array]:
        """C K_R at the non-zeros of C, and K_R at those of A."""


@dataclass(frozen=True, eq=False)
class DensePlan:
    """A the pattern of the remainder (q, q); lower, which of its entries are on or below the diagonal."""

    update: UpdatePlan
    A: CsrPattern
    lower: Codes

    @classmethod
    def of(cls, C: CsrPattern, A: CsrPattern) -> DensePlan:
        check_remainder(A.shape[0])
        return cls(UpdatePlan.of(C), A, np.flatnonzero(A.rows >= A.indices))

    def fill(self, C: Array, A: Array) -> DenseSums:
        return DenseSums(self, self.update.fill(C), A)


@dataclass(frozen=True, eq=False)
class DenseSums:
    """The update of the remainder, and its values at the pattern of A."""

    plan: DensePlan
    update: Update
    A: Array

    kind: ClassVar[str] = "dense"
    dense: ClassVar[bool] = True

    @cached_property
    def lower(self) -> sparse.coo_array:
        """The lower triangle."""
        A, which = self.plan.A, self.plan.lower
        return sparse.coo_array((self.A[which], (A.rows[which], A.indices[which])), shape=A.shape)

    def at(self, k: Array, d: Array) -> DenseSchurComplement:
        return DenseSchurComplement(self, k, d)


class DenseSchurComplement:
    """LAPACK on one triangle each: `both` (q, q) holds S below its diagonal, R upper with R'R = M on and above it.

    The diagonal of S stands alone.
    """

    def __init__(self, sums: DenseSums, k: Array, d: Array) -> None:
        self.sums, self.d = sums, d
        update, A = sums.update, sums.lower
        S = update.square(k)
        np.negative(S, out=S)
        S[A.row, A.col] += A.data
        self.diagonal = np.diagonal(S).copy()
        mirror_lower(S, d)
        S[np.diag_indices_from(S)] = 1.0 + d * self.diagonal * d
        self.both, failed = dpotrf(S, lower=0, clean=0, overwrite_a=1)
        if failed:
            raise NumericalError("a matrix is not positive definite")
        self.logdet_M = 2 * float(np.sum(np.log(np.diagonal(self.both))))

    def half_solves(self, c: Array) -> list[Array]:
        half = solve_triangular(self.both, c * self.d[:, None], trans="T", check_finite=False)
        return [half[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[0])

    def solve(self, c: Array) -> Array:
        return np.asarray(dpotrs(self.both, c * self.d[:, None], lower=0)[0])

    def S_times(self, B: Array) -> Array:
        own = (self.diagonal - np.diagonal(self.both))[:, None]
        return np.asarray(dsymm(1.0, self.both, B, lower=1) + own * B)

    def selected(self, Kc: Array, KcS: Array) -> tuple[Array, Array, Array]:
        K = dpotri(self.both.copy(order="F"), lower=0, overwrite_c=1)[0]  # M^-1 on and above the diagonal
        complement = self._complement(K)
        K *= self.d[:, None]
        K *= self.d
        S_RR = mirror_upper(dsyr2k(0.5, KcS, Kc, beta=1.0, c=K, lower=0, overwrite_c=1))
        return self.sums.update.adjoint(S_RR), np.diagonal(S_RR).copy(), complement

    def covariances(self) -> tuple[Array, Array]:
        K = dpotri(self.both.copy(order="F"), lower=0, overwrite_c=1)[0]
        K *= self.d[:, None]
        K *= self.d
        K, A = mirror_upper(K), self.sums.plan.A
        return self.sums.update.applied(K), K[A.rows, A.indices]

    def _complement(self, M_inverse: Array) -> Array:
        """Diagonal of S - S K_R S, from S d M^-1 = (S - S K_R S) d where d may be divided by."""
        right = self.diagonal * np.diagonal(M_inverse) * self.d
        for at in chunks(len(right), COLUMNS_AT_ONCE):
            below = self.both[at.start :, at] * M_inverse[at, at.start :].T
            below[: at.stop - at.start] = np.tril(below[: at.stop - at.start], -1)
            right[at.start :] += below @ self.d[at]
            right[at] += self.d[at.start :] @ below
        small = np.flatnonzero(np.abs(self.d) < WELL_CONDITIONED)
        right[small] = 0.0
        out = right / np.where(np.abs(self.d) < WELL_CONDITIONED, 1.0, self.d)
        for at in chunks(len(small), COLUMNS_AT_ONCE):
            half = self.half_solves(self._columns(small[at]))[0][:, 0]
            out[small[at]] = self.diagonal[small[at]] - np.sum(half**2, axis=0)
        return np.asarray(out)

    def _columns(self, which: Array) -> Array:
        """Columns of S: (q, len(which))."""
        row = np.arange(len(self.d))[:, None]
        out = np.where(row > which, self.both[:, which], self.both[which].T)
        out[which, np.arange(len(which))] = self.diagonal[which]
        return np.asarray(out)


def mirror_lower(A: Array, d: Array) -> None:
    """Write d_r A_rs d_s of the lower triangle above the diagonal, in place; the diagonal is left alone."""
    for at in chunks(len(A), COLUMNS_AT_ONCE):
        A[: at.start, at] = A[at, : at.start].T * d[: at.start, None] * d[at]
        square = A[at, at]
        square[:] = np.tril(square) + np.triu(square.T * d[at, None] * d[at], 1)


def mirror_upper(A: Array) -> Array:
    """A symmetric matrix from its upper triangle, in place."""
    for at in chunks(len(A), COLUMNS_AT_ONCE):
        A[at, : at.start] = A[: at.start, at].T
        square = A[at, at]
        square[:] = np.triu(square) + np.triu(square, 1).T
    return A


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


def sparse_plan(C: CsrPattern, A: CsrPattern) -> SparsePlan | None:
    """The plan of a remainder with few entries, None where dense arithmetic is better.

    C (J, q) couples the first factor; A (q, q) is the remainder before the elimination.
    """
    q = A.shape[0]
    lengths = np.diff(C.indptr).astype(float)
    if q < SPARSE_FROM or np.sum(lengths * (lengths + 1)) / 2 > SPARSE_FILL * 10 * q * q:
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

    def selected(self, Kc: Array, KcS: Array) -> tuple[Array, Array, Array]:
        row, column, order = self.plan.row, self.plan.column, self.plan.order
        left, right, M_inverse = KcS[order], Kc[order], self._M_inverse()
        S_RR = M_inverse * self.d[row] * self.d[column]
        for m in range(Kc.shape[1]):
            S_RR = S_RR + 0.5 * (left[row, m] * right[column, m] + left[column, m] * right[row, m])
        diagonal = np.empty(len(order))
        diagonal[row[row == column]] = S_RR[row == column]
        first = 2 * (self.sums.update.T @ S_RR) - self.sums.squares @ diagonal
        return np.asarray(first), self._back(diagonal), self._complement(M_inverse)

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

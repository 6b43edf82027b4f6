"""The remainder of crossed scalar factors at given templates: S (q, q), d (q,) on the diagonal of Lambda.

    M = I + d S d,   K_R = d M^-1 d

Dense: one lower triangle, LAPACK. Sparse: SuperLU and the inverse at the pattern of its factor. Both give the same five
things, and the parts of the adjoint that the largest factor needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsymm, dsyr2k
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from ...errors import NumericalError
from ...numerics.linalg import Array, chunks
from ...numerics.stacks import cross
from .schur_update import Update, pair_entries
from .selected import Pattern, factor, pattern_of, selected_inverse

WELL_CONDITIONED = 1e-3  # templates above this may be divided by
SPARSE_FROM = 400  # columns of the remainder from which sparse arithmetic pays
SPARSE_FILL = 0.05  # ... if its factor is no fuller than this
COLUMNS_AT_ONCE = 128


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


class DenseSchurComplement:
    """LAPACK on one triangle each: `both` (q, q) holds S below its diagonal, R upper with R'R = M on and above it.

    The diagonal of S stands alone. A is the remainder before the elimination, its lower triangle.
    """

    def __init__(self, A: sparse.coo_array, update: Update, k: Array, d: Array) -> None:
        self.update, self.d = update, d
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
        return self.update.adjoint(S_RR), np.diagonal(S_RR).copy(), complement

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
class SparseStructure:
    """What all templates share: the ordering, the entries of S, the map of the update, the pattern of the factor.

    order   (q,) the effect in each place of the elimination order
    row, column  (E,) the entries of S, row >= column, in places; A (E,) their values before the elimination
    update  (E, J): entries from k;  squares (J, q) of C, columns in places
    into    data of the symmetric csc matrix (indptr, indices) -> entry
    at      (E,) the entries in the pattern of the factor
    """

    order: Array
    row: Array
    column: Array
    A: Array
    update: sparse.csc_array
    squares: sparse.csr_array
    indptr: Array
    indices: Array
    into: Array
    pattern: Pattern
    at: Array

    def symmetric(self, values: Array) -> sparse.csc_array:
        """The symmetric matrix with these entries (E,)."""
        q = len(self.order)
        return sparse.csc_array((values[self.into], self.indices, self.indptr), shape=(q, q))


def sparse_structure(C: sparse.csr_array, A: sparse.csr_array) -> SparseStructure | None:
    """The structure of a remainder with few entries, None where dense arithmetic is better.

    C (J, q) couples the first factor; A (q, q) is the remainder before the elimination.
    """
    q = A.shape[0]
    lengths = np.diff(C.indptr).astype(float)
    if q < SPARSE_FROM or np.sum(lengths * (lengths + 1)) / 2 > SPARSE_FILL * 10 * q * q:
        return None
    ones = sparse.csr_array((np.ones(C.nnz), C.indices, C.indptr), shape=C.shape)
    pattern = sparse.csc_array(ones.T @ ones + abs(A))
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
    return _structure(sparse.csr_array(C[:, order]), sparse.csc_array(A[order][:, order]), ordered, order, below)


def _structure(
    C: sparse.csr_array, A: sparse.csc_array, ordered: sparse.csc_array, order: Array, below: Pattern
) -> SparseStructure:
    q = len(order)
    column = np.repeat(np.arange(q), np.diff(ordered.indptr))
    keys = np.minimum(ordered.indices, column) * q + np.maximum(ordered.indices, column)
    entries, into = np.unique(keys, return_inverse=True)
    values, pair_keys, starts = pair_entries(C)
    update = sparse.csc_array((values, np.searchsorted(entries, pair_keys), starts), shape=(len(entries), C.shape[0]))
    A.sort_indices()
    A_column = np.repeat(np.arange(q), np.diff(A.indptr))
    lower = A.indices >= A_column
    A_entries = np.zeros(len(entries))
    A_entries[np.searchsorted(entries, A_column[lower] * q + A.indices[lower])] = A.data[lower]
    low, high = np.divmod(entries, q)
    squares = sparse.csr_array((C.data**2, C.indices, C.indptr), shape=C.shape)
    return SparseStructure(
        order,
        high,
        low,
        A_entries,
        update,
        squares,
        ordered.indptr,
        ordered.indices,
        into,
        below,
        below.place(high, low),
    )


class SparseSchurComplement:
    """Entries at a fixed pattern; arrays of arguments and results are in the factors' own order."""

    def __init__(self, structure: SparseStructure, k: Array, d: Array) -> None:
        self.structure = structure
        self.d = d[structure.order]
        self.S = structure.A - structure.update @ k
        row, column = structure.row, structure.column
        M = self.S * self.d[row] * self.d[column] + (row == column)
        self.lu = factor(structure.symmetric(M), "NATURAL")
        self.logdet_M = float(np.sum(np.log(self.lu.U.diagonal())))

    def _solved(self, c: Array) -> tuple[Array, Array]:
        """d c and M^-1 d c, in places."""
        right = c[self.structure.order] * self.d[:, None]
        return right, self.lu.solve(right)

    def _back(self, placed: Array) -> Array:
        out = np.empty_like(placed)
        out[self.structure.order] = placed
        return out

    def half_solves(self, c: Array) -> list[Array]:
        right, solved = self._solved(c)
        return [right[:, None], solved[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[1])

    def solve(self, c: Array) -> Array:
        return self._back(self._solved(c)[1])

    def S_times(self, B: Array) -> Array:
        return self._back(self.structure.symmetric(self.S) @ B[self.structure.order])

    def _M_inverse(self) -> Array:
        """M^-1 at the entries of S (E,)."""
        pattern, values = pattern_of(self.lu)
        known = self.structure.pattern
        if np.array_equal(pattern.keys, known.keys):
            return selected_inverse(self.lu, known, values)[self.structure.at]
        at = pattern.place(self.structure.row, self.structure.column)
        return selected_inverse(self.lu, pattern, values)[at]

    def selected(self, Kc: Array, KcS: Array) -> tuple[Array, Array, Array]:
        row, column, order = self.structure.row, self.structure.column, self.structure.order
        left, right, M_inverse = KcS[order], Kc[order], self._M_inverse()
        S_RR = M_inverse * self.d[row] * self.d[column]
        for m in range(Kc.shape[1]):
            S_RR = S_RR + 0.5 * (left[row, m] * right[column, m] + left[column, m] * right[row, m])
        diagonal = np.empty(len(order))
        diagonal[row[row == column]] = S_RR[row == column]
        first = 2 * (self.structure.update.T @ S_RR) - self.structure.squares @ diagonal
        return np.asarray(first), self._back(diagonal), self._complement(M_inverse)

    def _complement(self, M_inverse: Array) -> Array:
        """Diagonal of S - S K_R S, from S d M^-1 = (S - S K_R S) d where d may be divided by."""
        row, column, q = self.structure.row, self.structure.column, len(self.d)
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
        S = self.structure.symmetric(self.S)
        out = S.diagonal()[which]
        for start in range(0, len(which), COLUMNS_AT_ONCE):
            here = slice(start, start + COLUMNS_AT_ONCE)
            dS = S[:, which[here]].toarray() * self.d[:, None]
            out[here] -= np.sum(dS * self.lu.solve(dS), axis=0)
        return np.asarray(out)

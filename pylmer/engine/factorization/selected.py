"""Sparse symmetric positive definite matrices of one pattern: factor, and the inverse at the pattern of the factor.

SuperLU factors M = L D L' (no pivoting: M is positive definite). The entries of M^-1 on the pattern of L follow from
the last column backwards (Takahashi, Fagan & Chen 1973): with I the rows below the diagonal of column j,

    Z[I, j] = -Z[I, I] L[I, j],    Z[j, j] = 1 / d_j - L[I, j]'Z[I, j]

Columns of one depth in the elimination tree and one length are done together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from ...errors import NumericalError
from ...numerics.linalg import Array

SYMMETRIC = {"SymmetricMode": True}


def factor(M: sparse.csc_array, ordering: Literal["NATURAL", "MMD_AT_PLUS_A"]) -> SuperLU:
    """L D L' of a symmetric matrix; NumericalError if it is not positive definite."""
    try:
        lu: SuperLU = splu(M, permc_spec=ordering, diag_pivot_thresh=0.0, options=SYMMETRIC)
    except RuntimeError as error:
        raise NumericalError("a sparse matrix is not positive definite") from error
    if not np.all(lu.U.diagonal() > 0) or not np.array_equal(lu.perm_r, lu.perm_c):
        raise NumericalError("a sparse matrix is not positive definite")
    return lu


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the factor of a permuted matrix has entries: columns (indptr, rows), diagonal left out, rows ascending."""

    indptr: Array
    rows: Array
    q: int

    @cached_property
    def keys(self) -> Array:
        """column * q + row of every entry below the diagonal, ascending."""
        return np.repeat(np.arange(self.q), np.diff(self.indptr)) * self.q + self.rows

    def place(self, row: Array, column: Array) -> Array:
        """Index into (entries below the diagonal, then the diagonal) of Z[row, column]; -1 outside the pattern."""
        low, high = np.maximum(row, column), np.minimum(row, column)
        key = high * self.q + low
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1) if len(self.keys) else 0 * key
        found = self.keys[at] == key if len(self.keys) else np.zeros(len(key), bool)
        return np.where(row == column, len(self.keys) + row, np.where(found, at, -1))

    def completed(self, part: Pattern, values: Array) -> Array:
        """Values at the entries of a part of this pattern as values at all its entries, zero where there were none."""
        out = np.zeros(len(self.rows))
        at = np.searchsorted(self.keys[:-1], part.keys)
        if not np.array_equal(self.keys[at], part.keys):
            raise NumericalError("a sparse factor has entries outside its pattern")
        out[at] = values
        return out

    @cached_property
    def batches(self) -> list[tuple[Array, Array, Array]]:
        """Per depth and length k, from the root: columns (b,), places of Z[I, j] (b, k) and of Z[I, I] (b, k, k)."""
        lengths = np.diff(self.indptr)
        depth = np.zeros(self.q, dtype=int)
        for j in range(self.q - 1, -1, -1):
            if lengths[j]:
                depth[j] = depth[self.rows[self.indptr[j]]] + 1
        order = np.lexsort((lengths, depth))
        cuts = np.flatnonzero(np.diff(depth[order]) | np.diff(lengths[order])) + 1
        return [self._batch(columns, int(lengths[columns[0]])) for columns in np.split(order, cuts)]

    def _batch(self, columns: Array, k: int) -> tuple[Array, Array, Array]:
        below = self.indptr[columns][:, None] + np.arange(k)
        I = self.rows[below]  # noqa: E741  # the paper's letter
        pairs = self.place(np.repeat(I, k, axis=1).ravel(), np.tile(I, (1, k)).ravel())
        return columns, below, pairs.reshape(len(columns), k, k)


def pattern_of(lu: SuperLU) -> tuple[Pattern, Array]:
    """The pattern of L below the diagonal and its values (SuperLU keeps padded zeros: they are part of the pattern)."""
    L = sparse.csc_array(lu.L)
    L.sort_indices()
    below = np.ones(L.nnz, bool)
    below[L.indptr[:-1]] = False
    indptr = L.indptr.astype(np.int64) - np.arange(len(L.indptr))
    return Pattern(indptr, L.indices[below].astype(np.int64), L.shape[0]), L.data[below]


def selected_inverse(lu: SuperLU, pattern: Pattern, values: Array) -> Array:
    """Entries of M^-1 at the pattern: those below the diagonal, then the diagonal."""
    Z = np.zeros(len(values) + pattern.q)
    pivots = lu.U.diagonal()
    for columns, below, pairs in pattern.batches:
        l = values[below]  # noqa: E741
        z = -np.matmul(Z[pairs], l[:, :, None])[:, :, 0]
        Z[below] = z
        Z[len(values) + columns] = 1 / pivots[columns] - np.sum(l * z, axis=1)
    return Z

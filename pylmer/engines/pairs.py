"""The update of the remainder by scalar levels, S -= sum_j k_j c_j c_j', and its adjoint.

c_j (q,) is the sparse row of level j. The update is linear in k: where the pairs of non-zeros are few enough, one
constant sparse matrix maps k to the entries of S and its transpose is the adjoint (engine.md section 4); else slabs of
dense rows.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dsyrk

from ..linalg import Array

MAP_LIMIT = 20_000_000  # non-zeros of the map: 240 MB
SLAB_CELLS = 8_000_000  # cells of a slab of dense rows


class Update(Protocol):
    """Lower triangles are Fortran-ordered (q, q) arrays, zero above the diagonal."""

    def square(self, k: Array) -> Array:
        """sum_j k_j c_j c_j', its lower triangle."""

    def adjoint(self, S: Array) -> Array:
        """c_j' S c_j for the symmetric S whose lower triangle is given: (J,)."""


def make_update(C: sparse.csr_array) -> Update:
    """The cheaper of the two ways for the rows of C (J, q)."""
    lengths = np.diff(C.indptr).astype(float)
    return PairMap(C) if np.sum(lengths * (lengths + 1)) / 2 <= MAP_LIMIT else Slabs(C)


class PairMap:
    """One row for each entry of S, one column for each level."""

    def __init__(self, C: sparse.csr_array) -> None:
        C.sort_indices()
        self.q = C.shape[1]
        lengths = np.diff(C.indptr)
        level = np.repeat(np.arange(C.shape[0]), lengths)
        left = C.indptr[level + 1] - np.arange(C.nnz)  # partners at or behind each non-zero of its row
        first = np.repeat(np.arange(C.nnz), left)
        second = np.arange(len(first)) - np.repeat(np.cumsum(left) - left, left) + first
        entry = C.indices[first].astype(np.int64) * self.q + C.indices[second]
        pairs = np.concatenate([[0], np.cumsum(lengths * (lengths + 1) // 2)])
        values = C.data[first] * C.data[second]
        self.map = sparse.csc_array((values, entry, pairs), shape=(self.q * self.q, C.shape[0]))
        self.squares = sparse.csr_array((C.data**2, C.indices, C.indptr), shape=C.shape)

    def square(self, k: Array) -> Array:
        return (self.map @ k).reshape(self.q, self.q).T

    def adjoint(self, S: Array) -> Array:
        return np.asarray(2 * (self.map.T @ S.T.ravel()) - self.squares @ np.diagonal(S))


class Slabs:
    """Dense rows of C, a slab at a time."""

    def __init__(self, C: sparse.csr_array) -> None:
        self.C = C
        size = max(1, SLAB_CELLS // max(1, C.shape[1]))
        self.slabs = [slice(at, min(at + size, C.shape[0])) for at in range(0, C.shape[0], size)]

    def square(self, k: Array) -> Array:
        out = np.zeros((self.C.shape[1],) * 2, order="F")
        for at in self.slabs:
            rows = self.C[at].toarray() * np.sqrt(k[at])[:, None]
            out = dsyrk(1.0, rows.T, beta=1.0, c=out, lower=1, overwrite_c=1)
        return out

    def adjoint(self, S: Array) -> Array:
        full = S + np.tril(S, -1).T
        return np.concatenate([np.einsum("jq,jq->j", self.C[at].toarray(), self.C[at] @ full) for at in self.slabs])

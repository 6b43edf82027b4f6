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
PAIRS_AT_ONCE = 200_000  # pairs made at once while the map is built
SLAB_CELLS = 8_000_000  # cells of a slab of dense rows


class Update(Protocol):
    """Lower triangles are Fortran-ordered (q, q) arrays; `square` gives zeros above, `adjoint` reads nothing there."""

    def square(self, k: Array) -> Array:
        """sum_j k_j c_j c_j', its lower triangle."""

    def adjoint(self, S: Array) -> Array:
        """c_j' S c_j for the symmetric S whose lower triangle is given: (J,)."""


def make_update(C: sparse.csr_array) -> Update:
    """The cheaper of the two ways for the rows of C (J, q)."""
    lengths = np.diff(C.indptr).astype(float)
    return PairMap(C) if np.sum(lengths * (lengths + 1)) / 2 <= MAP_LIMIT else Slabs(C)


def pair_entries(C: sparse.csr_array) -> tuple[Array, Array, Array]:
    """Products of the non-zeros of each row of C (J, q) with those at or behind them.

    Values, places (smaller column * q + larger column), and where each row begins (J + 1,).
    """
    C.sort_indices()
    lengths = np.diff(C.indptr).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths * (lengths + 1) // 2)])
    values = np.empty(starts[-1])
    places = np.empty(starts[-1], dtype=np.int32 if C.shape[1] ** 2 < 2**31 else np.int64)
    cuts = np.searchsorted(starts, np.arange(0, starts[-1], PAIRS_AT_ONCE))
    for first_row, end_row in zip(cuts, [*cuts[1:], len(lengths)], strict=True):
        here = slice(starts[first_row], starts[end_row])
        values[here], places[here] = _pairs(C, lengths, int(first_row), int(end_row))
    return values, places, starts


def _pairs(C: sparse.csr_array, lengths: Array, first_row: int, end_row: int) -> tuple[Array, Array]:
    """Values and places of the pairs of some rows."""
    begin, end = C.indptr[first_row], C.indptr[end_row]
    data, columns = C.data[begin:end], C.indices[begin:end].astype(np.int64)
    ends = np.repeat(C.indptr[first_row + 1 : end_row + 1] - begin, lengths[first_row:end_row])
    left = ends - np.arange(end - begin)  # partners of each non-zero
    first = np.repeat(np.arange(end - begin), left)
    second = np.arange(len(first)) - np.repeat(np.cumsum(left) - left, left) + first
    return data[first] * data[second], columns[first] * C.shape[1] + columns[second]


class PairMap:
    """One row for each entry of S, one column for each level."""

    def __init__(self, C: sparse.csr_array) -> None:
        self.q = C.shape[1]
        values, places, starts = pair_entries(C)
        self.map = sparse.csc_array((values, places, starts), shape=(self.q * self.q, C.shape[0]))
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
        full = np.tril(S) + np.tril(S, -1).T
        return np.concatenate([np.einsum("jq,jq->j", self.C[at].toarray(), self.C[at] @ full) for at in self.slabs])

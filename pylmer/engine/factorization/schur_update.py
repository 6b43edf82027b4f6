"""The update of the remainder by scalar levels, S -= sum_j k_j c_j c_j', and its adjoint.

c_j (q,) is the sparse row of level j. The update is linear in k: one constant sparse matrix maps k to the entries of S,
and its transpose is the adjoint (engine.md section 4). Its non-zeros grow with the square of a row's length, so the
longest rows are multiplied as slabs of dense ones when the map would become too large.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dsymm, dsyrk

from ...numerics.linalg import Array, chunks

MAP_LIMIT = 12_000_000  # non-zeros of the map: 144 MB
PAIRS_AT_ONCE = 100_000  # pairs made at once while the map is built
SLAB_CELLS = 4_000_000  # cells of a slab of dense rows


def pair_entries(C: sparse.csr_array) -> tuple[Array, Array, Array]:
    """Products of the non-zeros of each row of C (J, q) with those at or behind them.

    Values, places (smaller column * q + larger column), and where each row begins (J + 1,).
    """
    C.sort_indices()
    lengths = np.diff(C.indptr).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths * (lengths + 1) // 2)])
    values = np.empty(starts[-1])
    places = np.empty(starts[-1], dtype=np.int32 if max(C.shape[1] ** 2, starts[-1]) < 2**31 else np.int64)
    cuts = np.searchsorted(starts, np.arange(0, starts[-1], PAIRS_AT_ONCE))
    for first_row, end_row in zip(cuts, [*cuts[1:], len(lengths)], strict=True):
        here = slice(starts[first_row], starts[end_row])
        values[here], places[here] = _pairs(C, lengths, int(first_row), int(end_row))
    return values, places, starts.astype(places.dtype)  # of one type, so that scipy copies neither


def _pairs(C: sparse.csr_array, lengths: Array, first_row: int, end_row: int) -> tuple[Array, Array]:
    """Values and places of the pairs of some rows."""
    begin, end = C.indptr[first_row], C.indptr[end_row]
    data, columns = C.data[begin:end], C.indices[begin:end].astype(np.int64)
    ends = np.repeat(C.indptr[first_row + 1 : end_row + 1] - begin, lengths[first_row:end_row])
    left = ends - np.arange(end - begin)  # partners of each non-zero
    first = np.repeat(np.arange(end - begin), left)
    second = np.arange(len(first)) - np.repeat(np.cumsum(left) - left, left) + first
    return data[first] * data[second], columns[first] * C.shape[1] + columns[second]


class Update:
    """C (J, q): `square` and `adjoint` of all rows. Lower triangles are Fortran-ordered (q, q) arrays."""

    def __init__(self, C: sparse.csr_array) -> None:
        self.J, self.q = C.shape
        lengths = np.diff(C.indptr).astype(np.int64)
        order = np.argsort(lengths, kind="stable")
        fits = np.cumsum((lengths * (lengths + 1) // 2)[order]) <= MAP_LIMIT
        self.short, self.long = np.sort(order[fits]), np.sort(order[~fits])
        self.rows = C[self.long]
        mapped = C if not len(self.long) else sparse.csr_array(C[self.short])
        values, places, starts = pair_entries(mapped)
        self.map = sparse.csc_array((values, places, starts), shape=(self.q * self.q, len(self.short)))
        self.squares = sparse.csr_array((mapped.data**2, mapped.indices, mapped.indptr), shape=mapped.shape)

    def square(self, k: Array) -> Array:
        """sum_j k_j c_j c_j', its lower triangle, zero above."""
        out = (self.map @ k[self.short]).reshape(self.q, self.q).T
        for at, dense in self._slabs():
            scaled = dense * np.sqrt(k[self.long[at]])[:, None]
            out = dsyrk(1.0, scaled.T, beta=1.0, c=out, lower=1, overwrite_c=1)
        return out

    def adjoint(self, S: Array) -> Array:
        """c_j'S c_j (J,) for the symmetric S whose lower triangle is given; nothing above it is read."""
        out = np.empty(self.J)
        out[self.short] = 2 * (self.map.T @ S.T.ravel()) - self.squares @ np.diagonal(S)
        for at, dense in self._slabs():
            out[self.long[at]] = np.sum(dense * dsymm(1.0, S, dense.T, lower=1).T, axis=1)
        return out

    def _slabs(self) -> Iterator[tuple[slice, Array]]:
        """Places within the long rows, and these rows, dense."""
        return ((at, self.rows[at].toarray()) for at in chunks(len(self.long), max(1, SLAB_CELLS // self.q)))

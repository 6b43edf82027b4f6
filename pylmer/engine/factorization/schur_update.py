"""The update of the remainder by scalar levels, S -= sum_j k_j c_j c_j', and its adjoint.

c_j (q,) is the sparse row of level j. The update is linear in k: one constant sparse matrix maps k to the entries of S,
and its transpose is the adjoint (engine.md section 4). Its non-zeros grow with the square of a row's length, so the
longest rows are multiplied as slabs of dense ones when the map would become too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dsymm, dsyrk

from ...numerics.linalg import Array, Codes, chunks
from .patterns import CsrPattern

MAP_LIMIT = 12_000_000  # non-zeros of the map: 144 MB
SHORT_MAP_LIMIT = 30_000_000  # ... where the rows are short: a slab has SHORT^2 times as many cells as they have pairs
SHORT = 30
PAIRS_AT_ONCE = 100_000  # pairs made at once while the map is built
SLAB_CELLS = 4_000_000  # cells of a slab of dense rows


@dataclass(frozen=True, eq=False)
class RowPairs:
    """Of a sparse C (J, q): the N pairs of the non-zeros of each row with those at or behind them.

    left    (nnz,) partners of each non-zero, itself the first;  second (N,) which non-zeros they are
    places  (N,) smaller column * q + larger column
    starts  (J + 1,) where the pairs of each row begin;  indptr (J + 1,) where its non-zeros do
    """

    indptr: Array
    left: Array
    second: Array
    places: Array
    starts: Array

    @classmethod
    def of(cls, C: CsrPattern) -> RowPairs:
        lengths = np.diff(C.indptr).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths * (lengths + 1) // 2)])
        integer = np.int32 if max(C.shape[1] ** 2, starts[-1]) < 2**31 else np.int64
        left = np.repeat(C.indptr[1:].astype(np.int64), lengths) - np.arange(C.nnz)
        second, places = (np.empty(starts[-1], dtype=integer) for _ in range(2))
        out = cls(C.indptr, left, second, places, starts.astype(integer))
        columns = C.indices.astype(integer)
        for some, here in out._parts():
            before = np.cumsum(left[some]) - left[some]
            start = (np.arange(some.start, some.stop) - before).astype(integer)
            second[here] = np.arange(here.stop - here.start, dtype=integer) + np.repeat(start, left[some])
            places[here] = np.repeat(columns[some] * C.shape[1], left[some]) + columns[second[here]]
        return out

    def products(self, data: Array) -> Array:
        """Of the values (nnz,) of C, those of both partners multiplied: (N,)."""
        out = np.empty(len(self.second))
        for some, here in self._parts():
            np.multiply(np.repeat(data[some], self.left[some]), data[self.second[here]], out=out[here])
        return out

    def applied(self, data: Array, S: Array) -> Array:
        """C S at the non-zeros of C (nnz,), for a symmetric S of which the entry of each pair is given (N,)."""
        out = np.zeros(len(data))
        for some, here in self._parts():
            left, second, entries = self.left[some], self.second[here], S[here]
            own = np.cumsum(left) - left  # the pair of each non-zero with itself
            out[some] += np.add.reduceat(entries * data[second], own) - entries[own] * data[some]
            more = entries * np.repeat(data[some], left)
            out[some] += np.bincount(second - some.start, more, some.stop - some.start)
        return out

    def _parts(self) -> Iterator[tuple[slice, slice]]:
        """Non-zeros and pairs of some rows at a time."""
        cuts = np.searchsorted(self.starts, np.arange(0, self.starts[-1], PAIRS_AT_ONCE))
        for first, end in pairwise([*cuts, len(self.starts) - 1]):
            if self.starts[first] < self.starts[end]:
                yield slice(self.indptr[first], self.indptr[end]), slice(self.starts[first], self.starts[end])


@dataclass(frozen=True, eq=False)
class UpdatePlan:
    """short, long: rows of C that stand in the map, and those that are multiplied as slabs; their own patterns."""

    C: CsrPattern
    short: Codes
    long: Codes
    of_short: CsrPattern
    of_long: CsrPattern
    pairs: RowPairs

    @classmethod
    def of(cls, C: CsrPattern) -> UpdatePlan:
        own = C.by_entry
        lengths = np.diff(C.indptr).astype(np.int64)
        order = np.argsort(lengths, kind="stable")
        limit = np.where(SHORT * lengths[order] < C.shape[1], SHORT_MAP_LIMIT, MAP_LIMIT)
        fits = np.cumsum((lengths * (lengths + 1) // 2)[order]) <= limit
        short, long = np.sort(order[fits]), np.sort(order[~fits])
        if not len(long):
            return cls(C, short, long, own, CsrPattern.of(own.numbered[long]), RowPairs.of(own))
        of_short, of_long = (CsrPattern.of(sparse.csr_array(own.numbered[rows])) for rows in (short, long))
        return cls(C, short, long, of_short, of_long, RowPairs.of(of_short))

    def fill(self, data: Array) -> Update:
        """The update by the rows of C with these values (nnz,)."""
        return Update(self, data)


class Update:
    """C (J, q): `square` and `adjoint` of all rows. Lower triangles are Fortran-ordered (q, q) arrays."""

    def __init__(self, plan: UpdatePlan, data: Array) -> None:
        self.plan, self.short, self.long = plan, plan.short, plan.long
        self.J, self.q = plan.C.shape
        self.mapped, self.rows = plan.of_short.filled(data), plan.of_long.filled(data)
        entries = (plan.pairs.products(self.mapped.data), plan.pairs.places, plan.pairs.starts)
        self.map = sparse.csc_array(entries, shape=(self.q * self.q, len(self.short)))
        self.squares = squared(self.mapped)

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

    def applied(self, S: Array) -> Array:
        """C S at the non-zeros of C (nnz,), for the symmetric S whose lower triangle is given."""
        out = np.empty(self.plan.C.nnz)
        out[self.plan.of_short.source] = self.plan.pairs.applied(self.mapped.data, S.T.ravel()[self.plan.pairs.places])
        for at, dense in self._slabs():
            some = slice(self.rows.indptr[at.start], self.rows.indptr[at.stop])
            row = self.plan.of_long.rows[some] - at.start
            product = dsymm(1.0, S, dense.T, lower=1)
            out[self.plan.of_long.source[some]] = product[self.rows.indices[some], row]
        return out

    def _slabs(self) -> Iterator[tuple[slice, Array]]:
        """Places within the long rows, and these rows, dense."""
        return ((at, self.rows[at].toarray()) for at in chunks(len(self.long), max(1, SLAB_CELLS // self.q)))


def squared(C: sparse.csr_array) -> sparse.csr_array:
    """C with its entries squared."""
    return sparse.csr_array((C.data**2, C.indices, C.indptr), shape=C.shape)

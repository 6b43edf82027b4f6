"""Sparse matrices of one pattern whose values are filled in again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, Codes
from ..sums.gram import Incidence


@dataclass(frozen=True, eq=False)
class CsrPattern:
    """Where a sparse matrix has entries, columns ascending in each row.

    source  (nnz,) where in a row of values each entry comes from
    """

    indptr: Array
    indices: Array
    source: Codes
    shape: tuple[int, int]

    @classmethod
    def of(cls, numbered: sparse.csr_array) -> CsrPattern:
        """The pattern of a matrix whose entries are the places of its values, counted from one."""
        numbered.sort_indices()
        return cls(numbered.indptr, numbered.indices, numbered.data.astype(np.int64) - 1, numbered.shape)

    @property
    def nnz(self) -> int:
        """Number of entries."""
        return len(self.source)

    @property
    def by_entry(self) -> CsrPattern:
        """The same, for values that are those of the entries."""
        return CsrPattern(self.indptr, self.indices, np.arange(self.nnz), self.shape)

    @property
    def numbered(self) -> sparse.csr_array:
        """The matrix whose entries are the places of its values, counted from one."""
        return sparse.csr_array((self.source + 1, self.indices, self.indptr), shape=self.shape)

    @property
    def rows(self) -> Codes:
        """Row of each entry."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    def filled(self, values: Array) -> sparse.csr_array:
        """The matrix with these values."""
        return sparse.csr_array((values[self.source], self.indices, self.indptr), shape=self.shape)


def coupling_pattern(incidence: Incidence) -> CsrPattern:
    """C (q_1, q_R): the first factor with all others side by side."""
    others = range(1, len(incidence.shapes))
    return CsrPattern.of(sparse.csr_array(sparse.hstack([_between(incidence, 0, g) for g in others], format="csr")))


def remainder_pattern(incidence: Incidence, others: Sequence[int] | None = None) -> CsrPattern:
    """A_RR (q_R, q_R): all factors but the first, or those that are named."""
    others = range(1, len(incidence.shapes)) if others is None else others
    blocks = [[_block(incidence, g, h) for h in others] for g in others]
    return CsrPattern.of(sparse.csr_array(sparse.block_array(blocks, format="csr")))


def crossed_route(terms: str, C: CsrPattern, kind: str) -> str:
    """How crossed factors are eliminated, in words; `kind` is that of the remainder."""
    J, q = C.shape
    return (
        f"crossed grouping factors ({terms}): the largest is eliminated level by level, {q} effects of the others "
        f"form a {kind} remainder; their coupling is {100 * C.nnz / max(1, J * q):.2g} % full"
    )


def _block(incidence: Incidence, g: int, h: int) -> sparse.csr_array:
    if g == h:
        return _own(incidence, g)
    return _between(incidence, g, h) if g < h else sparse.csr_array(_between(incidence, h, g).T)


def _own(incidence: Incidence, f: int) -> sparse.csr_array:
    J, L = incidence.shapes[f]
    numbers = np.ascontiguousarray(incidence.places[0][f] + 1)
    return sparse.csr_array(sparse.bsr_array((numbers, np.arange(J), np.arange(J + 1)), shape=(J * L, J * L)).tocsr())


def _between(incidence: Incidence, f: int, g: int) -> sparse.csr_array:
    (J, L), (K, M), pairs = incidence.shapes[f], incidence.shapes[g], incidence.pairs[f, g]
    indptr = np.searchsorted(pairs.first, np.arange(J + 1)).astype(np.int32)
    numbers = np.ascontiguousarray(incidence.places[1][f, g] + 1)
    blocks = sparse.bsr_array((numbers, pairs.second.astype(np.int32), indptr), shape=(J * L, K * M))
    return sparse.csr_array(blocks.tocsr())

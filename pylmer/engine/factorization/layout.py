"""Effects of several factors side by side: (q, k) <-> per factor (J, L, k)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, transposed
from ..sums.gram import FactorSums


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the effects of each factor stand; J levels of L effects each."""

    factors: tuple[FactorSums, ...]

    @cached_property
    def places(self) -> list[tuple[slice, int, int]]:
        """The effects of each factor, J and L."""
        ends = np.cumsum([sums.q for sums in self.factors])
        return [(slice(end - sums.q, end), sums.J, sums.L) for end, sums in zip(ends, self.factors, strict=True)]

    def split(self, flat: Array) -> list[Array]:
        """(q, k) -> per factor (J, L, k)."""
        return [flat[at].reshape(J, L, -1) for at, J, L in self.places]

    def blocks(self, A: Array) -> list[Array]:
        """Diagonal blocks (J, L, L) of A (q, q)."""
        return [block.copy() for block in self._blocks(A)]

    def block_diagonal(self, T: Sequence[Array]) -> Array:
        """(q, q) with J copies of the template T (L, L) of each factor on the diagonal."""
        out = np.zeros((sum(sums.q for sums in self.factors),) * 2)
        for block, t in zip(self._blocks(out), T, strict=True):
            block[:] = t
        return out

    def _blocks(self, A: Array) -> list[Array]:
        """The diagonal blocks as views."""
        return [np.einsum("jajb->jab", A[at, at].reshape(J, L, J, L)) for at, J, L in self.places]

    def row_products(self, A: Array, B: Array) -> list[Array]:
        """Diagonal blocks (J, L, L) of A B' for A, B (q, k), as row sums of products."""
        return [a @ transposed(b) for a, b in zip(self.split(A), self.split(B), strict=True)]


def joined(parts: Sequence[Array]) -> Array:
    """Per factor (J, L, k) -> (q, k)."""
    return np.concatenate([flat(part) for part in parts])


def flat(part: Array) -> Array:
    """(J, L, k) -> (J L, k); k may be 0."""
    return part.reshape(part.shape[0] * part.shape[1], part.shape[2])

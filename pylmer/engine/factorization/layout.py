"""Effects of several factors side by side: (q, k) <-> per factor (J, L, k)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, Codes, transposed
from ..sums.gram import Pairs
from .contract import Covariances


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the effects of each factor stand; shapes (J, L): J levels of L effects each."""

    shapes: tuple[tuple[int, int], ...]

    @cached_property
    def places(self) -> list[tuple[slice, int, int]]:
        """The effects of each factor, J and L."""
        ends = np.cumsum([J * L for J, L in self.shapes])
        return [(slice(end - J * L, end), J, L) for end, (J, L) in zip(ends, self.shapes, strict=True)]

    @property
    def q(self) -> int:
        """Number of effects."""
        return sum(J * L for J, L in self.shapes)

    def split(self, flat: Array) -> list[Array]:
        """(q, k) -> per factor (J, L, k)."""
        return [flat[at].reshape(J, L, -1) for at, J, L in self.places]

    def blocks(self, A: Array) -> list[Array]:
        """Diagonal blocks (J, L, L) of A (q, q)."""
        return [block.copy() for block in self._blocks(A)]

    def block_diagonal(self, T: Sequence[Array]) -> Array:
        """(q, q) with J copies of the template T (L, L) of each factor on the diagonal."""
        out = np.zeros((self.q, self.q))
        for block, t in zip(self._blocks(out), T, strict=True):
            block[:] = t
        return out

    def _blocks(self, A: Array) -> list[Array]:
        """The diagonal blocks as views."""
        return [np.einsum("jajb->jab", A[at, at].reshape(J, L, J, L)) for at, J, L in self.places]

    def within(self, f: int) -> tuple[Codes, Codes]:
        """Rows and columns of the effects of each level of a factor: (J, L, 1) and (J, 1, L)."""
        at, J, L = self.places[f]
        effects = np.arange(at.start, at.stop).reshape(J, L)
        return effects[:, :, None], effects[:, None, :]

    def picked(self, K: Array, pairs: dict[tuple[int, int], Pairs]) -> Covariances:
        """Of K (q, q) the blocks of the levels (J, L, L), and of the pairs of levels (P, L_f, L_g)."""
        return self.blocks(K), {(f, g): K[self.between(f, g, each)] for (f, g), each in pairs.items()}

    def between(self, f: int, g: int, pairs: Pairs) -> tuple[Codes, Codes]:
        """Rows and columns of the effects of each pair of levels of two factors: (P, L_f, 1) and (P, 1, L_g)."""
        (one, _, L), (two, _, K) = self.places[f], self.places[g]
        rows = one.start + pairs.first[:, None] * L + np.arange(L)
        columns = two.start + pairs.second[:, None] * K + np.arange(K)
        return rows[:, :, None], columns[:, None, :]

    def row_products(self, A: Array, B: Array) -> list[Array]:
        """Diagonal blocks (J, L, L) of A B' for A, B (q, k), as row sums of products."""
        return [a @ transposed(b) for a, b in zip(self.split(A), self.split(B), strict=True)]


def joined(parts: Sequence[Array]) -> Array:
    """Per factor (J, L, k) -> (q, k)."""
    return np.concatenate([flat(part) for part in parts])


def flat(part: Array) -> Array:
    """(J, L, k) -> (J L, k); k may be 0."""
    return part.reshape(part.shape[0] * part.shape[1], part.shape[2])

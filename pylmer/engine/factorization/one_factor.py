"""One grouping factor at given templates: sums over its levels, from what a value leaves at hand.

With A, C = Z'[X y] and h = B C of every level (`level_elimination`), and BA = B A, the adjoint of one factor needs no
block of a level by itself (engine.md section 1):

    N C = C - (BA)'h = Z'V^-1[X y],    Z'V^-1Z = A - (BA)'(BA) .
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from ...numerics.linalg import Array, transposed
from ...numerics.stacks import cross, product
from .blocked import Elimination, EliminationFactorization
from .level_elimination import Level


class ByLevels(Elimination, Protocol):
    """An elimination level by level, of the first factor first."""

    levels: list[Level]


class OneFactorization(EliminationFactorization):
    """V at given templates of the terms on one factor."""

    elimination: ByLevels

    @property
    def level(self) -> Level:
        """All levels of the factor, eliminated."""
        return self.elimination.levels[0]

    @cached_property
    def BA(self) -> Array:
        """(J, L, L)."""
        return product(self.level.B, self.level.A)

    @cached_property
    def NC(self) -> Array:
        """Z'V^-1[X y] (J, L, p + 1)."""
        return self.engine.gram.factors[0].ZtXy - product(transposed(self.BA), self.half_solves[0])

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        u = product(transposed(self.level.inverse), product(self.half_solves[0], v))
        return [u], [product(self.level.T, u)], self.solved(v)

    def solved(self, v: Array) -> list[Array]:
        return [product(self.NC, v)]

    def selected_sums(self, S: Array) -> list[Array]:
        known = self.engine.gram.factors[0].total - cross(self.BA, self.BA)
        if not S.any():
            return [known]
        return [known - cross(transposed(product(self.NC, S)), transposed(self.NC))]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        (own,), p = s, self.engine.gram.p
        half = product(self.BA, own)
        return cross(own, product(self.level.A, own)) - cross(half, half), cross(self.NC[:, :, :p], own)

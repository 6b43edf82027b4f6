"""One grouping factor at given templates: sums over its levels, from what a value leaves at hand.

With A, C = Z'[X y] and h = B C of every level (`level_elimination`), and BA = B A, the adjoint of one factor needs no
block of a level by itself (engine.md section 1):

    N C = C - (BA)'h = Z'V^-1[X y],    Z'V^-1Z = A - (BA)'(BA) .
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from ...numerics.linalg import Array, cholesky, transposed
from ...numerics.stacks import LONG, cross, product
from ..sums.gram import Gram
from .blocked import Elimination, EliminationFactorization
from .contract import Fixed
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


def fixed_parts(gram: Gram, T: Array) -> list[Fixed] | None:
    """The fixed parts at templates T (m, L, L) of one factor, all at once; None of many levels, where that is slow.

    NumericalError if the arithmetic fails at one of them.
    """
    sums, at = gram.factors[0], T[:, None]
    if len(T) * sums.J > LONG:
        return None
    chol = cholesky(np.eye(sums.L) + transposed(at) @ sums.ZtZ @ at)
    half = (np.linalg.inv(chol) @ transposed(at) @ sums.ZtXy).reshape(len(T), sums.q, gram.p + 1)
    reduced = gram.XytXy - transposed(half) @ half
    logdet_V = 2 * np.log(chol.diagonal(0, -2, -1)).sum(axis=(1, 2))
    return [Fixed.solved(*both) for both in zip(reduced, logdet_V.tolist(), strict=True)]

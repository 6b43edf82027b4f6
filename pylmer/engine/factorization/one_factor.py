"""One grouping factor at a given template: sums over its levels, from what a value leaves at hand.

With A, C = Z'[X y] and h = B C of every level (`level_elimination`), and BA = B A, the adjoint of one factor needs no
block of a level by itself (engine.md section 1):

    N C = C - (BA)'h = Z'V^-1[X y],    Z'V^-1Z = A - (BA)'(BA) .
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...numerics.linalg import Array, cholesky, log_diagonal
from ...numerics.stacks import LONG, cross, flat, product
from ..sums.gram import Gram
from .blocked import EliminationFactorization
from .contract import Fixed, PlacedTangents
from .level_elimination import Level

if TYPE_CHECKING:
    from .blocked import Elimination, EliminationEngine


class OneFactorization(EliminationFactorization):
    """V at the template T of the terms on one factor; `as_chain` makes the elimination that other words ask."""

    def __init__(self, engine: EliminationEngine, T: Array, as_chain: Callable[[Level], Elimination]) -> None:
        sums = engine.gram.factors[0]
        self.engine, self.sums, self.as_chain = engine, sums, as_chain
        self.level = Level.eliminated(T, sums.ZtZ, sums.ZtZ[:, :, :0])
        self.half = product(self.level.B, sums.ZtXy)
        self.log_determinant = 2 * log_diagonal(self.level.chol)

    @property
    def logdet_V(self) -> float:
        return self.log_determinant

    @cached_property
    def elimination(self) -> Elimination:  # type: ignore[override]  # made when asked for
        return self.as_chain(self.level)

    @property
    def half_solves(self) -> list[Array]:
        return [self.half]

    @property
    def _forward(self) -> tuple[list[Array], list[Array]]:  # type: ignore[override]  # nothing to compute
        return [self.sums.ZtXy], [self.half]

    @cached_property
    def fixed(self) -> Fixed:
        return Fixed.solved(self.engine.gram.XytXy - cross(self.half, self.half), self.log_determinant)

    @cached_property
    def adjoint(self) -> tuple[Array, Array]:
        """Z'V^-1Z (J, L, L) and Z'V^-1[X y] (J, L, p + 1)."""
        BA = product(self.level.B, self.level.A)
        turned = BA.swapaxes(-1, -2)
        return self.level.A - product(turned, BA), self.sums.ZtXy - product(turned, self.half)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        u = product(self.level.inverse.swapaxes(-1, -2), product(self.half, v))
        return [u], [product(self.level.T, u)], self.solved(v)

    def solved(self, v: Array) -> list[Array]:
        return [product(self.adjoint[1], v)]

    def selected_sums(self, S: Array) -> list[Array]:
        D, NC = self.adjoint
        known = D.sum(axis=0)
        if not S.any():
            return [known]
        return [known - cross(product(NC, S).swapaxes(-1, -2), NC.swapaxes(-1, -2))]

    def along(self, g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> tuple[Array, Array]:
        """Sums over levels of products of g with Z'V^-1Z and X'V^-1Z, whatever the number of tangents, then these."""
        (own,), (D, NC), E = g, self.adjoint, _on_one_factor(tangents, self.sums.L)
        k, L, J = len(E), self.sums.L, self.sums.J
        E = E.reshape(k, L * L)
        squares = (own.T[:, None] * own.T[None]).reshape(L * L, J)
        gDg = (squares @ flat(D).T).reshape(L, L, L, L).transpose(2, 0, 3, 1).reshape(L * L, L * L)
        XVg = (flat(NC) @ own).reshape(L, -1, L).swapaxes(0, 1).reshape(-1, L * L)
        return E @ gDg @ E.T, XVg[:-1] @ E.T

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        (own,), (D, NC) = s, self.adjoint
        return cross(own, product(D, own)), cross(NC[:, :, :-1], own)


def _on_one_factor(tangents: Sequence[PlacedTangents], L: int) -> Array:
    """Derivatives of Sigma (k, L, L) of all terms on the factor."""
    if len(tangents) == 1:
        return tangents[0][2]
    out = np.zeros((sum(len(E) for _, _, E in tangents), L, L))
    first = 0
    for _, at, E in tangents:
        out[first : first + len(E), at, at] = E
        first += len(E)
    return out


def fixed_parts(gram: Gram, T: Array) -> list[Fixed] | None:
    """The fixed parts at templates T (m, L, L) of one factor, all at once; None of many levels, where that is slow.

    NumericalError if the arithmetic fails at one of them.
    """
    sums, at = gram.factors[0], T[:, None]
    if len(T) * sums.J > LONG:
        return None
    turned = at.swapaxes(-1, -2)
    chol = cholesky(np.eye(sums.L) + turned @ sums.ZtZ @ at)
    half = (np.linalg.inv(chol) @ turned @ sums.ZtXy).reshape(len(T), sums.q, gram.p + 1)
    reduced = gram.XytXy - half.swapaxes(-1, -2) @ half
    logdet_V = 2 * np.log(chol.diagonal(0, -2, -1)).sum(axis=(1, 2))
    return [Fixed.solved(*both) for both in zip(reduced, logdet_V.tolist(), strict=True)]

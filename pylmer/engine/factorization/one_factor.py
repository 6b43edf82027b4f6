"""One grouping factor with few columns, at a given template: all levels together, in arrays with the levels last.

With A = Z'Z and C = Z'[X y] of every level, M = I + T'A T = L L' and B = L^-1 T' (`level_elimination`), one elimination
turns [M | T'A | T'C] into [L' | BA | h], and its adjoint needs no block of a level by itself (engine.md section 1):

    [X y]'V^-1[X y] = [X y]'[X y] - sum of h'h,    Z'V^-1[Z X y] = [A C] - (BA)'[BA h] .
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, products_between, products_of_rows
from ...numerics.stacks import sum_of_logs
from .blocked import EliminationFactorization
from .contract import Covariances, Fixed, PlacedTangents

if TYPE_CHECKING:
    from .blocked import Elimination, EliminationEngine

NARROW = 6  # columns up to which levels are eliminated together
STACKED = 3_000  # levels of all places together up to which several places are one stack


class OneFactorization(EliminationFactorization):
    """V at the template T of the terms on one factor; what is not of the criterion goes through the `elimination`.

    AC  [A C] (L, L + p + 1, J), and what else is to be eliminated: `beside`, the number of these columns
    """

    def __init__(self, engine: EliminationEngine, T: Array, AC: Array, beside: int = 0) -> None:
        self.engine, self.T, self.AC, self.end = engine, T, AC, AC.shape[1] - beside

    @cached_property
    def elimination(self) -> Elimination:  # type: ignore[override]  # made when asked for
        return self.engine.eliminated([self.T])

    @cached_property
    def halves(self) -> tuple[Array, Array]:
        """BA (L, L, J), h (L, p + 1, J) and what is beside them, side by side, and the pivots (L, J)."""
        return eliminated(self.T, self.AC)

    @cached_property
    def reduced(self) -> tuple[Array, Array, float]:
        """The halves, [X y]'V^-1[X y], log|V|."""
        BAh, pivots = self.halves
        rest = self.engine.gram.XytXy
        for h in BAh[:, len(self.T) : self.end]:
            rest = rest - products_of_rows(h)
        return BAh, rest, sum_of_logs(pivots)

    @cached_property
    def fixed(self) -> Fixed:
        _, rest, logdet_V = self.reduced
        return Fixed.solved(rest, logdet_V)

    @cached_property
    def turned(self) -> Array:
        """AC - (BA)'[BA h ...], of all columns."""
        L, (first, *more) = len(self.T), self.halves[0]
        out: Array = self.AC - first[:L, None] * first
        for row in more:
            out -= row[:L, None] * row
        return out

    @cached_property
    def adjoint(self) -> Array:
        """Z'V^-1[Z X y] (L, L + p + 1, J)."""
        return self.turned[:, : self.end]

    @cached_property
    def inverse_roots(self) -> Array:
        """L^-1 of every M, (L, L, J)."""
        (L, _, J), turned = self.AC.shape, self.T.T
        return inverse_roots(np.matmul(turned, (turned @ self.AC[:, :L].reshape(L, -1)).reshape(L, L, J)))

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """u = L^-T h v and b = T u, which no T divides."""
        L, h = len(self.T), self.halves[0][:, len(self.T) : self.end]
        u = np.add.reduce(self.inverse_roots[:, :, None] * np.matmul(v.T, h)[:, None], axis=0)
        b = (self.T @ u.reshape(L, -1)).reshape(u.shape)
        return [u.transpose(2, 0, 1)], [b.transpose(2, 0, 1)], self.solved(v)

    def covariances(self) -> Covariances:
        """B'B with B = L^-1 T'."""
        return [squared(np.matmul(self.T, self.inverse_roots)).transpose(2, 0, 1)], {}

    def own(self, v: Array) -> Array:
        """Z'V^-1[X y] v of each level: (L, J)."""
        return np.asarray(v @ self.adjoint[:, len(self.T) :])

    def solved(self, v: Array) -> list[Array]:
        return [np.matmul(v.T, self.adjoint[:, len(self.T) :]).transpose(2, 0, 1)]

    def penalized(self, Phi: Array | None) -> Array:
        """The sum over levels of Z'V^-1Z - Z'V^-1X Phi X'V^-1Z, or of its first part: (L, L)."""
        return self._less(self.adjoint[:, len(self.T) : -1], Phi)

    def _less(self, C: Array, S: Array | None) -> Array:
        """The sum over levels of Z'V^-1Z - C_j S C_j', for C (L, k, J); of its first part without S."""
        L = len(self.T)
        known = np.asarray(np.add.reduce(self.adjoint[:, :L], axis=2))
        if S is None or not len(S):
            return known
        return np.asarray(known - products_between(np.matmul(S, C).reshape(L, -1), C.reshape(L, -1)))

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        if S.any():
            return super().selected_inverse(S)
        return [self.adjoint[:, : len(self.T)].transpose(2, 0, 1)], self.covariances()[0]

    def selected_sums(self, S: Array) -> list[Array]:
        return [self._less(self.adjoint[:, len(self.T) :], S if S.any() else None)]

    def products_with(self, own: Array) -> tuple[Array, Array]:
        """Sums over levels of own own' (x) Z'V^-1Z (L^2, L^2) and X'V^-1Z (x) own' (p, L^2), `own` (L, J)."""
        L = len(self.T)
        squares = (own[:, None] * own).reshape(L * L, -1)
        gDg = products_between(squares, self.adjoint[:, :L].reshape(L * L, -1))
        XVg = products_between(self.adjoint[:, L:-1].reshape(-1, own.shape[1]), own)
        gDg = gDg.reshape(L, L, L, L).transpose(2, 0, 3, 1).reshape(L * L, L * L)
        return gDg, XVg.reshape(L, -1, L).swapaxes(0, 1).reshape(-1, L * L)

    def along(self, g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> tuple[Array, Array]:
        """Sums over levels of products of g with Z'V^-1Z and X'V^-1Z, whatever the number of tangents, then these."""
        E = on_one_factor(tangents, len(self.T)).reshape(-1, len(self.T) ** 2)
        gDg, XVg = self.products_with(g[0].T)
        return E @ gDg @ E.T, XVg @ E.T


def eliminated(T: Array, AC: Array) -> tuple[Array, Array]:
    """[BA h] (L, L + p + 1, J) and the pivots of all M (L, J) at the template T."""
    L, _, J = AC.shape
    if L == 1:
        return _eliminated_scalars(float(T[0, 0]), AC)
    BAh = (T.T @ AC.reshape(L, -1)).reshape(L, -1, J)
    return BAh, eliminate(np.matmul(T.T, BAh[:, :L]), BAh)


def _eliminated_scalars(t: float, AC: Array) -> tuple[Array, Array]:
    """`eliminated` of one column: (1 + t^2 A)^-1/2 t [A C]."""
    pivots = scalar_pivots(t, AC[:, 0])
    return AC * (t / np.sqrt(pivots)), pivots


def scalar_pivots(t: float, A: Array) -> Array:
    """1 + t^2 A of one column; NumericalError where one is not positive."""
    pivots = A * (t * t)  # infinite where t**2 would be an error of Python
    pivots += 1.0
    return _positive(pivots)


def _positive(pivots: Array) -> Array:
    if not np.minimum.reduce(pivots, axis=None, initial=1.0) > 0:
        raise NumericalError("a matrix is not positive definite")
    return pivots


def eliminate(M: Array, W: Array) -> Array:
    """W (L, k, J) becomes L^-1 W for every I + M (L, L, J) = L L'; the pivots (L, J), squares of the diagonal of L.

    NumericalError where one is not positive definite.
    """
    width, _, J = W.shape
    pivots = np.empty((width, J))
    for j in range(width):
        root, row = np.sqrt(_positive(np.add(M[j, j], 1.0, out=pivots[j]))), W[j]
        row /= root
        if j + 1 < width:
            beside = M[j, j + 1 :] / root
            W[j + 1 :] -= beside[:, None] * row
            M[j + 1 :, j + 1 :] -= beside[:, None] * beside
    return pivots


def inverse_roots(M: Array) -> Array:
    """L^-1 (L, L, J) for every I + M (L, L, J) = L L'; M is lost."""
    W = np.empty(M.shape)
    W[:] = np.eye(len(M))[:, :, None]
    eliminate(M, W)
    return W


def squared(H: Array) -> Array:
    """H'H of every level: (L, L, J)."""
    return np.asarray(np.add.reduce(H[:, :, None] * H[:, None], axis=0))


def on_one_factor(tangents: Sequence[PlacedTangents], L: int) -> Array:
    """Derivatives of Sigma (k, L, L) of all terms on the factor."""
    if len(tangents) == 1:
        return tangents[0][2]
    out = np.zeros((sum(len(E) for _, _, E in tangents), L, L))
    first = 0
    for _, at, E in tangents:
        out[first : first + len(E), at, at] = E
        first += len(E)
    return out


def reduced_at(XytXy: Array, AC: Array, T: Array) -> tuple[Array, Array] | None:
    """[X y]'V^-1[X y] (m, p + 1, p + 1) and log|V| (m,) at templates T (m, L, L); None of many levels, where slow.

    NumericalError if the arithmetic fails at one of them.
    """
    (m, L, _), (_, width, J) = T.shape, AC.shape
    if m * J > STACKED:
        return None
    turned = T.swapaxes(-1, -2)
    W = (turned @ AC.reshape(L, -1)).reshape(m, L, width, J)
    M = turned[:, None] @ W[:, :, :L]
    BAh = W.transpose(1, 2, 0, 3).reshape(L, width, m * J)
    pivots = eliminate(M.transpose(1, 2, 0, 3).reshape(L, L, m * J), BAh)
    h = BAh[:, L:].reshape(L, width - L, m, J).transpose(2, 0, 1, 3)
    rest = XytXy - (h @ h.swapaxes(-1, -2)).sum(axis=1)
    return rest, np.log(pivots).reshape(L, m, J).sum(axis=(0, 2))

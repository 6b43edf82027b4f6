"""One grouping factor at variances of any size: what lies within levels apart from what lies between them.

Eliminating levels gives X'V^-1X = X'X - X'Z K Z'X. Where the variances are large, K is nearly (Z'Z)^-1, and of a column
that is constant within levels nothing but rounding is left. With C_j = A_j^+ Z_j'[X y], the coefficients of each level,

    [X y]'V^-1[X y] = S + sum_j C_j' A_j^1/2 (I + A_j^1/2 Sigma A_j^1/2)^-1 A_j^1/2 C_j,
    S = [X y]'[X y] - sum_j C_j' A_j C_j,

nothing is subtracted from the second part, and in S the columns that lie in the levels' span are exactly zero
(Gelman & Hill 2007, 12.5: regressions by group, then one of their coefficients). So theta may go to infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, chunks, log_diagonal, rows_for_factor, transposed, triangular_factor
from ...numerics.stacks import cross
from ..sums.gram import Gram
from .contract import Covariances, Fixed, IncidentRows, SummedBlocks

RANK = 1e-12  # an eigenvalue of Z_j'Z_j, or what is left of a column's sum of squares, relative, that is rounding


class BetweenParts(Protocol):
    """What lies between levels, and within them; see `BetweenEngine`."""

    root: Array
    half: Array
    within: Array


class BetweenFactorization(SummedBlocks):
    """V at the template T (L, L); see `pls.Factorization`.

    With A_j = Q diag(a) Q' and G_j = diag(a)^1/2 Q'T, `inverse` is L^-1 (J, L, L) where L L' = I + G G'.
    """

    def __init__(self, engine: BetweenParts, T: Array) -> None:
        self.engine, self.T = engine, T
        self.G = transposed(engine.root) @ T
        L = transposed(_triangular(transposed(self.G)))
        self.logdet_V = 2 * float(np.log(np.abs(np.diagonal(L, axis1=1, axis2=2))).sum())
        self.inverse = np.linalg.inv(L)

    @cached_property
    def fixed(self) -> Fixed:
        between = self.inverse @ self.engine.half
        p = between.shape[2] - 1
        parts = (self.engine.within, between.reshape(-1, p + 1))
        R = triangular_factor((part[at] for part in parts for at in chunks(len(part), rows_for_factor(p + 1))), p + 1)
        if not np.all(np.diag(R)[:p] > 0):
            raise NumericalError("X'V^-1X is not positive definite at this theta")
        L_X = R[:p, :p].T
        beta = np.linalg.solve(L_X.T, R[:p, p])
        return Fixed(beta, L_X, float(R[p, p] ** 2), self.logdet_V, 2 * log_diagonal(L_X))

    def _solved(self, c: Array) -> Array:
        """(I + G G')^-1 c for c (J, L, k)."""
        return np.asarray(transposed(self.inverse) @ (self.inverse @ c))

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        w = self._solved(self.engine.half @ v)
        u = transposed(self.G) @ w
        return [u], [self.T @ u], [self.engine.root @ w]

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        root, w = self.engine.root, self._solved(self.engine.half)
        ZtVXy, b = root @ w, self.T @ (transposed(self.G) @ w)
        half = self.inverse @ transposed(root)
        B = self.T @ np.linalg.inv(_triangular(self.G))
        D = transposed(half) @ half - ZtVXy @ S @ transposed(ZtVXy)
        return [D], [B @ transposed(B) + b @ S @ transposed(b)]

    def solve(self, c: Sequence[Array]) -> list[Array]:
        B = self.T @ np.linalg.inv(_triangular(self.G))
        return [B @ (transposed(B) @ c[0])]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        half = self.inverse @ (transposed(self.engine.root) @ s[0])
        return cross(half, half), cross(self.inverse @ self.engine.half[:, :, :-1], half)

    def covariances(self) -> Covariances:
        B = self.T @ np.linalg.inv(_triangular(self.G))
        return [B @ transposed(B)], {}

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())


class BetweenEngine:
    """Sums of one grouping factor -> factorization.

    root    Q diag(a)^1/2 (J, L, L): A_j = root root'
    half    diag(a)^(+1/2) Q'Z'[X y] (J, L, p + 1)
    within  R (p + 1, p + 1) with R'R = S; a row of zeros for a column that the levels span
    """

    name = "between"
    costly = False
    estimable = False
    far = False
    nested = False
    shared = None
    route = "one grouping factor: within levels, and between them"

    def __init__(self, gram: Gram) -> None:
        self._gram = gram
        (sums,) = gram.factors
        values, Q = level_spectra(sums.ZtZ)
        roots = np.sqrt(values)[:, None, :]
        self.root = Q * roots
        self.half = transposed(Q * np.divide(1, roots, out=np.zeros_like(roots), where=roots > 0)) @ sums.ZtXy
        self.within = aliased_factor(gram.XytXy - cross(self.half, self.half), np.diag(gram.XytXy))

    @property
    def gram(self) -> Gram:
        return self._gram

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision: sums lose what they subtract."""
        return float(self._gram.XytXy[-1, -1]) / r2

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return [self._gram.factors[0].ZtZ @ s[0]]

    def combined(self, M: Array) -> BetweenEngine:
        return BetweenEngine(self._gram.combined(M))

    def factorize(self, T: Sequence[Array]) -> BetweenFactorization:
        return BetweenFactorization(self, self._gram.factor_templates(T)[0])


def _triangular(G: Array) -> Array:
    """Upper triangular R (J, L, L) with R'R = I + G'G."""
    stacked = np.concatenate([np.broadcast_to(np.eye(G.shape[2]), G.shape), G], axis=1)
    return np.asarray(np.linalg.qr(stacked, mode="r"))


def level_spectra(A: Array) -> tuple[Array, Array]:
    """Eigenvalues (J, L), zero where they are rounding, and eigenvectors (J, L, L) of a stack of A_j >= 0."""
    values, Q = np.linalg.eigh(A)
    return np.where(values > RANK * np.maximum(values[:, -1:], 0), values, 0.0), Q


def aliased_factor(S: Array, total: Array) -> Array:
    """Upper triangular R with R'R = S (k, k); a row is zero once no more than RANK of `total` is left of its column.

    The last column, the response, is never called aliased: what is left of it is the residual sum of squares.
    """
    rest, R = S.copy(), np.zeros_like(S)
    for k, least in enumerate([*(RANK * total[:-1]), 0.0]):
        if rest[k, k] > least:
            R[k, k:] = rest[k, k:] / np.sqrt(rest[k, k])
            rest -= np.outer(R[k], R[k])
    return R

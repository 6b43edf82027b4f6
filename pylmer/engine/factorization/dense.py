"""The plain oracle: V (n, n) formed from its definition, every quantity from design.md section 3.

It is slow on purpose and stays for ever: other engines are tested against it, quantity by quantity.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, cholesky, log_diagonal
from ..sums.gram import Gram, Pairs
from ..sums.rows import Rows
from ..sums.scaling import scaled_fixed, scaled_random
from .contract import Covariances, Fixed, IncidentRows, SummedBlocks
from .layout import Layout


class DenseFactorization(SummedBlocks):
    """V at given templates; see `pls.Factorization`."""

    def __init__(self, Xy: Array, Z: list[Array], T: list[Array], pairs: dict[tuple[int, int], Pairs]) -> None:
        self.pairs = pairs
        self.Xy, self.Z, self.T = Xy, Z, T  # Xy (n, p + 1); Z per factor (n, J, L); T per factor (L, L)
        V = np.eye(Xy.shape[0])
        for z, t in zip(Z, T, strict=True):
            half = (z @ t).reshape(len(z), -1)
            V += half @ half.T
        chol = cholesky(V)
        self.logdet_V = 2 * log_diagonal(chol)
        self.inverse = np.linalg.inv(V)

    @cached_property
    def fixed(self) -> Fixed:
        return Fixed.solved(self.Xy.T @ self.inverse @ self.Xy, self.logdet_V)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        Vr = self.inverse @ (self.Xy @ v)
        ZtVr = [np.einsum("nja,nk->jak", z, Vr) for z in self.Z]
        u = [t.T @ g for t, g in zip(self.T, ZtVr, strict=True)]
        return u, [t @ x for t, x in zip(self.T, u, strict=True)], ZtVr

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        cross = self.inverse @ self.Xy
        Q = self.inverse - cross @ S @ cross.T
        D = [_level_blocks(z, Q) for z in self.Z]
        own = [_level_blocks(z, self.inverse) for z in self.Z]
        Sigma = [t @ t.T for t in self.T]
        E = []
        for z, s, block in zip(self.Z, Sigma, own, strict=True):
            half = np.einsum("nja,nk->jak", z, cross)
            E.append(s - s @ block @ s + s @ (half @ S @ np.swapaxes(half, 1, 2)) @ s)
        return D, E

    def solve(self, c: Sequence[Array]) -> list[Array]:
        s = [t @ (t.T @ x) for t, x in zip(self.T, c, strict=True)]
        VZs = self.inverse @ _combined(self.Z, s)
        g = [np.einsum("nja,nk->jak", z, VZs) for z in self.Z]
        return [x - t @ (t.T @ y) for t, x, y in zip(self.T, s, g, strict=True)]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        W = _combined(self.Z, s)
        VW = self.inverse @ W
        return W.T @ VW, self.Xy[:, :-1].T @ VW

    def covariances(self) -> Covariances:
        n, shapes = len(self.Xy), tuple((z.shape[1], z.shape[2]) for z in self.Z)
        layout = Layout(shapes)
        Sigma = layout.block_diagonal([t @ t.T for t in self.T])
        half = np.hstack([z.reshape(n, -1) for z in self.Z]) @ Sigma
        return layout.picked(Sigma - half.T @ self.inverse @ half, self.pairs)

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())


def _combined(Z: list[Array], s: Sequence[Array]) -> Array:
    """Z s (n, k) for s per factor (J, L, k)."""
    parts = [np.einsum("nja,jak->nk", z, x) for z, x in zip(Z, s, strict=True)]
    return np.asarray(sum(parts, start=np.zeros(())))


def _level_blocks(z: Array, Q: Array) -> Array:
    """Blocks z_j' Q z_j (J, L, L) of z (n, J, L)."""
    return np.array([z[:, j].T @ Q @ z[:, j] for j in range(z.shape[1])])


class DenseEngine:
    """The oracle engine: holds the scaled rows themselves."""

    name = "dense"
    route = "V formed plainly from the rows"
    costly = False
    estimable = False
    nested = False
    far = False
    shared = None

    def __init__(self, gram: Gram, rows: Rows) -> None:
        self._gram = gram
        whole = slice(0, rows.n)
        self.Xy = scaled_fixed(rows, gram.scaling, whole)
        self.Z = []
        for factor in gram.factors:
            z = np.zeros((rows.n, factor.J, factor.L))
            codes = rows.terms[factor.terms[0]].codes
            z[np.arange(rows.n), codes] = scaled_random(rows, gram.scaling, factor.terms, whole)
            self.Z.append(z)

    @property
    def gram(self) -> Gram:
        return self._gram

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision: sums lose what they subtract."""
        return float(self._gram.XytXy[-1, -1]) / r2

    def combined(self, M: Array) -> DenseEngine:
        other = copy.copy(self)
        other._gram, other.Xy = self._gram.combined(M), self.Xy @ M
        return other

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        Zs = _combined(self.Z, s)
        return [np.einsum("nja,nk->jak", z, Zs) for z in self.Z]

    def factorize(self, T: Sequence[Array]) -> DenseFactorization:
        return DenseFactorization(self.Xy, self.Z, self._gram.factor_templates(T), self._gram.incidence.pairs)

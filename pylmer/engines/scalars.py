"""Crossed factors with one scalar term each, at given templates: the fast case of `crossed`.

The largest factor is eliminated level by level, k_j = t^2 / (1 + t^2 a_j); the others form one dense remainder, of
which only the lower triangle is ever formed. With d the templates of the remainder on its diagonal

    M = I + d S d = L L',   K_R = d M^-1 d
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsymm, dsyr2k
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from ..errors import NumericalError
from ..gram import Gram
from ..linalg import Array
from .pairs import Update

WELL_CONDITIONED = 1e-3  # templates above this may be divided by


class CrossedScalars:
    """C (J, q) couples the first factor to the remainder, whose cross-products A_RR (q, q) are a lower triangle."""

    def __init__(self, gram: Gram, C: sparse.csr_array, A_RR: Array, update: Update, T: list[Array]) -> None:
        self.gram, self.C, self.update = gram, C, update
        self.t, self.a = float(T[0][0, 0]), gram.factors[0].ZtZ[:, 0, 0]
        self.m = 1.0 + self.t**2 * self.a
        self.k = self.t**2 / self.m
        self.d = np.repeat([float(t[0, 0]) for t in T[1:]], [sums.J for sums in gram.factors[1:]])
        self.S = A_RR - update.square(self.k)
        M = self.S * self.d[:, None]
        M *= self.d
        M[np.diag_indices_from(M)] += 1.0
        self.chol, failed = dpotrf(M, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise NumericalError("a matrix is not positive definite")
        diagonal = np.diagonal(self.chol)
        self.logdet_V = float(np.sum(np.log(self.m)) + 2 * np.sum(np.log(diagonal)))

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c per factor (J, 1, k) -> the same as the elimination leaves them, and their half solves."""
        first = columns[0][:, 0]
        half = first * (self.t / np.sqrt(self.m))[:, None]
        rest = np.concatenate([c[:, 0] for c in columns[1:]]) - self.C.T @ (first * self.k[:, None])
        half_rest = solve_triangular(self.chol, rest * self.d[:, None], lower=True, check_finite=False)
        return [columns[0], *self._split(rest)], [half[:, None], *self._split(half_rest)]

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides that `forward` has reduced."""
        rest = self._joined(reduced[1:])
        u_rest = self._solve(rest)
        b_rest = u_rest * self.d[:, None]
        c = reduced[0][:, 0] - self.C @ b_rest
        u = c * (self.t / self.m)[:, None]
        b = self.t * u
        parts = (u, u_rest), (b, b_rest), (c - self.a[:, None] * b, rest - self._S_times(b_rest))
        one, two, three = ([first[:, None], *self._split(other)] for first, other in parts)
        return one, two, three

    def spread(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.spread`; the adjoint of the elimination."""
        U, c = reduced[0][:, 0], self._joined(reduced[1:])
        Kc = self._solve(c) * self.d[:, None]
        KcS = Kc @ S
        S_RR = dsyr2k(0.5, KcS, Kc, beta=1.0, c=self.K_R, lower=1)
        N_c = c - self._S_times(Kc)
        D_rest = self._complement - np.sum((N_c @ S) * N_c, axis=1)
        US = U @ S
        H = np.sum(US * U, axis=1) - 2 * np.sum((self.C @ KcS) * U, axis=1) + self.update.adjoint(S_RR)
        N = 1.0 / self.m
        D = self.a * N - H * N**2
        E = self.k + self.k**2 * H
        return [D[:, None, None], *self._blocks(D_rest)], [E[:, None, None], *self._blocks(np.diagonal(S_RR))]

    @cached_property
    def M_inverse(self) -> Array:
        """Lower triangle of M^-1 (q, q); what stands above the diagonal means nothing."""
        return np.asarray(dpotri(self.chol, lower=1)[0])

    @cached_property
    def K_R(self) -> Array:
        """Lower triangle of d M^-1 d, zero above."""
        K = np.tril(self.M_inverse)
        K *= self.d[:, None]
        K *= self.d
        return np.asfortranarray(K)

    @cached_property
    def _complement(self) -> Array:
        """Diagonal of S - S K_R S (q,); from S d M^-1 = (S - S K_R S) d where d may be divided by."""
        product = self.S * self.M_inverse  # zero above the diagonal, as S is
        diagonal = np.diagonal(product)
        right = product @ self.d + self.d @ product - diagonal * self.d
        small = np.abs(self.d) < WELL_CONDITIONED
        out = right / np.where(small, 1.0, self.d)
        if small.any():
            full = self.S + np.tril(self.S, -1).T
            W = solve_triangular(self.chol, full[:, small] * self.d[:, None], lower=True, check_finite=False)
            out[small] = np.diagonal(self.S)[small] - np.sum(W**2, axis=0)
        return np.asarray(out)

    def _solve(self, c: Array) -> Array:
        """M^-1 d c for c (q, k)."""
        return np.asarray(dpotrs(self.chol, c * self.d[:, None], lower=1)[0])

    def _S_times(self, B: Array) -> Array:
        return np.asarray(dsymm(1.0, self.S, B, lower=1))

    @staticmethod
    def _joined(parts: Sequence[Array]) -> Array:
        return np.concatenate([part[:, 0] for part in parts])

    def _split(self, flat: Array) -> list[Array]:
        """(q, k) -> per factor (J, 1, k)."""
        return np.split(flat[:, None], np.cumsum([sums.J for sums in self.gram.factors[1:]])[:-1])

    def _blocks(self, diagonal: Array) -> list[Array]:
        """(q,) -> per factor (J, 1, 1)."""
        return self._split(diagonal[:, None])

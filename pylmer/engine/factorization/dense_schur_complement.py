"""The remainder of crossed scalar factors by dense arithmetic: one lower triangle, LAPACK. See `remainder`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsymm
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, chunks
from ...numerics.stacks import cross
from .patterns import CsrPattern
from .schur_complement import COLUMNS_AT_ONCE, ESTIMABLE_REMAINDER, WELL_CONDITIONED, check_remainder
from .schur_update import Update, UpdatePlan

NOTHING = 1e-30  # weights of sums that nothing is left of


@dataclass(frozen=True, eq=False)
class DensePlan:
    """A the pattern of the remainder (q, q); lower, which of its entries are on or below the diagonal."""

    update: UpdatePlan
    A: CsrPattern
    lower: Codes

    @classmethod
    def of(cls, C: CsrPattern, A: CsrPattern) -> DensePlan:
        check_remainder(A.shape[0])
        return cls(UpdatePlan.of(C), A, np.flatnonzero(A.rows >= A.indices))

    def fill(self, C: Array, A: Array) -> DenseSums:
        return DenseSums(self, self.update.fill(C), A)


@dataclass(frozen=True, eq=False)
class DenseSums:
    """The update of the remainder, and its values at the pattern of A."""

    plan: DensePlan
    update: Update
    A: Array

    kind: ClassVar[str] = "dense"
    dense: ClassVar[bool] = True

    @cached_property
    def lower(self) -> sparse.coo_array:
        """The lower triangle."""
        A, which = self.plan.A, self.plan.lower
        return sparse.coo_array((self.A[which], (A.rows[which], A.indices[which])), shape=A.shape)

    def at(self, k: Array, d: Array) -> DenseSchurComplement:
        return DenseSchurComplement(self, k, d)


class DenseSchurComplement:
    """LAPACK on one triangle each: `both` (q, q) holds S below its diagonal, R upper with R'R = M on and above it.

    The diagonal of S stands alone.
    """

    def __init__(self, sums: DenseSums, k: Array, d: Array) -> None:
        self.sums, self.d = sums, d
        update, A = sums.update, sums.lower
        S = update.square(k)
        np.negative(S, out=S)
        S[A.row, A.col] += A.data
        self.diagonal = np.diagonal(S).copy()
        mirror_lower(S, d)
        S[np.diag_indices_from(S)] = 1.0 + d * self.diagonal * d
        self.both, failed = dpotrf(S, lower=0, clean=0, overwrite_a=1)
        if failed:
            raise NumericalError("a matrix is not positive definite")
        self.logdet_M = 2 * float(np.sum(np.log(np.diagonal(self.both))))

    def half_solves(self, c: Array) -> list[Array]:
        half = solve_triangular(self.both, c * self.d[:, None], trans="T", check_finite=False)
        return [half[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[0])

    def solve(self, c: Array) -> Array:
        return np.asarray(dpotrs(self.both, c * self.d[:, None], lower=0)[0])

    def S_times(self, B: Array) -> Array:
        own = (self.diagonal - np.diagonal(self.both))[:, None]
        return np.asarray(dsymm(1.0, self.both, B, lower=1) + own * B)

    @cached_property
    def selected(self) -> tuple[Array, Array, Array]:
        K = self._M_inverse()
        complement = self._complement(K)
        K *= self.d[:, None]
        K *= self.d
        return self.sums.update.adjoint(mirror_upper(K)), np.diagonal(K).copy(), complement

    def _M_inverse(self) -> Array:
        """M^-1 on and above the diagonal."""
        return np.asarray(dpotri(self.both.copy(order="F"), lower=0, overwrite_c=1)[0])

    def selected_sums(self, weights: Array) -> tuple[float, Array]:
        absorbed = np.max(weights, initial=0.0) < NOTHING  # levels of a factor whose variance is infinite
        if "selected" in self.__dict__ or (len(self.d) <= ESTIMABLE_REMAINDER and not absorbed):
            known, _, complement = self.selected  # a second square is worth it of long rows
            return float(weights @ known), complement
        K = self._M_inverse()
        complement = self._complement(K)
        if absorbed:
            return 0.0, complement
        across = self.sums.update.square(weights)
        total = float(self.d**2 * np.diagonal(K) @ np.diagonal(across))
        for at in chunks(len(K), COLUMNS_AT_ONCE):
            below = across[at.start :, at] * K[at, at.start :].T
            below[: at.stop - at.start] = np.tril(below[: at.stop - at.start], -1)
            total += 2 * float(self.d[at.start :] @ below @ self.d[at])
        return total, complement

    def covariances(self) -> tuple[Array, Array]:
        K = self._M_inverse()
        K *= self.d[:, None]
        K *= self.d
        K, A = mirror_upper(K), self.sums.plan.A
        return self.sums.update.applied(K), K[A.rows, A.indices]

    def _complement(self, M_inverse: Array) -> Array:
        """Diagonal of S - S K_R S, from S d M^-1 = (S - S K_R S) d where d may be divided by."""
        right = self.diagonal * np.diagonal(M_inverse) * self.d
        for at in chunks(len(right), COLUMNS_AT_ONCE):
            below = self.both[at.start :, at] * M_inverse[at, at.start :].T
            below[: at.stop - at.start] = np.tril(below[: at.stop - at.start], -1)
            right[at.start :] += below @ self.d[at]
            right[at] += self.d[at.start :] @ below
        small = np.flatnonzero(np.abs(self.d) < WELL_CONDITIONED)
        right[small] = 0.0
        out = right / np.where(np.abs(self.d) < WELL_CONDITIONED, 1.0, self.d)
        for at in chunks(len(small), COLUMNS_AT_ONCE):
            half = self.half_solves(self._columns(small[at]))[0][:, 0]
            out[small[at]] = self.diagonal[small[at]] - np.sum(half**2, axis=0)
        return np.asarray(out)

    def _columns(self, which: Array) -> Array:
        """Columns of S: (q, len(which))."""
        row = np.arange(len(self.d))[:, None]
        out = np.where(row > which, self.both[:, which], self.both[which].T)
        out[which, np.arange(len(which))] = self.diagonal[which]
        return np.asarray(out)


def mirror_lower(A: Array, d: Array) -> None:
    """Write d_r A_rs d_s of the lower triangle above the diagonal, in place; the diagonal is left alone."""
    for at in chunks(len(A), COLUMNS_AT_ONCE):
        A[: at.start, at] = A[at, : at.start].T * d[: at.start, None] * d[at]
        square = A[at, at]
        square[:] = np.tril(square) + np.triu(square.T * d[at, None] * d[at], 1)


def mirror_upper(A: Array) -> Array:
    """A symmetric matrix from its upper triangle, in place."""
    for at in chunks(len(A), COLUMNS_AT_ONCE):
        A[at, : at.start] = A[: at.start, at].T
        square = A[at, at]
        square[:] = np.triu(square) + np.triu(square, 1).T
    return A

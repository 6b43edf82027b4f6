"""The remainder of crossed scalar factors by dense arithmetic: one lower triangle, LAPACK. See `schur_complement`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import dpotrf, dpotri

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, chunks, solve_lower_columns
from ...numerics.stacks import cross
from ...numerics.threads import threads_for
from .patterns import CsrPattern
from .schur_complement import COLUMNS_AT_ONCE, ESTIMABLE_REMAINDER, check_remainder
from .schur_update import Update, UpdatePlan

KNOWN = 1e-2  # templates, and shares of one that are left of a difference, from which nothing is lost by dividing
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
        return DenseSums(self, self.update.fill(C), self.update.C.by_entry.filled(C), self.A.by_entry.filled(A))


@dataclass(frozen=True, eq=False)
class DenseSums:
    """The update of the remainder, and the sums that it is made of: C (J, q) and A (q, q) as it is before."""

    plan: DensePlan
    update: Update
    C: sparse.csr_array
    A: sparse.csr_array

    kind: ClassVar[str] = "dense"
    dense: ClassVar[bool] = True

    @cached_property
    def lower(self) -> sparse.coo_array:
        """The lower triangle of A."""
        A, which = self.plan.A, self.plan.lower
        return sparse.coo_array((self.A.data[which], (A.rows[which], A.indices[which])), shape=A.shape)

    def at(self, k: Array, d: Array) -> DenseSchurComplement:
        return DenseSchurComplement(self, k, d)


class DenseSchurComplement:
    """`chol` (q, q) holds L on and below its diagonal, L L' = M, and nothing that is meant above it.

    S itself, A - C'k C, is not kept: it is asked for some columns and products alone, which sparse A and C give.
    """

    def __init__(self, sums: DenseSums, k: Array, d: Array) -> None:
        self.sums, self.k, self.d = sums, k, d
        A, M = sums.lower, sums.update.square(k)
        scale_lower(M, d, -1.0)
        M[A.row, A.col] += A.data * d[A.row] * d[A.col]
        M[np.diag_indices_from(M)] += 1.0
        with threads_for(len(M)):
            self.chol, failed = dpotrf(M, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise NumericalError("a matrix is not positive definite")
        self.logdet_M = 2 * float(np.sum(np.log(np.diagonal(self.chol))))

    def half_solves(self, c: Array) -> list[Array]:
        return [solve_lower_columns(self.chol, c * self.d[:, None])[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        return cross(one[0], two[0])

    def solve(self, c: Array) -> Array:
        return solve_lower_columns(self.chol, self.half_solves(c)[0][:, 0], transposed=True)

    def S_times(self, B: Array) -> Array:
        C = self.sums.C
        return np.asarray(self.sums.A @ B - C.T @ (self.k[:, None] * (C @ B)))

    @cached_property
    def selected(self) -> tuple[Array, Array, Array]:
        K = self._M_inverse()
        complement = self._complement(np.diagonal(K))
        scale_lower(K, self.d)
        return self.sums.update.adjoint(K), np.diagonal(K).copy(), complement

    def _M_inverse(self) -> Array:
        """M^-1 on and below the diagonal."""
        L = np.empty_like(self.chol)
        for at in chunks(len(L), COLUMNS_AT_ONCE):
            L[at.start :, at] = self.chol[at.start :, at]
        with threads_for(len(L)):
            return np.asarray(dpotri(L, lower=1, overwrite_c=1)[0])

    def selected_sums(self, weights: Array) -> tuple[float, Array]:
        absorbed = np.max(weights, initial=0.0) < NOTHING  # levels of a factor whose variance is infinite
        if "selected" in self.__dict__ or (len(self.d) <= ESTIMABLE_REMAINDER and not absorbed):
            known, _, complement = self.selected  # a second square is worth it of long rows
            return float(weights @ known), complement
        K = self._M_inverse()
        complement = self._complement(np.diagonal(K))
        if absorbed:
            return 0.0, complement
        across = self.sums.update.square(weights)
        total = float(self.d**2 * np.diagonal(K) @ np.diagonal(across))
        for at in chunks(len(K), COLUMNS_AT_ONCE):
            below = across[at.start :, at] * K[at.start :, at]
            below[: at.stop - at.start] = np.tril(below[: at.stop - at.start], -1)
            total += 2 * float(self.d[at.start :] @ below @ self.d[at])
        return total, complement

    def covariances(self) -> tuple[Array, Array]:
        K, A = self._M_inverse(), self.sums.plan.A
        scale_lower(K, self.d)
        rows = A.rows
        return self.sums.update.applied(K), K[np.maximum(rows, A.indices), np.minimum(rows, A.indices)]

    def _complement(self, M_inverse: Array) -> Array:
        """Diagonal of S - S K_R S from that of M^-1 (q,): d (S - S K_R S) d = I - M^-1, where that may be divided."""
        left = 1.0 - M_inverse
        known = (np.abs(self.d) > KNOWN) & (left > KNOWN)
        out = left / np.where(known, self.d, 1.0) ** 2
        by_solving = np.flatnonzero(~known)
        for at in chunks(len(by_solving), COLUMNS_AT_ONCE):
            S = self._columns(by_solving[at])
            half = self.half_solves(S)[0][:, 0]
            out[by_solving[at]] = S[by_solving[at], np.arange(S.shape[1])] - np.sum(half**2, axis=0)
        return np.asarray(out)

    def _columns(self, which: Array) -> Array:
        """Columns of S: (q, len(which))."""
        C = self.sums.C
        some = sparse.csr_array(C[:, which])
        some.data = some.data * np.repeat(self.k, np.diff(some.indptr))
        return np.asarray(self.sums.A[:, which].toarray() - (C.T @ some).toarray())


def scale_lower(A: Array, d: Array, sign: float = 1.0) -> None:
    """Multiply the entries A_rs on and below the diagonal by sign d_r d_s, in place; d is constant in long runs."""
    runs = np.concatenate([[0], np.flatnonzero(np.diff(d)) + 1, [len(d)]]).tolist()
    for start, end in pairwise(runs):
        scale = (sign * d[start] * d)[:, None]
        for first in range(start, end, COLUMNS_AT_ONCE):
            A[first:, first : min(first + COLUMNS_AT_ONCE, end)] *= scale[first:]

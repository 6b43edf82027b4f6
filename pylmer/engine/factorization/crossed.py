"""Crossed factors at given templates: the largest is eliminated level by level, the others form one dense remainder.

With Lambda the templates of the remainder on its diagonal and S = A_RR - C'K C its cross-products after the
elimination,

    M = I + Lambda'S Lambda = L L',   K_R = Lambda M^-1 Lambda'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import dpotri

from ...numerics.linalg import (
    Array,
    Codes,
    cholesky_of_one,
    chunks,
    inverse_of_lower,
    log_diagonal,
    solve_lower_columns,
    symmetric,
    transposed,
)
from ...numerics.stacks import inner_products, product
from ...numerics.threads import threads_for
from ..sums.gram import Gram, Incidence
from .blocked import EliminationEngine, Plan
from .contract import Covariances
from .layout import Layout, flat, joined
from .level_elimination import Level
from .patterns import CsrPattern, coupling_pattern, crossed_route, remainder_pattern
from .schur_complement import COSTLY_REMAINDER, check_remainder

WELL_CONDITIONED = 1e-3  # templates above this may be divided by
DENSE_SHARE = 0.2  # C fuller than this is multiplied as a dense matrix ...
DENSE_CELLS = 20_000_000  # ... of at most so many cells
Coupling: TypeAlias = "Array | sparse.csr_array"
Eliminated = TypeVar("Eliminated", bound="Crossed")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
INVERTED = 400  # columns of a remainder up to which L^-1 is formed
BLOCK_CELLS = 4_000_000  # cells of a dense slab of C S held at once


@dataclass(frozen=True, eq=False)
class CrossedPlan(Plan):
    """C (q_1, q_R) couples the first factor to the others, A (q_R, q_R) is what these have before the elimination."""

    C: CsrPattern
    A: CsrPattern
    layout: Layout

    @classmethod
    def fits(cls, incidence: Incidence) -> bool:
        return len(incidence.shapes) > 1

    @classmethod
    def of(cls, incidence: Incidence) -> CrossedPlan:
        C, A = coupling_pattern(incidence), remainder_pattern(incidence)
        check_remainder(A.shape[0])
        return cls(incidence, C, A, Layout(incidence.shapes[1:]))

    def fill(self, gram: Gram) -> CrossedEngine:
        values = gram.values
        return CrossedEngine(gram, self, _dense_if_full(self.C.filled(values)), self.A.filled(values).toarray())


@dataclass(frozen=True, eq=False)
class CrossedEngine(EliminationEngine):
    """Crossed factors with vector terms. C (q_1, q_R) as it is multiplied fastest, A (q_R, q_R)."""

    plan: CrossedPlan
    C: Coupling
    A: Array

    @property
    def costly(self) -> bool:
        return len(self.A) > COSTLY_REMAINDER

    @property
    def route(self) -> str:
        return crossed_route("vector terms", self.plan.C, "dense")

    def eliminated(self, T: list[Array]) -> Crossed:
        return Crossed(self, T)

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        rest, first = joined(s[1:]), self.gram.factors[0].ZtZ
        own = product(first, s[0]) + (self.C @ rest).reshape(s[0].shape)
        return [own, *self.plan.layout.split(self.C.T @ flat(s[0]) + self.A @ rest)]


def with_few_threads(method: Callable[Concatenate[Eliminated, Parameters], Result]) -> Callable[..., Result]:
    """A method of what is eliminated, with no more BLAS threads than its remainder is worth."""

    @wraps(method)
    def called(self: Eliminated, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with threads_for(self.layout.q):
            return method(self, *args, **kwargs)

    return called


class Crossed:
    """C (q_1, q_R) couples the first factor to the remainder; T per factor (L, L)."""

    def __init__(self, engine: CrossedEngine, T: list[Array]) -> None:
        self.gram, self.plan, self.layout = engine.gram, engine.plan, engine.plan.layout
        self.C, self.T_rest = engine.C, T[1:]
        first = engine.gram.factors[0]
        self.first = Level.eliminated(T[0], first.ZtZ, np.zeros((first.J, first.L, 0)))
        self.half_C = _times_levels(self.first.B, self.C)
        with threads_for(self.layout.q):
            self.S = engine.A - _square(self.half_C)
            self.remain()
        self.logdet_V = 2 * log_diagonal(self.first.chol) + self.logdet_M

    def remain(self) -> None:
        """Factorize what the elimination has left: M of S."""
        M = self._times_T(self._times_T(self.S).T)
        M[np.diag_indices_from(M)] += 1.0
        self.chol = cholesky_of_one(M)
        self.logdet_M = 2 * log_diagonal(self.chol)

    @with_few_threads
    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c (per factor (J, L, k)) -> the same as the elimination leaves them, and their half solves."""
        half = product(self.first.B, columns[0])
        rest = joined(columns[1:]) - self.half_C.T @ flat(half)
        half_rest = self._half_solve(self._T_times(rest))
        return [columns[0], *self.layout.split(rest)], [half, *self.layout.split(half_rest)]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'Z Sigma (I + Z'Z Sigma)^-1 Z'c_2 from the half solves of `forward`."""
        return inner_products(one, two)

    @with_few_threads
    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides that `forward` has reduced."""
        rest = joined(reduced[1:])
        u_rest = self.layout.split(self._solve(self._T_times(rest)))
        b_rest = [t @ u for t, u in zip(self.T_rest, u_rest, strict=True)]
        flat = joined(b_rest)
        u, b, g = self.first.solve(reduced[0] - (self.C @ flat).reshape(reduced[0].shape))
        return [u, *u_rest], [b, *b_rest], [g, *self.layout.split(rest - self.S @ flat)]

    @with_few_threads
    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.selected_inverse`; the adjoint of the elimination."""
        U, c = reduced[0], joined(reduced[1:])
        Kc = self.K_R @ c
        S_RF = -Kc @ S
        S_RR = self.K_R - S_RF @ Kc.T
        N_c = c - self.S @ Kc
        D_rest = [a - b for a, b in zip(self._complement, self.layout.row_products(N_c @ S, N_c), strict=True)]
        CS = product((self.C @ S_RF).reshape(U.shape), transposed(U))
        H = product(product(U, S), transposed(U)) + CS + transposed(CS) + _level_squares(self.C, S_RR, U.shape[1])
        D, E = self.first.sandwich(H)
        return [D, *D_rest], [E, *self.layout.blocks(S_RR)]

    @with_few_threads
    def covariances(self) -> Covariances:
        """See `pls.Factorization.covariances`: -K_1 C K_R between the first factor and the others."""
        incidence, C, A = self.plan.incidence, self.plan.C, self.plan.A
        values = np.empty(incidence.count)
        values[C.source], values[A.source] = _at_pattern(C, self.C, self.K_R), self.K_R[A.rows, A.indices]
        own, between = incidence.arranged(values)
        H = np.zeros_like(self.first.A)
        for g in range(1, len(own)):
            link, across = self.gram.links[0, g], between[0, g]
            _add_by_level(H, link.first, product(across, transposed(link.blocks)))
            between[0, g] = -self.first.K_times_some(link.first, across)
        return [self.first.conditional(H), *own[1:]], between

    @cached_property
    def _inverse(self) -> Array | None:
        """L^-1 of a small remainder: products with it take less than many solves."""
        return inverse_of_lower(self.chol) if len(self.chol) <= INVERTED else None

    def _half_solve(self, B: Array) -> Array:
        """L^-1 B."""
        return solve_lower_columns(self.chol, B) if self._inverse is None else np.asarray(self._inverse @ B)

    def _solve(self, B: Array) -> Array:
        """M^-1 B."""
        half = self._half_solve(B)
        if self._inverse is None:
            return solve_lower_columns(self.chol, half, transposed=True)
        return np.asarray(self._inverse.T @ half)

    @cached_property
    def M_inverse(self) -> Array:
        """M^-1 (q_R, q_R)."""
        if self._inverse is not None:
            return np.asarray(self._inverse.T @ self._inverse)
        lower, _ = dpotri(self.chol, lower=1)
        return np.asarray(np.tril(lower) + np.tril(lower, -1).T)

    @cached_property
    def K_R(self) -> Array:
        """Lambda M^-1 Lambda'."""
        half = self._times_T_transposed(self.M_inverse)
        return self._times_T_transposed(half.T)

    @cached_property
    def _complement(self) -> list[Array]:
        """Diagonal blocks of S - S K_R S; by S Lambda M^-1 = (S - S K_R S) Lambda where Lambda may be divided by."""
        if all(np.linalg.cond(t) * WELL_CONDITIONED < 1 < np.linalg.norm(t) / WELL_CONDITIONED for t in self.T_rest):
            right = self.layout.row_products(self._times_T(self.S), self.M_inverse)
            return [symmetric(x @ np.linalg.inv(t)) for x, t in zip(right, self.T_rest, strict=True)]
        W = self._half_solve(self._T_times(self.S))
        return [a - b for a, b in zip(self.layout.blocks(self.S), self.layout.row_products(W.T, W.T), strict=True)]

    def _each(self) -> list[tuple[slice, int, int, Array]]:
        return [(*place, t) for place, t in zip(self.layout.places, self.T_rest, strict=True)]

    def _times_T(self, A: Array) -> Array:
        """A Lambda for A (k, q_R)."""
        return np.hstack([(A[:, at].reshape(-1, J, L) @ t).reshape(len(A), -1) for at, J, L, t in self._each()])

    def _times_T_transposed(self, A: Array) -> Array:
        """A Lambda' for A (k, q_R)."""
        return np.hstack([(A[:, at].reshape(-1, J, L) @ t.T).reshape(len(A), -1) for at, J, L, t in self._each()])

    def _T_times(self, A: Array) -> Array:
        """Lambda' A for A (q_R, k)."""
        return joined([t.T @ A[at].reshape(J, L, -1) for at, J, L, t in self._each()])


def _times_levels(B: Array, C: Coupling) -> Coupling:
    """diag(B_1, ..., B_J) C."""
    J, L, _ = B.shape
    if not sparse.issparse(C):
        return np.asarray(np.matmul(B, C.reshape(J, L, -1)).reshape(C.shape))
    if L == 1:
        return sparse.csr_array((C.data * np.repeat(B.ravel(), np.diff(C.indptr)), C.indices, C.indptr), shape=C.shape)
    blocks = sparse.bsr_array((B, np.arange(J), np.arange(J + 1)), shape=(J * L, J * L))
    return sparse.csr_array(blocks.tocsr() @ C)


def _square(half_C: Coupling) -> Array:
    """half_C' half_C, dense (q_R, q_R)."""
    if not sparse.issparse(half_C):
        return np.asarray(half_C.T @ half_C)
    return np.asarray((half_C.T @ half_C).toarray())


def _level_squares(C: Coupling, S: Array, L: int) -> Array:
    """Blocks C_j S C_j' (J, L, L), a slab of levels at a time where C is sparse."""
    J = C.shape[0] // L
    if not sparse.issparse(C):
        return np.asarray(np.matmul((C @ S).reshape(J, L, -1), transposed(C.reshape(J, L, -1))))
    H = np.zeros((J, L, L))
    size = max(1, BLOCK_CELLS // max(1, L * S.shape[0]))
    for start in range(0, J, size):
        part = C[start * L : (start + size) * L]
        slab = (part @ S).reshape(-1, L, S.shape[0])
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        for a in range(L):
            sums = np.bincount(row, part.data * slab[row // L, a, part.indices], part.shape[0])
            H[start : start + len(slab), a, :] = sums.reshape(-1, L)
    return H


def _at_pattern(pattern: CsrPattern, C: Coupling, S: Array) -> Array:
    """C S at the non-zeros of C (nnz,), a slab of rows at a time where C is sparse."""
    if not sparse.issparse(C):
        return np.asarray((C @ S)[pattern.rows, pattern.indices])
    out = np.empty(pattern.nnz)
    for at in chunks(C.shape[0], max(1, BLOCK_CELLS // max(1, len(S)))):
        some = slice(pattern.indptr[at.start], pattern.indptr[at.stop])
        out[some] = (C[at] @ S)[pattern.rows[some] - at.start, pattern.indices[some]]
    return out


def _add_by_level(out: Array, levels: Codes, blocks: Array) -> None:
    """Add blocks (P, a, b) to those of their levels in `out` (J, a, b)."""
    for a in range(out.shape[1]):
        for b in range(out.shape[2]):
            out[:, a, b] += np.bincount(levels, blocks[:, a, b], len(out))


def _dense_if_full(C: sparse.csr_array) -> Coupling:
    """C as it is multiplied fastest."""
    full = C.nnz > DENSE_SHARE * C.shape[0] * C.shape[1] and C.shape[0] * C.shape[1] <= DENSE_CELLS
    return C.toarray() if full else C

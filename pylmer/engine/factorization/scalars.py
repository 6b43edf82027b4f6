"""Crossed factors with one scalar term each, at given templates: the fast case of `crossed`.

The largest factor is eliminated level by level, k_j = t^2 / (1 + t^2 a_j); the others form the `remainder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ...errors import NumericalError
from ...numerics.linalg import Array
from ...numerics.stacks import cross
from ..sums.gram import Gram, Incidence
from .blocked import EliminationEngine, EliminationFactorization, Plan
from .contract import Covariances
from .dense_schur_complement import DensePlan
from .patterns import CsrPattern, coupling_pattern, crossed_route, remainder_pattern
from .schur_complement import COSTLY_REMAINDER, ESTIMABLE_REMAINDER, RemainderPlan, RemainderSums
from .sparse_schur_complement import sparse_plan


@dataclass(frozen=True, eq=False)
class ScalarsPlan(Plan):
    """C (J, q) couples the first factor to the others, A (q, q) is what these have before the elimination."""

    C: CsrPattern
    A: CsrPattern
    remainder: RemainderPlan

    @classmethod
    def fits(cls, incidence: Incidence) -> bool:
        return all(L == 1 for _, L in incidence.shapes)

    @classmethod
    def of(cls, incidence: Incidence) -> ScalarsPlan:
        C, A = coupling_pattern(incidence), remainder_pattern(incidence)
        return cls(incidence, C, A, sparse_plan(C, A) or DensePlan.of(C, A))

    def fill(self, gram: Gram) -> ScalarsEngine:
        values = gram.values
        C, A = self.C.filled(values), self.A.filled(values)
        return ScalarsEngine(gram, self, C, A, self.remainder.fill(C.data, A.data))


@dataclass(frozen=True, eq=False)
class ScalarsEngine(EliminationEngine):
    """Crossed factors with one scalar term each. C (J, q) and A (q, q) as in the plan, `remainder` made of them."""

    plan: ScalarsPlan
    C: sparse.csr_array
    A: sparse.csr_array
    remainder: RemainderSums

    @property
    def costly(self) -> bool:
        return self.remainder.dense and self.A.shape[0] > COSTLY_REMAINDER

    @property
    def estimable(self) -> bool:
        return self.remainder.dense and self.A.shape[0] > ESTIMABLE_REMAINDER

    @property
    def route(self) -> str:
        return crossed_route("one scalar term each", self.plan.C, self.remainder.kind)

    def eliminated(self, T: list[Array]) -> CrossedScalars:
        return CrossedScalars(self, T)

    def factorize(self, T: Sequence[Array]) -> ScalarsFactorization:
        return ScalarsFactorization(self, self.eliminated(self.gram.factor_templates(T)))

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        first, rest = s[0][:, 0], np.concatenate([x[:, 0] for x in s[1:]])
        own = self.gram.factors[0].ZtZ[:, 0]
        flat = self.C.T @ first + self.A @ rest
        return [(own * first + self.C @ rest)[:, None], *split(self.plan.incidence, flat)]


class ScalarsFactorization(EliminationFactorization):
    """V at given templates; sums of blocks cost less than the blocks."""

    elimination: CrossedScalars

    def __init__(self, engine: ScalarsEngine, elimination: CrossedScalars) -> None:
        super().__init__(engine, elimination)

    def selected_sums(self, S: Array) -> list[Array]:
        return self.elimination.selected_sums(self._forward[0], S)


def split(incidence: Incidence, flat: Array) -> list[Array]:
    """(q, k) of all scalar factors but the first -> per factor (J, 1, k)."""
    return np.split(flat[:, None], np.cumsum([J for J, _ in incidence.shapes[1:]])[:-1])


class CrossedScalars:
    """C (J, q) couples the first factor to the others."""

    def __init__(self, engine: ScalarsEngine, T: list[Array]) -> None:
        self.plan, self.C = engine.plan, engine.C
        self.t, self.a = float(T[0][0, 0]), engine.gram.factors[0].ZtZ[:, 0, 0]
        self.m = 1.0 + self.t**2 * self.a
        if not np.min(self.m) > 0:  # row weights may be negative
            raise NumericalError("a matrix is not positive definite")
        self.k = self.t**2 / self.m
        self.d = np.repeat([float(t[0, 0]) for t in T[1:]], [J for J, _ in self.plan.incidence.shapes[1:]])
        self.rest = engine.remainder.at(self.k, self.d)

    @property
    def logdet_V(self) -> float:
        """log|V|."""
        return float(np.sum(np.log(self.m))) + self.rest.logdet_M

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c per factor (J, 1, k) -> the same as the elimination leaves them, and their half solves."""
        first = columns[0][:, 0]
        half = first * (self.t / np.sqrt(self.m))[:, None]
        rest = self._joined(columns[1:]) - self.C.T @ (first * self.k[:, None])
        return [columns[0], *self._split(rest)], [half[:, None], *self.rest.half_solves(rest)]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'Z Sigma (I + Z'Z Sigma)^-1 Z'c_2 from the half solves of `forward`."""
        return cross(one[0], two[0]) + self.rest.inner(one[1:], two[1:])

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides that `forward` has reduced."""
        rest = self._joined(reduced[1:])
        u_rest = self.rest.solve(rest)
        b_rest = u_rest * self.d[:, None]
        c = reduced[0][:, 0] - self.C @ b_rest
        u = c * (self.t / self.m)[:, None]
        b = self.t * u
        parts = (u, u_rest), (b, b_rest), (c - self.a[:, None] * b, rest - self.rest.S_times(b_rest))
        one, two, three = ([first[:, None], *self._split(other)] for first, other in parts)
        return one, two, three

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.selected_inverse`; the adjoint of the elimination."""
        U, c = reduced[0][:, 0], self._joined(reduced[1:])
        Kc = self.rest.solve(c) * self.d[:, None]
        KcS = Kc @ S
        N_c = c - self.rest.S_times(Kc)
        across, diagonal, complement = self.rest.selected
        D_rest = complement - np.sum((N_c @ S) * N_c, axis=1)
        H, N = across + self._of_Xy(U, Kc, S), 1.0 / self.m
        D, E = self.a * N - H * N**2, self.k + self.k**2 * H
        E_rest = diagonal + np.sum(KcS * Kc, axis=1)
        return [D[:, None, None], *self._blocks(D_rest)], [E[:, None, None], *self._blocks(E_rest)]

    def _of_Xy(self, U: Array, Kc: Array, S: Array) -> Array:
        """(U_j - C_j Kc) S (U_j - C_j Kc)' of the first factor (J,)."""
        left = U - self.C @ Kc
        return np.asarray(np.sum((left @ S) * left, axis=1))

    def selected_sums(self, reduced: Sequence[Array], S: Array) -> list[Array]:
        """See `pls.Factorization.selected_sums`: of the first factor a_j N_j - N_j^2 H_j, summed."""
        U, c = reduced[0][:, 0], self._joined(reduced[1:])
        Kc = self.rest.solve(c) * self.d[:, None]
        N_c = c - self.rest.S_times(Kc)
        N = 1.0 / self.m
        across, complement = self.rest.selected_sums(N**2)
        first = self.a @ N - across - N**2 @ self._of_Xy(U, Kc, S)
        D_rest = complement - np.sum((N_c @ S) * N_c, axis=1)
        return [np.full((1, 1), first), *(part.sum(axis=0) for part in self._split(D_rest[:, None]))]

    def covariances(self) -> Covariances:
        """See `pls.Factorization.covariances`: -k C K_R between the first factor and the others."""
        incidence, C = self.plan.incidence, self.plan.C
        across, rest = self.rest.covariances()
        H = np.bincount(C.rows, self.C.data * across, len(self.k))
        values = np.empty(incidence.count)
        values[incidence.places[0][0][:, 0, 0]] = self.k + self.k**2 * H
        values[C.source] = -self.k[C.rows] * across
        values[self.plan.A.source] = rest
        return incidence.arranged(values)

    @staticmethod
    def _joined(parts: Sequence[Array]) -> Array:
        return np.concatenate([part[:, 0] for part in parts])

    def _split(self, flat: Array) -> list[Array]:
        """(q, k) -> per factor (J, 1, k)."""
        return split(self.plan.incidence, flat)

    def _blocks(self, diagonal: Array) -> list[Array]:
        """(q,) -> per factor (J, 1, 1)."""
        return self._split(diagonal[:, None])

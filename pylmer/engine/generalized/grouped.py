"""Generalized models with one grouping factor of few effects: sums and eliminations as arrays of all levels.

What `weighted` and `factorization` do for any factors, in as few calls as it takes for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...numerics.linalg import Array, Codes, sorted_by
from ...numerics.unlocked import cached_property
from ..factorization.blocked import EliminationEngine
from ..factorization.chain import ChainEngine, ChainPlan
from ..factorization.choose import elimination_engine
from ..factorization.contract import Covariances, IncidentRows
from ..factorization.one_factor import OneFactorization
from ..sums.gram import FactorSums, Gram, Incidence
from ..sums.scaling import Scaling
from ..sums.tally import Column, times
from .level_arrays import newton_step, product, product_from, summed
from .nested import NestedStructure, nested_intercepts
from .sorted_rows import SortedRows
from .weighted import HELD, GlmRows, WeightedStructure, form_structure

WIDEST = 3  # effects of a level


def suited_structure(rows: GlmRows, scaling: Scaling) -> WeightedStructure:
    """`form_structure`, with arrays of all levels where there is one factor of few effects, or nested intercepts."""
    made = form_structure(rows, scaling)
    if nested_intercepts(made):
        return NestedStructure(made.sums, made.scaling, made.units)
    if len(made.sums.factors) > 1 or made.sums.factors[0].L > WIDEST or made.sums.rows.bordered is not None:
        return made
    return GroupedStructure(made.sums, made.scaling, made.units)


def suited_engine(gram: Gram) -> EliminationEngine:
    """The engine of sums whose rows are no longer there: that of the `suited_structure`, to the last bit."""
    if len(gram.factors) > 1 or gram.factors[0].L > WIDEST:
        return elimination_engine(gram)
    (sums,) = gram.factors
    return GroupedEngine(gram, ChainPlan(gram.incidence, {}), (np.zeros((sums.J, sums.L, 0)),))


@dataclass(frozen=True, eq=False)
class GroupedStructure(WeightedStructure):
    """Rows with one grouping factor."""

    @cached_property
    def Z(self) -> list[Column]:
        """L scaled columns (n,), or one number for a column of ones."""
        return [times(z, self.units[0]) for z in self.sums.random(0)]

    @cached_property
    def ZZ(self) -> list[list[Column]]:
        """Products of the columns a and b <= a."""
        return [[times(z, y) for y in self.Z[: a + 1]] for a, z in enumerate(self.Z)]

    @cached_property
    def plan(self) -> ChainPlan:
        factor = self.sums.factors[0]
        return ChainPlan(Incidence(((factor.J, factor.L),), {}), {})

    @cached_property
    def _path(self) -> Array:
        factor = self.sums.factors[0]
        return np.zeros((factor.J, factor.L, 0))

    @cached_property
    def codes(self) -> Codes:
        """The level of every row (n,)."""
        return self.sums.factors[0].codes

    def random(self, b: Sequence[Array]) -> Array:
        (effects,) = b
        return super().random(b) if effects.ndim > 2 else self.of_levels(effects.T)

    def of_levels(self, b: Array) -> Array:
        """Z b of every row (n,), for b (L, J): a new array."""
        out = _in_rows(b[0], self.codes, self.Z[0])
        for a in range(1, len(b)):
            out += _in_rows(b[a], self.codes, self.Z[a])
        return out

    def cross(self, c: Array) -> list[Array]:
        return [self.level_cross(c).T] if c.ndim == 1 else super().cross(c)

    def level_cross(self, c: Array) -> Array:
        """Z'c (L, J)."""
        if self._sorted is not None:
            return self._sorted.cross(c)
        return np.array([self._count(c, z) for z in self.Z])

    def _count(self, c: Array, z: Column) -> Array:
        J = self.sums.factors[0].J
        if isinstance(z, float):
            return np.asarray(z * np.bincount(self.codes, c, J))
        return np.bincount(self.codes, c * z, J)

    @cached_property
    def _sorted(self) -> SortedRows | None:
        """None where that is much to hold, or a level has no row."""
        codes, L, p = self.codes, len(self.Z), self.p
        if (L * (p + 1) + L * (L + 1) // 2) * self.n > HELD:
            return None
        counts = np.bincount(codes, minlength=self.sums.factors[0].J)
        if not np.minimum.reduce(counts):
            return None
        order = None if np.logical_and.reduce(codes[1:] >= codes[:-1]) else sorted_by(codes, len(counts))
        return SortedRows.of(self.Z, self._Xt, order, np.add.accumulate(counts) - counts)

    def level_squares(self, weights: Array) -> Array:
        """Z'WZ (L, L, J)."""
        L = len(self.Z)
        if self._sorted is not None:
            return self._sorted.squares(weights)
        out = np.empty((L, L, self.sums.factors[0].J))
        for a, row in enumerate(self.ZZ):
            for b, zz in enumerate(row):
                out[a, b] = self._count(weights, zz)
                if a > b:
                    out[b, a] = out[a, b]
        return out

    def level_sums(self, weights: Array) -> tuple[Array, Array]:
        """Z'W[Z X] (L, L + p, J) and X'WX (p, p)."""
        if self._sorted is not None:
            return self._sorted.sums(weights), self.fixed_squares(weights)
        gram = super().filled(weights).gram
        (own,) = gram.factors
        return np.concatenate([_levels(own.ZtZ), _levels(own.ZtXy)[:, :-1]], axis=1), gram.XytXy[:-1, :-1]

    def filled(self, weights: Array, fixed: bool = True) -> GroupedEngine:
        if fixed and self._sorted is not None:
            return self._summed(self._sorted, weights)
        return GroupedEngine(super().filled(weights, fixed).gram, self.plan, (self._path,))

    def working(self, weights: Array, Wz: Array, square: float) -> EliminationEngine:
        if self._sorted is None:
            return super().working(weights, Wz, square)
        return self._summed(self._sorted, weights, Wz, square)

    def _summed(self, rows: SortedRows, weights: Array, Wz: Array | None = None, square: float = 0.0) -> GroupedEngine:
        """The engine of [Z X 0], or of [Z X z] given W z (n,) and z'Wz."""
        p, L, J = self.p, len(self.Z), self.sums.factors[0].J
        ACI, XytXy = np.zeros((L, 2 * L + p + 1, J)), np.zeros((p + 1, p + 1))
        ACI[:, : L + p], XytXy[:p, :p] = rows.sums(weights), self.fixed_squares(weights)
        ACI[:, -L:] = np.eye(L)[:, :, None]
        if Wz is not None:
            ACI[:, L + p], XytXy[:p, p], XytXy[p, p] = self.level_cross(Wz), self.fixed_cross(Wz), square
            XytXy[p, :p] = XytXy[:p, p]
        own = FactorSums(self.sums.factors[0].terms, _stack(ACI[:, :L]), _stack(ACI[:, L:-L]))
        gram = Gram(self.n, (own,), {}, XytXy, 0.0, 0.0, self.scaling)
        return GroupedEngine(gram, self.plan, (self._path,), ACI)

    def mode_step(
        self, weights: Array, g: Array, T: Sequence[Array], u: Sequence[Array], b: Sequence[Array]
    ) -> tuple[list[Array], float]:
        step, decrease = newton_step(T[0], self.level_squares(weights), T[0].T @ self.level_cross(g) + u[0].T)
        return [step.T], decrease

    def quadratic(self, own: Sequence[Array], between: dict[tuple[int, int], Array]) -> Array:
        return self.level_quadratic(_levels(own[0]))

    def level_quadratic(self, K: Array) -> Array:
        """z_i'K z_i of every row (n,), for K of the levels (L, L, J)."""
        out = _in_rows(K[0, 0], self.codes, self.ZZ[0][0])
        for a in range(1, len(K)):
            for b in range(a + 1):
                out += _in_rows(K[a, a] if a == b else K[a, b] + K[b, a], self.codes, self.ZZ[a][b])
        return out


@dataclass(frozen=True, eq=False)
class GroupedEngine(ChainEngine):
    """Sums of one factor: beside those of the Gram, with A = Z'WZ and C = Z'W[X y], [A C I] (L, L + p + 1 + L, J)."""

    sums: Array | None = None

    @cached_property
    def ACI(self) -> Array:
        (sums,) = self.gram.factors
        if self.sums is not None:
            return self.sums
        unit = np.broadcast_to(np.eye(sums.L)[:, :, None], (sums.L, sums.L, sums.J))
        return np.concatenate([_levels(sums.ZtZ), _levels(sums.ZtXy), unit], axis=1)

    @cached_property
    def AC(self) -> Array:
        return self.ACI[:, : -len(self.ACI)]

    def sharing(self, gram: Gram) -> GroupedEngine:
        return replace(self, gram=gram, sums=None)

    def factorize(self, T: Sequence[Array]) -> GroupedFactorization:
        return GroupedFactorization(self, T[0] if len(T) == 1 else self.gram.factor_templates(T)[0])

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return [_stack(product(_levels(self.gram.factors[0].ZtZ), _levels(s[0])))]


class GroupedFactorization(OneFactorization):
    """V at the template T, and what a generalized criterion asks beside: B = L^-1 T', K = B'B and I - A K."""

    engine: GroupedEngine

    def __init__(self, engine: GroupedEngine, T: Array) -> None:
        super().__init__(engine, T, engine.ACI, beside=len(T))
        self.L = len(T)

    @property
    def logdet_V(self) -> float:
        return self.reduced[2]

    @property
    def reduced_Xy(self) -> Array:
        return self.reduced[1]

    @property
    def A(self) -> Array:
        """Z'WZ (L, L, J)."""
        return self.AC[:, : self.L]

    @property
    def C(self) -> Array:
        """Z'W[X y] (L, p + 1, J)."""
        return self.AC[:, self.L : -self.L]

    @property
    def left(self) -> Array:
        """I - A K (L, L, J)."""
        return self.turned[:, -self.L :]

    @cached_property
    def K(self) -> Array:
        """T M^-1 T' (L, L, J)."""
        B = self.reduced[0][:, -self.L :]
        return product_from(B, B)

    @property
    def half_solves(self) -> list[Array]:
        return [_stack(self.reduced[0][:, self.L : -self.L])]

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        (solved,) = self.solved(v)
        u = np.matmul(self.T.T, solved)
        return [u], [np.matmul(self.T, u)], [solved]

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return [_stack(product(self.K, _levels(c[0])))]

    def answered(self, c: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        own = c[0].T[:, None]
        return [product(self.K, own)[:, 0].T], [product(self.left, own)[:, 0].T]

    def effects(self, c: Sequence[Array]) -> list[Array]:
        columns = np.moveaxis(c[0], 2, 0)
        return [np.stack([newton_step(self.T, self.A, -self.T.T @ each.T)[0].T for each in columns], axis=2)]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        own, (N, NC) = _levels(s[0]), np.split(self.adjoint, [self.L], axis=1)
        return summed(own, product(N, own)), summed(NC[:, :-1], own)

    def covariances(self) -> Covariances:
        return [_stack(self.K)], {}

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic([_stack(self.K)], {})


def _in_rows(values: Array, codes: Codes, z: Column) -> Array:
    """The value (J,) of every row's level times z (n,): a new array."""
    if type(z) is float:
        return (z * values).take(codes)
    out = values.take(codes)
    out *= z
    return out


def _levels(A: Array) -> Array:
    """(J, a, b) -> (a, b, J), the same numbers."""
    return A.transpose(1, 2, 0)


def _stack(A: Array) -> Array:
    """(a, b, J) -> (J, a, b), the same numbers."""
    return A.transpose(2, 0, 1)

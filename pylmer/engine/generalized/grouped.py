"""Generalized models with one grouping factor of few effects: sums and eliminations as arrays of all levels.

What `weighted` and `factorization` do for any factors, in as few calls as it takes for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, Codes, sorted_by
from ..factorization.blocked import Elimination, EliminationFactorization
from ..factorization.chain import ChainEngine, ChainPlan
from ..factorization.contract import Covariances, Fixed, IncidentRows, PlacedTangents
from ..sums.gram import FactorSums, Gram, Incidence
from ..sums.scaling import Scaling
from ..sums.tally import Column, times
from .level_arrays import EliminatedLevels, congruent, inverse_of, moved, product, product_from, summed
from .nested import NestedStructure, nested_intercepts
from .weighted import HELD, GlmRows, WeightedStructure, form_structure, pair_places

WIDEST = 3  # effects of a level
STACK = 2_000  # levels up to which those of several places are eliminated together


def suited_structure(rows: GlmRows, scaling: Scaling) -> WeightedStructure:
    """`form_structure`, with arrays of all levels where there is one factor of few effects, or nested intercepts."""
    made = form_structure(rows, scaling)
    if nested_intercepts(made):
        return NestedStructure(made.sums, made.scaling, made.units)
    if len(made.sums.factors) > 1 or made.sums.factors[0].L > WIDEST or made.sums.rows.bordered is not None:
        return made
    return GroupedStructure(made.sums, made.scaling, made.units)


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

    def random(self, b: Sequence[Array]) -> Array:
        (effects,) = b
        if effects.ndim > 2:
            return super().random(b)
        out: Array = self._effect(effects[:, 0], self.Z[0])
        for a, z in enumerate(self.Z[1:], 1):
            out += self._effect(effects[:, a], z)
        return out

    def _effect(self, b: Array, z: Column) -> Array:
        """z_i b_j of every row (n,): a new array."""
        codes = self.sums.factors[0].codes
        if isinstance(z, float):
            return np.asarray((z * b).take(codes))
        out: Array = b.take(codes)
        out *= z
        return out

    def cross(self, c: Array) -> list[Array]:
        return [self.level_cross(c).T] if c.ndim == 1 else super().cross(c)

    def level_cross(self, c: Array) -> Array:
        """Z'c (L, J)."""
        if self._sorted is not None and len(self.Z) > 1:
            return self._sorted.cross(c)
        return np.array([self._count(c, z) for z in self.Z])

    def _count(self, c: Array, z: Column) -> Array:
        factor = self.sums.factors[0]
        if isinstance(z, float):
            return np.asarray(z * np.bincount(factor.codes, c, factor.J))
        return np.bincount(factor.codes, c * z, factor.J)

    @cached_property
    def _sorted(self) -> SortedRows | None:
        """None where that is much to hold, or a level has no row."""
        factor, L, p = self.sums.factors[0], len(self.Z), self.p
        if (L * (p + 1) + L * (L + 1) // 2) * self.n > HELD:
            return None
        counts = np.bincount(factor.codes, minlength=factor.J)
        if counts.min() == 0:
            return None
        order = None if np.all(factor.codes[1:] >= factor.codes[:-1]) else sorted_by(factor.codes, factor.J)
        return SortedRows.of(self.Z, self._Xt, order, np.cumsum(counts) - counts)

    def _squares(self, weights: Array) -> Array:
        """Z'WZ (L, L, J)."""
        L = len(self.Z)
        if self._sorted is not None and L > 1:
            return self._sorted.squares(weights)
        out = np.empty((L, L, self.sums.factors[0].J))
        for a, row in enumerate(self.ZZ):
            for b, zz in enumerate(row):
                out[a, b] = self._count(weights, zz)
                if a > b:
                    out[b, a] = out[a, b]
        return out

    def filled(self, weights: Array, fixed: bool = True) -> GroupedEngine:
        gram = self._summed(self._sorted, weights) if fixed and self._sorted else super().filled(weights, fixed).gram
        return GroupedEngine(gram, self.plan, (self._path,))

    def _summed(self, rows: SortedRows, weights: Array) -> Gram:
        p = self.p
        ZtZ, C = rows.sums(weights)
        XytXy = np.zeros((p + 1, p + 1))
        XytXy[:p, :p] = self.fixed_squares(weights)
        own = FactorSums(self.sums.factors[0].terms, _stack(ZtZ), _stack(C))
        return Gram(self.n, (own,), {}, XytXy, 0.0, 0.0, self.scaling)

    def mode_step(
        self, weights: Array, g: Array, T: Sequence[Array], u: Sequence[Array], b: Sequence[Array]
    ) -> tuple[list[Array], float]:
        levels = EliminatedLevels(T[0], self._squares(weights))
        step, decrease = levels.step(T[0].T @ self.level_cross(g) + u[0].T)
        return [step.T], decrease

    def quadratic(self, own: Sequence[Array], between: dict[tuple[int, int], Array]) -> Array:
        (K,), codes = own, self.sums.factors[0].codes
        out: Array = np.asarray(times(K[:, 0, 0].take(codes), self.ZZ[0][0]))
        for a in range(1, len(self.Z)):
            for b in range(a + 1):
                entry = K[:, a, a] if a == b else K[:, a, b] + K[:, b, a]
                out += times(entry.take(codes), self.ZZ[a][b])
        return out


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Rows sorted by level, so that sums over levels are sums of neighbours.

    order     of the rows (n,), None if they are sorted as they stand
    starts    where each level begins (J,)
    Z         (L, n)
    products  of the columns of Z, each pair once, then zeros for y, and z x (L (L + 1) / 2 + L p, n)
    """

    order: Codes | None
    starts: Codes
    Z: Array
    products: Array

    @classmethod
    def of(cls, Z: Sequence[Column], Xt: Array, order: Codes | None, starts: Codes) -> SortedRows:
        columns = np.array([np.broadcast_to(z, Xt.shape[1]) for z in Z])
        a, b = np.tril_indices(len(Z))
        pairs = columns[a] * columns[b]
        products = np.concatenate([pairs, *(Xt * z for z in columns)])
        if order is not None:
            columns, products = columns.take(order, axis=1), products.take(order, axis=1)
        return cls(order, starts, columns, products)

    def sorted(self, values: Array) -> Array:
        """Of the rows (n,)."""
        return values if self.order is None else values.take(self.order)

    def cross(self, c: Array) -> Array:
        """Z'c (L, J)."""
        return np.add.reduceat(self.Z * self.sorted(c), self.starts, axis=1)

    def squares(self, weights: Array) -> Array:
        """Z'WZ (L, L, J)."""
        pairs = len(self.Z) * (len(self.Z) + 1) // 2
        sums = np.add.reduceat(self.products[:pairs] * self.sorted(weights), self.starts, axis=1)
        return sums.take(pair_places(len(self.Z)), axis=0)

    def sums(self, weights: Array) -> tuple[Array, Array]:
        """Z'WZ (L, L, J) and Z'W[X, 0] (L, p + 1, J)."""
        L, J = len(self.Z), len(self.starts)
        pairs = L * (L + 1) // 2
        p = (len(self.products) - pairs) // L
        sums = np.add.reduceat(self.products * self.sorted(weights), self.starts, axis=1)
        C = np.zeros((L, p + 1, J))
        C[:, :p] = sums[pairs:].reshape(L, p, J)
        return sums.take(pair_places(L), axis=0), C


@dataclass(frozen=True, eq=False)
class GroupedEngine(ChainEngine):
    """Sums of one factor."""

    def fixed_parts(self, places: Sequence[Sequence[Array]]) -> list[Fixed] | None:
        """The levels of all places as one stack."""
        sums, count = self.gram.factors[0], len(places)
        if count * sums.J > STACK or len(places[0]) > 1:
            return None
        A, C = _levels(sums.ZtZ), np.tile(_levels(sums.ZtXy), count)
        M = np.concatenate([congruent(T, A) for (T,) in places], axis=2)
        inverse, logs = inverse_of(M)
        B = np.concatenate(
            [np.matmul(T, inverse[:, :, k * sums.J : (k + 1) * sums.J]) for k, (T,) in enumerate(places)], 2
        )
        half = product(B, C).reshape(sums.L, self.gram.p + 1, count, sums.J)
        logdet = logs.reshape(count, sums.J).sum(axis=1).tolist()
        return [Fixed.solved(self.gram.XytXy - summed(half[:, :, k], half[:, :, k]), logdet[k]) for k in range(count)]

    def factorize(self, T: Sequence[Array]) -> GroupedFactorization:
        return GroupedFactorization(self, T[0] if len(T) == 1 else self.gram.factor_templates(T)[0])

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return [_stack(product(_levels(self.gram.factors[0].ZtZ), _levels(s[0])))]


class GroupedFactorization(EliminationFactorization):
    """V at given templates; the stacks of matrices that others ask for are made late."""

    engine: GroupedEngine

    def __init__(self, engine: GroupedEngine, T: Array) -> None:
        sums = engine.gram.factors[0]
        self.engine, self.T, self.C = engine, T, _levels(sums.ZtXy)
        self.levels = EliminatedLevels(T, _levels(sums.ZtZ))

    @cached_property
    def elimination(self) -> Elimination:  # type: ignore[override]
        return self.engine.eliminated([self.T])

    @property
    def logdet_V(self) -> float:
        return self.levels.logdet

    @cached_property
    def half(self) -> Array:
        """B C (L, p + 1, J)."""
        return product(self.levels.B, self.C)

    @property
    def half_solves(self) -> list[Array]:
        return [_stack(self.half)]

    @cached_property
    def reduced_Xy(self) -> Array:
        return self.engine.gram.XytXy - summed(self.half, self.half)

    @cached_property
    def BA(self) -> Array:
        """B A (L, L, J)."""
        return product(self.levels.B, self.levels.A)

    @cached_property
    def N(self) -> Array:
        """Z'V^-1Z (L, L, J)."""
        return self.levels.A - product_from(self.BA, self.BA)

    @cached_property
    def NC(self) -> Array:
        """Z'V^-1[X y] (L, p + 1, J)."""
        return self.C - product_from(self.BA, self.half)

    @cached_property
    def K(self) -> Array:
        """(L, L, J)."""
        return self.levels.K

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        u = product_from(self.levels.inverse, _from_right(self.half, v))
        return [_stack(u)], [_stack(np.tensordot(self.T, u, 1))], self.solved(v)

    def solved(self, v: Array) -> list[Array]:
        return [_stack(_from_right(self.NC, v))]

    def selected_sums(self, S: Array) -> list[Array]:
        known = np.add.reduce(self.N, axis=2)
        if S.any():
            NC = self.NC.swapaxes(0, 1)
            known = known - summed(np.tensordot(S.T, NC, 1), NC)
        return [known]

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return [_stack(product(self.K, _levels(c[0])))]

    def answered(self, c: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        s, left = self.answered_levels(c[0].T)
        return [s.T], [left.T]

    def answered_levels(self, c: Array) -> tuple[Array, Array]:
        """`answered` of c (L, J)."""
        s = product(self.K, c[:, None])
        return s[:, 0], c - product(self.levels.A, s)[:, 0]

    def effects(self, c: Sequence[Array]) -> list[Array]:
        return [_stack(self.levels.effects(_levels(c[0])))]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        return self.level_products(_levels(s[0]))

    def along(self, g: Sequence[Array], tangents: Sequence[PlacedTangents]) -> tuple[Array, Array]:
        if len(tangents) > 1:
            return super().along(g, tangents)
        return self.level_products(moved(tangents[0][2], g[0].T))

    def level_products(self, own: Array) -> tuple[Array, Array]:
        """`products` of own (L, k, J)."""
        return summed(own, product(self.N, own)), summed(self.NC[:, :-1], own)

    def covariances(self) -> Covariances:
        return [_stack(self.K)], {}

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic([_stack(self.K)], {})


def _levels(A: Array) -> Array:
    """(J, a, b) -> (a, b, J), the same numbers."""
    return A.transpose(1, 2, 0)


def _stack(A: Array) -> Array:
    """(a, b, J) -> (J, a, b), the same numbers."""
    return A.transpose(2, 0, 1)


def _from_right(A: Array, v: Array) -> Array:
    """A v of every level for v (k, m): (a, m, J)."""
    return np.asarray(np.matmul(v.T, A))

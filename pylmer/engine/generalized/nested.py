"""Generalized models with nested random intercepts, (1 | a) + (1 | b) + ...: sums and eliminations on plain arrays.

Every level of a factor has one parent in the next, so that what is summed over the rows of the first factor is summed
upwards from there, and all that an effect adds to a row it adds to a level of the first factor. With a_f the sums of
weights of a level as its children left them, p_fg its coupling to the parent in g, t_f the templates,

    d_f = 1 + t_f^2 a_f,   k_f = t_f^2 / d_f,   a_g -> a_g - sum p_fg k_f p_fg,   p_gh -> p_gh - sum p_fg k_f p_fh,

the elimination of `factorization.chain` with numbers in place of matrices; arrays of m columns are (m, J).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes
from ...numerics.unlocked import cached_property
from ..factorization.blocked import Elimination, EliminationFactorization
from ..factorization.chain import ChainEngine, ChainPlan
from ..factorization.contract import Covariances, IncidentRows
from ..sums.gram import CrossProducts, FactorSums, Gram
from .weighted import WeightedStructure

Columns = list[Array]  # per factor (m, J), or (J,)


def nested_intercepts(made: WeightedStructure) -> bool:
    """Whether all random effects are intercepts of factors that are nested in one another, more than one of them."""
    factors, pairs, terms = made.sums.factors, made.sums.pairs, made.sums.rows.terms
    ones = all(len(f.terms) == 1 and terms[f.terms[0]].Z is None for f in factors)
    nested = all(len(pair.pairs) == factors[f].J for (f, _), pair in pairs.items())
    return len(factors) > 1 and ones and nested and made.sums.rows.bordered is None


@dataclass(frozen=True, eq=False)
class NestedStructure(WeightedStructure):
    """Rows with nested random intercepts: what is (m, n) of rows is (m, J) of levels."""

    @cached_property
    def parents(self) -> list[Codes]:
        """Per factor but the last, its levels' parents in the next (J,)."""
        return [self.sums.pairs[f, f + 1].pairs.second for f in range(len(self.sums.factors) - 1)]

    @cached_property
    def sizes(self) -> list[int]:
        """J per factor."""
        return [factor.J for factor in self.sums.factors]

    def random(self, b: Sequence[Array]) -> Array:
        if b[0].ndim > 2:
            return super().random(b)
        return self._downwards([unit * each[:, 0] for unit, each in zip(self.units, b, strict=True)])

    def _downwards(self, values: Sequence[Array]) -> Array:
        """The sum of what all levels of a row have (n,): a new array."""
        total = values[-1]
        for own, parent in zip(values[-2::-1], self.parents[::-1], strict=True):
            total = own + total.take(parent)
        return np.asarray(total.take(self.sums.factors[0].codes))

    def _upwards(self, c: Array) -> list[Array]:
        """Sums of c (n,) over the rows of every level, per factor (J,)."""
        sums = [np.bincount(self.sums.factors[0].codes, c, self.sizes[0])]
        for parent, J in zip(self.parents, self.sizes[1:], strict=True):
            sums.append(np.bincount(parent, sums[-1], J))
        return sums

    def cross(self, c: Array) -> list[Array]:
        return [each[:, None] for each in self._cross(c)] if c.ndim == 1 else super().cross(c)

    def _cross(self, c: Array) -> list[Array]:
        """Z'c per factor (J,)."""
        return [unit * each for unit, each in zip(self.units, self._upwards(c), strict=True)]

    def _weights(self, weights: Array) -> NestedWeights:
        return NestedWeights(self._upwards(weights), self.units, self.parents)

    def filled(self, weights: Array, fixed: bool = True) -> NestedEngine:
        W, p = self._weights(weights), self.p if fixed else 0
        XytXy, ZtX = np.zeros((p + 1, p + 1)), [np.zeros((p + 1, J)) for J in self.sizes]
        if p:
            XytXy[:p, :p] = self.fixed_squares(weights)
            for c, column in enumerate(self._Xt):
                for own, each in zip(ZtX, self._cross(column * weights), strict=True):
                    own[c] = each
        factors = (
            FactorSums(factor.terms, a[:, None, None], x.T[:, None])
            for factor, a, x in zip(self.sums.factors, W.own, ZtX, strict=True)
        )
        links = {key: CrossProducts(self.sums.pairs[key].pairs, p[:, None, None]) for key, p in W.links.items()}
        gram = Gram(self.n, tuple(factors), links, XytXy, 0.0, 0.0, self.scaling)
        plan = self.plan
        assert isinstance(plan, ChainPlan)
        return NestedEngine(gram, plan, (), W, ZtX)

    def mode_step(
        self, weights: Array, g: Array, T: Sequence[Array], u: Sequence[Array], b: Sequence[Array]
    ) -> tuple[list[Array], float]:
        t = [float(each[0, 0]) for each in T]
        score = [s * each + own[:, 0] for s, each, own in zip(t, self._cross(g), u, strict=True)]
        step = EliminatedIntercepts(self._weights(weights), t).inverse_times(score)
        return [-each[:, None] for each in step], sum(float(one @ two) for one, two in zip(score, step, strict=True))

    def quadratic(self, own: Sequence[Array], between: dict[tuple[int, int], Array]) -> Array:
        units, down = self.units, [unit**2 * K[:, 0, 0] for unit, K in zip(self.units, own, strict=True)]
        for (f, g), K in between.items():
            down[f] = down[f] + 2 * units[f] * units[g] * K[:, 0, 0]
        return self._downwards(down)


class NestedWeights:
    """Z'WZ: of every level own[f] (J,), with its parent in g > f links[f, g] (J_f,)."""

    def __init__(self, sums: Sequence[Array], units: Sequence[float], parents: Sequence[Codes]) -> None:
        self.parents, count = parents, range(len(sums))
        self.own = [unit**2 * each for unit, each in zip(units, sums, strict=True)]
        self.links = {(f, g): units[f] * units[g] * sums[f] for g in count for f in range(g)}
        self.to: dict[tuple[int, int], Codes] = {}  # the parent in g of every level of f
        for f in reversed(range(len(parents))):
            self.to[f, f + 1] = parents[f]
            for g in range(f + 2, len(sums)):
                self.to[f, g] = self.to[f + 1, g].take(parents[f])

    def times(self, s: Columns) -> Columns:
        """Z'WZ s for s per factor (m, J)."""
        out = [own * each for own, each in zip(self.own, s, strict=True)]
        for (f, g), link in self.links.items():
            out[f] += link * s[g].take(self.to[f, g], axis=-1)
            out[g] += summed_to(self.to[f, g], link * s[f], len(self.own[g]))
        return out


def summed_to(parent: Codes, values: Array, J: int) -> Array:
    """Sums of values (J_f,) or (m, J_f) over the children of each of J parents."""
    if values.ndim == 1:
        return np.bincount(parent, values, J)
    return np.array([np.bincount(parent, each, J) for each in values]).reshape(len(values), J)


class EliminatedIntercepts:
    """All factors at templates t: d and k per factor (J,), p[f, g] (J_f,) as the children leave it.

    NumericalError if I + T'Z'WZ T is not positive definite.
    """

    def __init__(self, weights: NestedWeights, t: Sequence[float]) -> None:
        self.weights, self.t, self.count = weights, t, len(t)
        self.a, self.p = list(weights.own), dict(weights.links)
        self.d: list[Array] = []
        self.k: list[Array] = []
        for f, s in enumerate(t):
            d = 1.0 + s * s * self.a[f]
            if not d.min() > 0:
                raise NumericalError("a matrix is not positive definite")
            self.d.append(d)
            self.k.append(s * s / d)
            self._carry(f)
        self.logdet = sum(float(np.log(d).sum()) for d in self.d)

    def _carry(self, f: int) -> None:
        """What the parents lose with the levels of f; all of it goes through the next factor's levels."""
        later = range(f + 1, self.count)
        for g in later:
            kp = self.k[f] * self.p[f, g]
            for h in range(g, self.count):
                lost = summed_to(self.weights.to[f, g], kp * self.p[f, h], len(self.a[g]))
                if h == g:
                    self.a[g] = self.a[g] - lost
                else:
                    self.p[g, h] = self.p[g, h] - lost

    def forward(self, c: Columns) -> tuple[Columns, Columns]:
        """Z'c as the children leave it, and its half solves, per factor (m, J)."""
        reduced = list(c)
        for f in range(self.count):
            kc = self.k[f] * reduced[f]
            for g in range(f + 1, self.count):
                lost = summed_to(self.weights.to[f, g], self.p[f, g] * kc, len(self.a[g]))
                reduced[g] = reduced[g] - lost
        return reduced, [t / np.sqrt(d) * each for t, d, each in zip(self.t, self.d, reduced, strict=True)]

    def inverse_times(self, s: Columns) -> Columns:
        """(I + T'Z'WZ T)^-1 s."""
        reduced, t, to = list(s), self.t, self.weights.to
        for f in range(self.count):
            along = t[f] * reduced[f] / self.d[f]
            for g in range(f + 1, self.count):
                lost = summed_to(to[f, g], self.p[f, g] * along, len(self.a[g]))
                reduced[g] = reduced[g] - t[g] * lost
        for f in reversed(range(self.count)):
            behind = reduced[f]
            for g in range(f + 1, self.count):
                behind = behind - t[f] * t[g] * self.p[f, g] * reduced[g].take(to[f, g], axis=-1)
            reduced[f] = behind / self.d[f]
        return reduced

    def effects(self, c: Columns) -> Columns:
        """u = (I + T'Z'WZ T)^-1 T'c."""
        return self.inverse_times([t * each for t, each in zip(self.t, c, strict=True)])

    @cached_property
    def selected(self) -> tuple[list[Array], dict[tuple[int, int], Array], list[float]]:
        """K of every level (J,) and with its parents (J_f,), and the sums over the levels of Z_j'V^-1Z_j."""
        own: dict[int, Array] = {}
        between: dict[tuple[int, int], Array] = {}
        sums: dict[int, float] = {}
        for f in reversed(range(self.count)):
            k, later = self.k[f], range(f + 1, self.count)
            h: Array = np.zeros(1)
            for g in later:
                Kp: Array = np.zeros(1)  # row of K of the parent in g, times p
                for i in later:
                    K = own[g] if i == g else between[min(g, i), max(g, i)]
                    Kp = Kp + self.p[f, i] * K.take(self.weights.to[f, min(g, i)])
                between[f, g] = -k * Kp
                h = h + self.p[f, g] * Kp
            own[f] = k + k * k * h
            n = 1.0 / self.d[f]  # 1 - a k
            sums[f] = float((n * self.a[f] - n * n * h).sum())
        return [own[f] for f in range(self.count)], between, [sums[f] for f in range(self.count)]


@dataclass(frozen=True, eq=False)
class NestedEngine(ChainEngine):
    """Sums of nested intercepts: Z'WZ and, per factor, Z'W[X 0] (p + 1, J)."""

    weights: NestedWeights
    ZtX: Columns

    def factorize(self, T: Sequence[Array]) -> NestedFactorization:
        return NestedFactorization(self, [T[sums.terms[0]] for sums in self.gram.factors])

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        return _stacks(self.weights.times(_columns(s)))

    def sharing(self, gram: Gram) -> NestedEngine:
        ZtX = [sums.ZtXy[:, 0].T for sums in gram.factors]
        return NestedEngine(gram, self.plan, self.paths, self.weights, ZtX)


class NestedFactorization(EliminationFactorization):
    """V at given templates; the stacks of matrices that others ask for are made late."""

    engine: NestedEngine

    def __init__(self, engine: NestedEngine, T: list[Array]) -> None:
        self.engine, self.T = engine, T
        self.levels = EliminatedIntercepts(engine.weights, [float(t[0, 0]) for t in T])

    @cached_property
    def elimination(self) -> Elimination:  # type: ignore[override]
        return self.engine.plan.fill(self.engine.gram).eliminated(self.T)

    @property
    def logdet_V(self) -> float:
        return self.levels.logdet

    @cached_property
    def _columns(self) -> tuple[Columns, Columns]:
        return self.levels.forward(self.engine.ZtX)

    @cached_property
    def _forward(self) -> tuple[list[Array], list[Array]]:
        return _stacks(self._columns[0]), _stacks(self._columns[1])

    @cached_property
    def reduced_Xy(self) -> Array:
        half = self._columns[1]
        return self.engine.gram.XytXy - inner(half, half)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        Ztr = [v.T @ each for each in self.engine.ZtX]
        u = self.levels.effects(Ztr)
        b = [t * each for t, each in zip(self.levels.t, u, strict=True)]
        g = [one - two for one, two in zip(Ztr, self.engine.weights.times(b), strict=True)]
        return _stacks(u), _stacks(b), _stacks(g)

    def selected_sums(self, S: Array) -> list[Array]:
        if S.any():
            return super().selected_sums(S)
        return [np.array([[each]]) for each in self.levels.selected[2]]

    def solve(self, c: Sequence[Array]) -> list[Array]:
        u = self.levels.effects(_columns(c))
        return _stacks([t * each for t, each in zip(self.levels.t, u, strict=True)])

    def answered(self, c: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        own = [each[:, 0] for each in c]
        s = [t * each for t, each in zip(self.levels.t, self.levels.effects(own), strict=True)]
        left = [one - two for one, two in zip(own, self.engine.weights.times(s), strict=True)]
        return [each[:, None] for each in s], [each[:, None] for each in left]

    def effects(self, c: Sequence[Array]) -> list[Array]:
        return _stacks(self.levels.effects(_columns(c)))

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        own, p = _columns(s), self.engine.gram.p
        As = self.engine.weights.times(own)
        half = self.levels.forward(As)[1]
        XtW = inner([each[:p] for each in self.engine.ZtX], own)
        return inner(own, As) - inner(half, half), XtW - inner([each[:p] for each in self._columns[1]], half)

    def covariances(self) -> Covariances:
        own, between, _ = self.levels.selected
        return [K[:, None, None] for K in own], {key: K[:, None, None] for key, K in between.items()}

    def leverages(self, rows: IncidentRows) -> Array:
        return rows.quadratic(*self.covariances())


def inner(one: Columns, two: Columns) -> Array:
    """sum over factors and levels of the products of columns (m, J) and (k, J): (m, k)."""
    total: Array = one[0] @ two[0].T
    for a, b in zip(one[1:], two[1:], strict=True):
        total += a @ b.T
    return total


def _columns(s: Sequence[Array]) -> Columns:
    """(J, 1, m) per factor -> (m, J), the same numbers."""
    return [each[:, 0].T for each in s]


def _stacks(s: Columns) -> list[Array]:
    """(m, J) per factor -> (J, 1, m), the same numbers."""
    return [each.T[:, None] for each in s]

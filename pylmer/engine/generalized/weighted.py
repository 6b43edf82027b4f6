"""Rows of a generalized linear mixed model, and their sums under weights that change with every step.

What the weights leave alone is a `sums.Structure`, found once; here it is what the criteria ask of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import (
    Array,
    Codes,
    chunks,
    inner,
    read_only,
    rows_for_products,
    solve_positive,
    symmetric,
)
from ...numerics.unlocked import cached_property
from ..factorization.blocked import EliminationEngine, Plan
from ..factorization.choose import elimination_plan
from ..factorization.crossed import DENSE_SHARE, CrossedPlan
from ..factorization.scalars import ScalarsPlan
from ..sums.gram import Gram, Incidence
from ..sums.rows import Rows, TermRows
from ..sums.scaling import Scaling, find_scaling
from ..sums.structure import Structure as Sums

HELD = 400_000  # products of columns that are held
NARROW = 10  # columns of X up to which their products are sooner summed than multiplied
MANY = 300  # effects of the smaller factors up to which they are multiplied as dense matrices


@dataclass(frozen=True, eq=False)
class GlmRows:
    """What a generalized linear mixed model sees of the data.

    X        (n, p)
    y        (n,), of a binomial the proportion of successes
    weights  (n,) prior weights, of a binomial the trials; None for ones
    offset   (n,) or None
    terms    random terms; `factor` numbers the grouping factor, terms on one factor share `codes`
    """

    X: Array
    y: Array
    weights: Array | None
    offset: Array | None
    terms: tuple[TermRows, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def p(self) -> int:
        """Number of columns of X."""
        return int(self.X.shape[1])


def weighted_scaling(rows: GlmRows, weights: Array) -> Scaling:
    """R and R_i that make the columns of X and of every term orthonormal under `weights` (n,) > 0."""
    return find_scaling(Rows(rows.X, np.zeros(rows.n), weights, rows.terms))


@dataclass(frozen=True, eq=False)
class WeightedFactor:
    """One grouping factor: number and terms among those of the rows, codes (n,), J levels, L columns of all terms."""

    number: int
    terms: tuple[int, ...]
    codes: Codes
    J: int
    L: int


@dataclass(frozen=True, eq=False)
class WeightedStructure:
    """The rows in scaled coordinates: X beta, Z b, Z'c, and the sums that engines eat.

    The sums are those of `sums`, in which a factor with one column of ones is not scaled: `units` (one number a factor)
    make up for it, on levels instead of rows.
    """

    sums: Sums
    scaling: Scaling
    units: tuple[float, ...]

    @cached_property
    def n(self) -> int:
        """Number of rows."""
        return self.sums.n

    @cached_property
    def p(self) -> int:
        """Number of columns of X."""
        return self.sums.rows.p

    @cached_property
    def _Xt(self) -> Array:
        """X' (p, n), scaled."""
        return np.ascontiguousarray(self.sums.X.T)

    def fixed(self, beta: Array) -> Array:
        """X beta (n,)."""
        return np.asarray(beta @ self._Xt)

    def fixed_cross(self, c: Array) -> Array:
        """X'c (p,)."""
        return np.asarray(self._Xt @ c)

    def fixed_squares(self, weights: Array) -> Array:
        """X'WX (p, p)."""
        if self._Xt_pairs is not None:
            return (self._Xt_pairs @ weights).take(pair_places(self.p))
        if self.n <= rows_for_products(self.p):
            return symmetric((self._Xt * weights) @ self._Xt.T)
        out = np.zeros((self.p, self.p))
        for at in chunks(self.n, rows_for_products(self.p)):
            block = self._Xt[:, at]
            out += (block * weights[at]) @ block.T
        return symmetric(out)

    @cached_property
    def _Xt_pairs(self) -> Array | None:
        """Products of the columns of X, each pair once (p (p + 1) / 2, n); None where that is much to hold."""
        if not 0 < self.p <= NARROW or self.p * (self.p + 1) // 2 * self.n > HELD:
            return None
        a, b = pairs_of(self.p)
        return np.asarray(self._Xt[a] * self._Xt[b])

    @cached_property
    def factors(self) -> tuple[WeightedFactor, ...]:
        """In the order of the sums."""
        terms = self.sums.rows.terms
        return tuple(WeightedFactor(terms[f.terms[0]].factor, f.terms, f.codes, f.J, f.L) for f in self.sums.factors)

    def zeros(self) -> list[Array]:
        """No effects, per factor (J, L)."""
        return [np.zeros((factor.J, factor.L)) for factor in self.factors]

    def random(self, b: Sequence[Array]) -> Array:
        """Z b (n,) or (n, k) for b per factor (J, L) or (J, L, k): a new array."""
        if len(b) == 1 and b[0].shape[1] == 1 and self.units[0] != 1.0:
            return np.take(self.units[0] * b[0][:, 0], self.factors[0].codes, axis=0)
        return self.sums.Z([unit * each for unit, each in zip(self.units, b, strict=True)])

    def cross(self, c: Array) -> list[Array]:
        """Z'c per factor (J, L) or (J, L, k) for c (n,) or (n, k)."""
        return [unit * each for unit, each in zip(self.units, self.sums.Zt(c), strict=True)]

    def filled(self, weights: Array, fixed: bool = True) -> EliminationEngine:
        """The engine of the sums Z'WZ and Z'W[X, 0], or of Z'WZ alone (and one column of zeros)."""
        gram = self.sums.filled(weights, "ZX" if fixed else "Z")
        factors = tuple(
            replace(each, ZtZ=unit**2 * each.ZtZ, ZtXy=unit * each.ZtXy) if unit != 1.0 else each
            for unit, each in zip(self.units, gram.factors, strict=True)
        )
        links = {
            (f, g): replace(link, blocks=self.units[f] * self.units[g] * link.blocks)
            for (f, g), link in gram.links.items()
        }
        return self.plan.fill(replace(gram, factors=factors, links=links, scaling=self.scaling))

    def working(self, weights: Array, Wz: Array, square: float) -> EliminationEngine:
        """The engine of the sums of [Z X z], given W z (n,) and z'Wz."""
        engine = self.filled(weights)
        gram = engine.gram
        XytXy = gram.XytXy.copy()
        XytXy[:-1, -1] = XytXy[-1, :-1] = self.fixed_cross(Wz)
        XytXy[-1, -1] = square
        factors = []
        for sums, z in zip(gram.factors, self.cross(Wz), strict=True):
            ZtXy = sums.ZtXy
            ZtXy[:, :, -1] = z
            factors.append(replace(sums, ZtXy=ZtXy))
        return engine.sharing(replace(gram, factors=tuple(factors), XytXy=XytXy))

    def mode_step(
        self, weights: Array, g: Array, T: Sequence[Array], u: Sequence[Array], b: Sequence[Array]
    ) -> tuple[list[Array], float]:
        """Newton's step of u for D + |u|^2 per factor (J, L), and the decrease that it promises.

        To (I + T'Z'WZT)^-1 T'(Z'W Zb - Z'g); the score T'Z'g + u is this matrix times the step, negative.
        """
        engine, Ztg = self.filled(weights, fixed=False), self.cross(g)
        ZtWZb = engine.ZtZ_times([each[:, :, None] for each in b])
        right = [one[:, :, 0] - two for one, two in zip(ZtWZb, Ztg, strict=True)]
        step = [
            new - old for new, old in zip(solve_effects(engine, term_templates(engine.gram, T), right), u, strict=True)
        ]
        score = [each @ t + old for each, t, old in zip(Ztg, T, u, strict=True)]
        return step, -sum(inner(one, two) for one, two in zip(score, step, strict=True))

    @cached_property
    def plan(self) -> Plan:
        """How the levels are eliminated, whatever the weights."""
        return _plan(self.sums.filled(None, "Z").incidence)

    def quadratic(self, own: Sequence[Array], between: dict[tuple[int, int], Array]) -> Array:
        """z_i'K z_i of every row (n,), K where levels meet: per factor (J, L, L), per pair of factors (P, L_f, L_g)."""
        units = self.units
        scaled = [unit**2 * K for unit, K in zip(units, own, strict=True)]
        return self.sums.quadratic(scaled, {(f, g): units[f] * units[g] * K for (f, g), K in between.items()})

    @cached_property
    def place(self) -> dict[int, tuple[int, slice]]:
        """Term index -> (factor, its columns within the factor)."""
        return term_places([factor.terms for factor in self.factors], self.scaling)


@lru_cache(maxsize=32)
def pairs_of(k: int) -> tuple[Codes, Codes]:
    """Rows and columns of the lower triangle of a matrix (k, k), row by row."""
    return read_only(np.tril_indices(k))  # type: ignore[no-any-return]


@lru_cache(maxsize=32)
def pair_places(k: int) -> Codes:
    """Where the entries of a symmetric matrix (k, k) stand among the pairs of its lower triangle."""
    out = np.empty((k, k), np.int64)
    a, b = pairs_of(k)
    out[a, b] = out[b, a] = np.arange(len(a))
    return out


def term_places(terms: Sequence[tuple[int, ...]], scaling: Scaling) -> dict[int, tuple[int, slice]]:
    """Term index -> (factor, its columns within the factor), given the terms of each factor."""
    where: dict[int, tuple[int, slice]] = {}
    for f, own in enumerate(terms):
        at = 0
        for t in own:
            width = scaling.R_terms[t].shape[0]
            where[t] = (f, slice(at, at + width))
            at += width
    return where


def solve_effects(engine: EliminationEngine, T: Sequence[Array], c: Sequence[Array]) -> list[Array]:
    """u = (I + T'Z'WZT)^-1 T'c for templates T per random term and c per factor (J, L)."""
    factorization = engine.factorize(T)
    return [each[:, :, 0] for each in factorization.effects([each[:, :, None] for each in c])]


def solved(A: Array, B: Array) -> Array:
    """A^-1 B for symmetric A (p, p), the least of the solutions where A is not positive definite."""
    try:
        return solve_positive(A, B)
    except NumericalError:
        return np.asarray(np.linalg.pinv(A) @ B)


def term_templates(gram: Gram, T: Sequence[Array]) -> list[Array]:
    """Templates per factor -> per random term."""
    return [T[f][at, at] for _, (f, at) in sorted(gram.place.items())]


def _plan(incidence: Incidence) -> Plan:
    """As for other sums; but products of pairs of values, which are kept where values are, are not worth forming anew
    at every step where a few effects meet nearly all levels of the largest factor."""
    usual = elimination_plan(incidence)
    q = incidence.q - incidence.shapes[0][0] * incidence.shapes[0][1]
    met = sum(len(pairs) for (f, _), pairs in incidence.pairs.items() if f == 0)
    if isinstance(usual, ScalarsPlan) and q <= MANY and met > DENSE_SHARE * incidence.shapes[0][0] * q:
        return CrossedPlan.of(incidence)
    return usual


def form_structure(rows: GlmRows, scaling: Scaling) -> WeightedStructure:
    """Scaled columns and the pairs of levels that meet; factors in the order that the engines want."""
    sums = Sums.of(Rows(rows.X, rows.y, None, rows.terms), _without_units(rows, scaling))
    units = (1 / scaling.R_terms[f.terms[0]][0, 0] if _is_ones(rows, f.terms) else 1.0 for f in sums.factors)
    return WeightedStructure(sums, scaling, tuple(float(unit) for unit in units))


def _is_ones(rows: GlmRows, terms: tuple[int, ...]) -> bool:
    return len(terms) == 1 and rows.terms[terms[0]].Z is None


def _without_units(rows: GlmRows, scaling: Scaling) -> Scaling:
    """The same with 1 for every factor that has a column of ones alone."""
    factors = [term.factor for term in rows.terms]
    R_terms = [
        np.ones((1, 1)) if term.Z is None and factors.count(term.factor) == 1 else R
        for term, R in zip(rows.terms, scaling.R_terms, strict=True)
    ]
    return Scaling(scaling.R, tuple(R_terms), scaling.shift)

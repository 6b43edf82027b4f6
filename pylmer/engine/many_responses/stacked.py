"""The criterion of many responses, each at templates of its own: nested factors, all (run, level) pairs in one stack.

The levels of m runs form one `Chain` of m J levels, whose templates, right-hand sides and adjoints differ by run; sums
over levels are taken run by run. Formulas are those of `criterion`, with a leading axis for the runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, symmetric, transposed
from ...numerics.stacks import levels_last, product
from ..criterion.deviance import (
    curvature,
    degrees,
    deviance,
    leaves_nothing,
    log_determinants,
    noise,
    profiling,
    slope,
)
from ..factorization.chain import Chain, ChainEngine
from ..factorization.contract import SumsEngine
from ..sums.gram import FactorSums, Gram
from .responses import Responses
from .stacked_points import StackedPoints

LEVELS = 20_000  # (run, level) pairs stacked at once: their columns stay in the processor's cache
CELLS = 4_000_000  # numbers of one stack held at once


@dataclass(frozen=True, eq=False)
class Values:
    """Criterion (m,), score (m, k) and average information (m, k, k) of m runs; noise, r2 (m,), beta (m, p).

    Runs whose arithmetic failed have an infinite value, and NaN elsewhere.
    """

    value: Array
    gradient: Array
    information: Array
    noise: Array
    r2: Array
    beta: Array

    def __getitem__(self, runs: Array) -> Values:
        return Values(**{each.name: getattr(self, each.name)[runs] for each in fields(self)})

    def updated(self, runs: Array, other: Values) -> Values:
        """These values with `other` in the places of `runs`."""
        made = {each.name: getattr(self, each.name).copy() for each in fields(self)}
        for name, array in made.items():
            array[runs] = getattr(other, name)
        return Values(**made)


def joined(parts: Sequence[Values]) -> Values:
    """The runs of all parts."""
    return Values(
        **{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Values)}
    )


class StackedElimination(Protocol):
    """V of all runs at their templates; arrays per factor as in `engines.blocked.Elimination`, runs times levels."""

    @property
    def factors(self) -> Sequence[Array]:
        """Cholesky factors whose diagonals make up |V|, runs first."""

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]: ...

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]: ...

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]: ...


@dataclass(frozen=True, eq=False)
class Stack(ABC):
    """The engine of a design, and responses for it."""

    engine: SumsEngine
    REML: bool
    responses: Responses

    @property
    def m(self) -> int:
        """n for ML, n - p for REML."""
        gram = self.engine.gram
        return int(degrees(gram.n, gram.p, self.REML))

    def values(self, who: Codes, places: StackedPoints) -> Values:
        """Run i is response who[i] at the i-th place."""
        found = [self._values(who[part], places[part]) for part in self.parts(len(who), places)]
        return joined(found)

    def criteria(self, who: Codes, places: StackedPoints) -> Array:
        """The criterion alone (m,), infinite where the arithmetic fails."""
        return np.concatenate([self._criteria(who[part], places[part]) for part in self.parts(len(who), places)])

    def _criteria(self, who: Codes, places: StackedPoints) -> Array:
        try:
            return self.run(who, places).criterion()[0]
        except (NumericalError, np.linalg.LinAlgError):
            return self._values(who, places).value

    def scores(self, who: Codes, places: StackedPoints) -> Array:
        """The score alone (m, k), where the arithmetic has not failed."""
        return np.concatenate([self.run(who[at], places[at]).score() for at in self.parts(len(who), places)])

    def modes(self, who: Codes, places: StackedPoints) -> tuple[list[Array], list[Array]]:
        """u and b of every run, per grouping factor (r, J, L), scaled coordinates."""
        shapes = [(len(who), sums.J, sums.L) for sums in self.engine.gram.factors]
        u, b = ([np.empty(shape) for shape in shapes] for _ in range(2))
        for part in self.parts(len(who), places):
            run = self.run(who[part], places[part])
            one, two, _ = run.solved(run.fixed()[0])
            for f, shape in enumerate(shapes):
                u[f][part], b[f][part] = (x.reshape(-1, *shape[1:]) for x in (one[f], two[f]))
        return u, b

    def parts(self, count: int, places: StackedPoints) -> list[Codes]:
        """Runs in parts that fit into the processor's cache."""
        gram = self.engine.gram
        k = places.size
        width = max(sums.L * (gram.p + 1 + k + sums.L) for sums in gram.factors) + (gram.p + 1) ** 2
        size = max(1, min(LEVELS, CELLS // width) // gram.factors[0].J)
        return [np.arange(at, min(at + size, count)) for at in range(0, count, size)]

    def _values(self, who: Codes, places: StackedPoints) -> Values:
        """All runs at once; where one fails, the others are found by halving."""
        try:
            return self._together(who, places)
        except (NumericalError, np.linalg.LinAlgError):
            if len(who) == 1:
                return self._failed(places)
            half = len(who) // 2
            first, second = np.arange(half), np.arange(half, len(who))
            return joined([self._values(who[part], places[part]) for part in (first, second)])

    def _failed(self, places: StackedPoints) -> Values:
        k, p = places.size, self.engine.gram.p
        unknown = np.full(1, np.nan)
        matrix = np.full((1, k, k), np.nan)
        return Values(np.full(1, np.inf), matrix[:, 0], matrix, unknown, unknown, np.full((1, p), np.nan))

    def _together(self, who: Codes, places: StackedPoints) -> Values:
        return self.run(who, places).values()

    @abstractmethod
    def run(self, who: Codes, places: StackedPoints) -> StackRun:
        """All runs, factorized."""


@dataclass(frozen=True, eq=False)
class LevelStack(Stack):
    """The engine of a design with nested factors, and responses for it."""

    engine: ChainEngine

    def run(self, who: Codes, places: StackedPoints) -> StackRun:
        return LevelRun(self, who, places)


class StackRun(ABC):
    """One evaluation of a stack. Leading axes: runs (r), or runs times levels (rj), run by run."""

    def __init__(self, stack: Stack, who: Codes, places: StackedPoints) -> None:
        self.stack, self.who, self.places = stack, who, places
        self.gram, self.R = stack.engine.gram, len(who)
        self.T = places.templates(self.gram)
        columns = [self._columns(f) for f in range(len(self.gram.factors))]
        self.tall = self._tall(columns)
        self.elimination = self._eliminated()
        self.reduced, self.half_solves = self.elimination.forward(columns)

    @abstractmethod
    def _eliminated(self) -> StackedElimination:
        """The factorization of V of all runs."""

    def by_level(self, f: int, A: Array) -> Array:
        """A of each run (r, ...) at all levels of factor f: (rj, ...), levels last in memory."""
        return runs_first(runs_last(A).repeat(self.gram.factors[f].J, axis=-1))

    def _columns(self, f: int) -> Array:
        """Z'[X y] with each run's own response: (rj, L, p + 1)."""
        sums, p = self.gram.factors[f], self.gram.p
        out = levels_last(self.R * sums.J, sums.L, p + 1)
        out[:, :, :p] = tiled(sums.ZtXy[:, :, :p], self.R)
        out[:, :, p] = self.stack.responses.Zty[f][:, self.who].reshape(sums.L, -1).T
        return out

    def _tall(self, columns: list[Array]) -> Gram:
        """The sums of R copies of the design, each with columns of its own."""
        factors = tuple(
            FactorSums(sums.terms, self._ZtZ(f), ZtXy)
            for f, (sums, ZtXy) in enumerate(zip(self.gram.factors, columns, strict=True))
        )
        return replace(self.gram, factors=factors, links={})

    def _ZtZ(self, f: int) -> Array:
        """Z'Z of every run: (rj, L, L)."""
        return tiled(self.gram.factors[f].ZtZ, self.R)

    @property
    def m(self) -> Any:
        """n for ML, n - p for REML; of each run (r,) where they differ."""
        return self.stack.m

    @property
    def sum_log_weights(self) -> Any:
        """sum(log w); of each run (r,) where they differ."""
        return self.gram.sum_log_weights

    @cached_property
    def directions(self) -> list[Array]:
        """E_a per factor (r, k, L, L)."""
        return self.places.directions(self.gram)

    @cached_property
    def tangents(self) -> list[Array]:
        """dSigma/da per factor (r, k, L, L)."""
        return [sigma_tangents(E, T) for E, T in zip(self.directions, self.T, strict=True)]

    def _inner(self, one: list[Array], two: list[Array]) -> Array:
        """sum over factors and levels of one_j' two_j, run by run: (r, a, b)."""
        products = (products_by_run(a, b, self.R) for a, b in zip(one, two, strict=True))
        return np.asarray(sum(products, start=np.zeros(())))

    def _XytXy(self) -> Array:
        responses, p = self.stack.responses, self.gram.p
        out = np.repeat(self.gram.XytXy[None], self.R, axis=0)
        out[:, p, :p] = out[:, :p, p] = responses.Xty[self.who]
        out[:, p, p] = responses.yty[self.who]
        return out

    def _logdet_V(self) -> Array:
        logs = [np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1) for L in self.elimination.factors]
        return np.asarray(2 * sum(log.reshape(self.R, -1).sum(axis=1) for log in logs))

    def fixed(self) -> tuple[Array, Array, Array, Array]:
        """beta (r, p), r2 (r,), Phi (r, p, p) and log|X'V^-1 X| (r,)."""
        p = self.gram.p
        reduced = self._XytXy() - self._inner(self.half_solves, self.half_solves)
        L_X = np.linalg.cholesky(reduced[:, :p, :p])
        inverse = np.linalg.inv(L_X)
        half = inverse @ reduced[:, :p, p:]
        r2 = reduced[:, p, p] - np.sum(half[:, :, 0] ** 2, axis=1)
        logdet_XtVX = 2 * np.log(np.diagonal(L_X, axis1=1, axis2=2)).sum(axis=1)
        return (transposed(inverse) @ half)[:, :, 0], r2, transposed(inverse) @ inverse, logdet_XtVX

    def criterion(self) -> tuple[Array, Array, Array, Array]:
        """d, infinite where the arithmetic failed (r,), and beta, r2 and Phi as in `fixed`."""
        beta, r2, Phi, logdet_XtVX = self.fixed()
        r2[leaves_nothing(r2, self.stack.responses.y_square[self.who])] = np.nan
        logdet_V, logdet_XtVX = self._logdet_V() - self.sum_log_weights, logdet_XtVX + 2 * self.gram.scaling.logdet_R
        d = deviance(log_determinants(logdet_V, logdet_XtVX, self.stack.REML), r2, self.m)
        return np.where(np.isfinite(d), d, np.inf), beta, r2, Phi

    def values(self) -> Values:
        """Criterion, score and information."""
        m = self.m
        d, beta, r2, Phi = self.criterion()
        g = [x[:, :, 0] for x in self.solved(beta)[2]]
        gradient, information = self._derivatives(g, self._G(g, Phi, r2 / m), Phi, r2 / m)
        return Values(d, gradient, information, noise(d, m, self.stack.responses.yty[self.who] / r2), r2, beta)

    def score(self) -> Array:
        """dd/da (r, k) alone."""
        beta, r2, Phi, _ = self.fixed()
        g = [x[:, :, 0] for x in self.solved(beta)[2]]
        return self._gradient(self.tangents, self._G(g, Phi, r2 / self.m))

    def solved(self, beta: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'Py per factor (rj, L, 1)."""
        v = np.concatenate([-beta, np.ones((self.R, 1))], axis=1)[:, :, None]
        return self.elimination.backward([product(c, self.by_level(f, v)) for f, c in enumerate(self.reduced)])

    def cross_products(self) -> list[Array]:
        """Z'V^-1X per factor (rj, L, p)."""
        return self.elimination.backward([c[:, :, : self.gram.p] for c in self.reduced])[2]

    def _G(self, g: list[Array], Phi: Array, s2: Array) -> list[Array]:
        """dd/dSigma per factor (r, L, L)."""
        p = self.gram.p
        S = np.zeros((self.R, p + 1, p + 1))
        if self.stack.REML:
            S[:, :p, :p] = Phi
        D = self.elimination.selected_inverse(self.reduced, self.by_level(len(self.T) - 1, S))[0]
        ZtQZ = [symmetric(blocks.reshape(self.R, -1, *blocks.shape[1:]).sum(axis=1)) for blocks in D]
        outer = [products_by_run(x[:, None], x[:, None], self.R) for x in g]
        return [np.asarray(slope(own, -square, s2)) for own, square in zip(ZtQZ, outer, strict=True)]

    def _derivatives(self, g: list[Array], G: list[Array], Phi: Array, s2: Array) -> tuple[Array, Array]:
        """Score (r, k) and average information with its curvature (r, k, k)."""
        p = self.gram.p
        E, tangents = self.directions, self.tangents
        s = [self._directions(f, dS, g[f]) for f, dS in enumerate(tangents)]
        ZtW = self._ZtZ_times(s)
        half_solves = self.elimination.forward(ZtW)[1]
        WVW = self._inner(s, ZtW) - self._inner(half_solves, half_solves)
        X_halves = [h[:, :, :p] for h in self.half_solves]
        XVW = self._inner([sums.ZtXy[:, :, :p] for sums in self.tall.factors], s) - self._inner(X_halves, half_solves)
        r2_a = -self._inner([x[:, :, None] for x in g], s)[:, 0]
        WPW = WVW - transposed(XVW) @ Phi @ XVW
        bends = sum(sigma_curvature(e, x) for e, x in zip(E, G, strict=True))
        information = curvature(bends, WPW, s2) - profiling(r2_a, s2, self.m)
        return self._gradient(tangents, G), symmetric(information)

    def _gradient(self, tangents: list[Array], G: list[Array]) -> Array:
        """tr(G dSigma/da), all factors together: (r, k)."""
        return np.asarray(sum(np.einsum("rkab,rab->rk", dS, x) for dS, x in zip(tangents, G, strict=True)))

    def _directions(self, f: int, tangents: Array, g: Array) -> Array:
        """s_a = dSigma_a Z'Py of factor f: (rj, L, k)."""
        by_run = runs_last(g).reshape(g.shape[1], self.R, -1)
        s = np.einsum("rkab,brj->akrj", tangents, by_run)
        return runs_first(s.reshape(*s.shape[:2], -1))

    @abstractmethod
    def _ZtZ_times(self, s: list[Array]) -> list[Array]:
        """Z'Z s for s per factor (rj, L, k)."""


class LevelRun(StackRun):
    """One evaluation of a stack of (run, level) pairs."""

    stack: LevelStack

    def _eliminated(self) -> StackedElimination:
        parents = [parent.repeated(self.R) for parent in self.stack.engine.plan.parents]
        return Chain(self.tall, parents, self._paths(), [self.by_level(f, T) for f, T in enumerate(self.T)])

    def _blocks(self, f: int, g: int) -> Array:
        """Coupling of each level of f to its parent in g, of every run: (rj, L_f, L_g)."""
        return tiled(self.gram.links[f, g].blocks, self.R)

    def _paths(self) -> list[Array]:
        """Coupling of each level to the columns of all its parents: (rj, L, P)."""
        return [tiled(path, self.R) for path in self.stack.engine.paths]

    def _ZtZ_times(self, s: list[Array]) -> list[Array]:
        out = [product(sums.ZtZ, x) for sums, x in zip(self.tall.factors, s, strict=True)]
        for f, g in self.gram.links:
            blocks, parents = self._blocks(f, g), self.stack.engine.plan.parent[f, g].repeated(self.R)
            out[f] = out[f] + product(blocks, s[g][parents.codes])
            out[g] = out[g] + parents.sums(product(transposed(blocks), s[f]))
        return out


def runs_last(A: Array) -> Array:
    """A (r, ...) seen as (..., r)."""
    return A.transpose(*range(1, A.ndim), 0)


def runs_first(A: Array) -> Array:
    """A (..., r) seen as (r, ...)."""
    return A.transpose(A.ndim - 1, *range(A.ndim - 1))


def tiled(A: Array, R: int) -> Array:
    """A (J, a, b) once for each run: (rj, a, b), levels last in memory."""
    J, a, b = A.shape
    return A.transpose(1, 2, 0)[:, :, None].repeat(R, axis=2).reshape(a, b, R * J).transpose(2, 0, 1)


def products_by_run(A: Array, B: Array, R: int) -> Array:
    """sum over levels of A_j' B_j, run by run, for (rj, L, a), (rj, L, b): (r, a, b)."""
    one, two = (x.transpose(1, 2, 0).reshape(*x.shape[1:], R, len(x) // R) for x in (A, B))
    return np.asarray(np.einsum("larj,lbrj->rab", one, two))


def sigma_tangents(E: Array, T: Array) -> Array:
    """dSigma/da = E_a T' + T E_a': (r, k, L, L)."""
    half = E @ transposed(T)[:, None]
    return np.asarray(half + transposed(half))


def sigma_curvature(E: Array, G: Array) -> Array:
    """tr(G d2Sigma/da db) = 2 tr(G E_a E_b'): (r, k, k)."""
    flat, GE = (x.reshape(*x.shape[:2], -1) for x in (E, G[:, None] @ E))
    return np.asarray(2 * flat @ transposed(GE))

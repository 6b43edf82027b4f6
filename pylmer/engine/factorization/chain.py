"""Nested factors at given templates: every level of each has exactly one parent in each later factor.

Each factor is eliminated level by level and the parent receives the Schur complement, so nothing ever fills in. `path`
of a level is its coupling to the columns of all its parents, side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...numerics.linalg import Array, log_diagonal, transposed
from ...numerics.stacks import inner_products, product
from ..sums.gram import Gram, Incidence
from .blocked import EliminationEngine, EliminationFactorization, Plan
from .contract import Covariances
from .level_elimination import Level
from .one_factor import NARROW, OneFactorization, reduced_at

if TYPE_CHECKING:
    from .parents import Parents


@dataclass(frozen=True, eq=False)
class ChainPlan(Plan):
    """parent[f, g]: the level of g that each level of f lies in."""

    parent: dict[tuple[int, int], Parents]

    @classmethod
    def fits(cls, incidence: Incidence) -> bool:
        return incidence.nested

    @classmethod
    def of(cls, incidence: Incidence) -> ChainPlan:
        if not incidence.pairs:
            return cls(incidence, {})
        from .parents import Parents  # a module that one factor does without

        pairs, shapes = incidence.pairs, incidence.shapes
        return cls(incidence, {(f, g): Parents(pair.second, shapes[g][0]) for (f, g), pair in pairs.items()})

    @cached_property
    def parents(self) -> list[Parents]:
        """Per factor but the last, its levels' parents in the next."""
        return [self.parent[f, f + 1] for f in range(len(self.incidence.shapes) - 1)]

    def fill(self, gram: Gram) -> ChainEngine:
        return ChainEngine(gram, self, tuple(_path(gram, f) for f in range(len(gram.factors))))


@dataclass(frozen=True, eq=False)
class ChainEngine(EliminationEngine):
    """One grouping factor, or nested ones. paths per factor (J, L, P): coupling to the columns of all parents."""

    plan: ChainPlan
    paths: tuple[Array, ...]

    nested: ClassVar[bool] = True
    stackable: ClassVar[bool] = True

    @property
    def route(self) -> str:
        if len(self.gram.factors) == 1:
            return "one grouping factor, eliminated level by level"
        return "nested grouping factors, eliminated level by level, one after the other"

    def eliminated(self, T: list[Array]) -> Chain:
        return Chain(self.gram, self.plan.parents, self.paths, T)

    @cached_property
    def AC(self) -> Array | None:
        """Z'[Z X y] (L, L + p + 1, J) of one factor with few columns, levels last; None of others."""
        (sums, *more) = self.gram.factors
        if more or sums.L > NARROW:
            return None
        out = np.empty((sums.L, sums.L + sums.ZtXy.shape[2], sums.J))
        out[:, : sums.L], out[:, sums.L :] = sums.ZtZ.transpose(1, 2, 0), sums.ZtXy.transpose(1, 2, 0)
        return out

    def reduced_at(self, T: Sequence[Array]) -> tuple[Array, Array] | None:
        if self.AC is None:
            return None
        return reduced_at(self.gram.XytXy, self.AC, self.gram.factor_templates(T)[0])

    def factorize(self, T: Sequence[Array]) -> EliminationFactorization:
        templates = self.gram.factor_templates(T)
        if self.AC is not None:
            return OneFactorization(self, templates[0], self.AC)
        return EliminationFactorization(self, self.eliminated(templates))

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        out = [product(sums.ZtZ, x) for sums, x in zip(self.gram.factors, s, strict=True)]
        for (f, g), link in self.gram.links.items():
            out[f] = out[f] + product(link.blocks, s[g][link.second])
            out[g] = out[g] + self.plan.parent[f, g].sums(product(transposed(link.blocks), s[f]))
        return out


def _path(gram: Gram, f: int) -> Array:
    """Cross-products of each level with the columns of all its parents: (J, L, P)."""
    sums = gram.factors[f]
    later = [gram.links[f, g].blocks for g in range(f + 1, len(gram.factors))]
    return np.concatenate([np.zeros((sums.J, sums.L, 0)), *later], axis=2)


class Chain:
    """Nested factors at given templates: every level of each has one parent in each later factor."""

    def __init__(self, gram: Gram, parents: Sequence[Parents], paths: Sequence[Array], T: list[Array]) -> None:
        self.gram, self.parents = gram, parents
        self.levels: list[Level] = []
        carry: Array | None = None
        for f, sums in enumerate(gram.factors):
            A, path, L = sums.ZtZ, paths[f], sums.L
            if carry is not None:
                A, path = A - carry[:, :L, :L], path - carry[:, :L, L:]
            level = Level.eliminated(T[f], A, path)
            self.levels.append(level)
            if f < len(parents):
                update = product(transposed(level.half_path), level.half_path)
                if carry is not None:
                    update = update + carry[:, L:, L:]
                carry = parents[f].sums(update)
        self.logdet_V = 2 * sum(log_diagonal(level.chol) for level in self.levels)

    @property
    def factors(self) -> list[Array]:
        """Cholesky factors of all levels, per grouping factor (J, L, L)."""
        return [level.chol for level in self.levels]

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c (per factor (J, L, k)) -> the same as the children leave them, and their half solves B c."""
        reduced, half_solves = [], []
        carry: Array | None = None
        for f, level in enumerate(self.levels):
            L = level.T.shape[-1]
            c = columns[f] if carry is None else columns[f] - carry[:, :L]
            half = product(level.B, c)
            reduced.append(c)
            half_solves.append(half)
            if f < len(self.parents):
                update = product(transposed(level.half_path), half)
                carry = self.parents[f].sums(update if carry is None else update + carry[:, L:])
        return reduced, half_solves

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'Z Sigma (I + Z'Z Sigma)^-1 Z'c_2 from the half solves of `forward`."""
        return inner_products(one, two)

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides that `forward` has reduced."""
        u: list[Array] = []
        b: list[Array] = []
        g: list[Array] = []
        behind: Array | None = None  # b of the path, per level of the later factor
        for f in reversed(range(len(self.levels))):
            level, c = self.levels[f], reduced[f]
            if behind is not None:
                behind = behind[self.parents[f].codes]
                c = c - product(level.path, behind)
            one, two, three = level.solve(c)
            u.insert(0, one)
            b.insert(0, two)
            g.insert(0, three)
            behind = two if behind is None else np.concatenate([two, behind], axis=1)
        return u, b, g

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.selected_inverse`; the adjoint of the elimination, last factor first."""
        D: list[Array] = []
        E: list[Array] = []
        adjoint = S
        for f in reversed(range(len(self.levels))):
            level = self.levels[f]
            U = np.concatenate([level.path, reduced[f]], axis=2) if level.path.shape[2] else reduced[f]
            if f < len(self.parents):
                adjoint = adjoint[self.parents[f].codes]
            Q = product(U, adjoint)
            d, e = level.sandwich(product(Q, transposed(U)))
            D.insert(0, d)
            E.insert(0, e)
            if f:
                side = -level.K_times(Q)
                top = np.concatenate([e, side], axis=2)
                rest = np.broadcast_to(adjoint, (len(e), *adjoint.shape[-2:]))
                adjoint = np.concatenate([top, np.concatenate([transposed(side), rest], axis=2)], axis=1)
        return D, E

    def covariances(self) -> Covariances:
        """See `pls.Factorization.covariances`: what `selected_inverse` gives in front of [X y], and beside."""
        own: list[Array] = []
        between: dict[tuple[int, int], Array] = {}
        later: Array = np.zeros((1, 0, 0))  # K of all parents of a level, side by side
        for f in reversed(range(len(self.levels))):
            level = self.levels[f]
            if f < len(self.parents):
                later = later[self.parents[f].codes]
            Q = product(level.path, later)
            K = level.conditional(product(Q, transposed(level.path))) if Q.shape[2] else level.K
            side = -level.K_times(Q)
            own.insert(0, K)
            at = 0
            for g in range(f + 1, len(self.levels)):
                width = own[g - f].shape[1]
                between[f, g] = side[:, :, at : at + width]
                at += width
            top = np.concatenate([K, side], axis=2)
            rest = np.broadcast_to(later, (len(K), *later.shape[-2:]))
            later = np.concatenate([top, np.concatenate([transposed(side), rest], axis=2)], axis=1)
        return own, between

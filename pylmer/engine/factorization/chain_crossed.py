"""A chain of nested factors beside crossed ones: the chain is eliminated level by level, and the others remain.

Pupils in classes in schools, and teachers: every pupil has one class and one school, so that nothing fills in on the
way up, and only the teachers form the remainder (eliminating the pupils alone would leave the classes and schools in
it). A level meets the effects of the remainder that its children meet, so the couplings C_f keep their patterns too:

    C_g -= sum over children of path'K C_f,    S = A_RR - sum over f of C_f'K C_f

and the adjoint goes back down the same way. Between a level and the remainder it is kept where C_f has entries, which
is all that the level below asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, Codes, symmetric, transposed
from ...numerics.stacks import product
from ...numerics.threads import threads_for
from ..sums.gram import CrossProducts, Gram, Incidence, Pairs
from .blocked import EliminationEngine, Plan
from .chain import Chain, ChainEngine, ChainPlan
from .contract import Covariances
from .crossed import BLOCK_CELLS, Crossed, with_few_threads
from .layout import Layout, joined
from .patterns import CsrPattern, remainder_pattern
from .schur_complement import COSTLY_REMAINDER, check_remainder

LEFT = 0.5  # of the effects beside the largest factor may be left beside the chain, for it to be worth its price, ...
VECTORS_FROM, SCALARS_FROM = 200, 1_200  # ... and so many of them must there be: scalar terms have a faster way
ESTIMABLE_CHAIN = 1_500  # effects beside a chain of scalars from which the iterative engine finds theta sooner


class CouplingPattern(NamedTuple):
    """Where C_f (J_f, q_R) has entries, ascending; source (nnz, L_f) is where in the row of values they come from.

    above  per later factor of the chain, the entry of its own coupling that each entry adds to
    """

    row: Codes
    column: Codes
    indptr: Codes
    source: Codes
    above: tuple[Codes, ...]


@dataclass(frozen=True, eq=False)
class ChainCrossedPlan(Plan):
    """chain, rest: factors, each chain's level in the next; couplings of the chain's factors; A (q_R, q_R)."""

    chain: tuple[int, ...]
    rest: tuple[int, ...]
    nested: ChainPlan
    couplings: tuple[CouplingPattern, ...]
    A: CsrPattern
    layout: Layout

    @classmethod
    def fits(cls, incidence: Incidence) -> bool:
        return len(incidence.shapes) > 2 and bool(_chain_and_rest(incidence)[0])

    @classmethod
    def of(cls, incidence: Incidence) -> ChainCrossedPlan:
        chain, rest = _chain_and_rest(incidence)
        layout = Layout(tuple(incidence.shapes[f] for f in rest))
        check_remainder(layout.q)
        nested = ChainPlan.of(_part(incidence, chain))
        couplings: list[CouplingPattern] = []
        for f in reversed(range(len(chain))):
            parents = [np.asarray(nested.parent[f, g].codes, dtype=np.int64) for g in range(f + 1, len(chain))]
            couplings.insert(0, _coupling(incidence, chain[f], rest, layout, parents, couplings))
        return cls(incidence, chain, rest, nested, tuple(couplings), remainder_pattern(incidence, rest), layout)

    def fill(self, gram: Gram) -> ChainCrossedEngine:
        values = gram.values
        factors = tuple(gram.factors[f] for f in self.chain)
        links = {(a, b): _between(gram, self.chain[a], self.chain[b]) for b in range(len(self.chain)) for a in range(b)}
        nested = self.nested.fill(replace(gram, factors=factors, links=links))
        C = tuple(values[each.source] for each in self.couplings)
        return ChainCrossedEngine(gram, self, nested, C, self.A.filled(values).toarray())

    def spread(self, chain: Sequence[Array], rest: Sequence[Array]) -> list[Array]:
        """Something per factor of the chain and per factor beside it, in the order of the Gram."""
        found = dict(zip((*self.chain, *self.rest), (*chain, *rest), strict=True))
        return [found[f] for f in range(len(found))]


@dataclass(frozen=True, eq=False)
class ChainCrossedEngine(EliminationEngine):
    """nested: the chain alone; C (nnz, L_f) per factor of the chain; A (q_R, q_R)."""

    plan: ChainCrossedPlan
    nested_engine: ChainEngine
    C: tuple[Array, ...]
    A: Array

    @property
    def costly(self) -> bool:
        return len(self.A) > COSTLY_REMAINDER

    @property
    def estimable(self) -> bool:
        return len(self.A) > ESTIMABLE_CHAIN and all(sums.L == 1 for sums in self.gram.factors)

    @property
    def route(self) -> str:
        return (
            f"nested grouping factors beside crossed ones: {len(self.plan.chain)} are eliminated level by level, "
            f"one after the other, and {len(self.A)} effects of the others form a dense remainder"
        )

    def eliminated(self, T: list[Array]) -> ChainCrossed:
        return ChainCrossed(self, T)

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        plan = self.plan
        chain, rest = [s[f] for f in plan.chain], joined([s[f] for f in plan.rest])
        own, other = self.nested_engine.ZtZ_times(chain), self.A @ rest
        for f, (coupling, data) in enumerate(zip(plan.couplings, self.C, strict=True)):
            for a in range(data.shape[1]):
                C = _matrix(coupling, data[:, a], len(rest))
                own[f][:, a] += C @ rest
                other += C.T @ chain[f][:, a]
        return plan.spread(own, plan.layout.split(other))


class Adjoint(NamedTuple):
    """Of one factor of the chain: H (J, L, L), and -K U S to the remainder at C's entries (nnz, L), to [X y] and above.

    own (J, L, L) is K + K H K.
    """

    H: Array
    own: Array
    to_rest: Array
    to_Xy: Array
    above: Array


class ChainCrossed(Crossed):
    """The chain, then the remainder, at given templates; C (nnz, L_f) as the levels below leave them."""

    def __init__(self, engine: ChainCrossedEngine, T: list[Array]) -> None:  # not that of a single first factor
        self.chain_plan, self.layout, self.T_rest = engine.plan, engine.plan.layout, [T[f] for f in engine.plan.rest]
        nested = engine.nested_engine
        self.chain: Chain = nested.eliminated([T[f] for f in engine.plan.chain])
        self.couplings = engine.plan.couplings
        self.C_reduced = self._reduced(engine.C)
        self.halves = [
            [_matrix(coupling, column, self.layout.q) for column in _by_row(level.B, coupling.row, data).T]
            for coupling, level, data in zip(self.couplings, self.chain.levels, self.C_reduced, strict=True)
        ]
        self.S = engine.A.copy()
        for half in (each for halves in self.halves for each in halves):
            self.S -= (half.T @ half).toarray()
        with threads_for(self.layout.q):
            self.remain()
        self.logdet_V = self.chain.logdet_V + self.logdet_M

    def _reduced(self, C: Sequence[Array]) -> list[Array]:
        """C of every factor, less what the levels below it take."""
        out = list(C)
        for f, (coupling, level) in enumerate(zip(self.couplings, self.chain.levels, strict=True)):
            KC, at = _by_row(level.K, coupling.row, out[f]), 0
            for g, into in enumerate(coupling.above, start=f + 1):
                width = out[g].shape[1]
                path = transposed(level.path[:, :, at : at + width])
                out[g] = out[g] - _summed(into, _by_row(path, coupling.row, KC), len(out[g]))
                at += width
        return out

    @with_few_threads
    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        plan = self.chain_plan
        reduced, halves = self.chain.forward([columns[f] for f in plan.chain])
        rest = joined([columns[f] for f in plan.rest])
        for own, half in zip(self.halves, halves, strict=True):
            for a, each in enumerate(own):
                rest = rest - each.T @ half[:, a]
        half_rest = self._half_solve(self._T_times(rest))
        return plan.spread(reduced, self.layout.split(rest)), plan.spread(halves, self.layout.split(half_rest))

    @with_few_threads
    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        plan = self.chain_plan
        rest = joined([reduced[f] for f in plan.rest])
        u_rest = self.layout.split(self._solve(self._T_times(rest)))
        b_rest = [t @ u for t, u in zip(self.T_rest, u_rest, strict=True)]
        flat = joined(b_rest)
        left = [reduced[g] - self._C_times(f, flat) for f, g in enumerate(plan.chain)]
        u, b, g = self.chain.backward(left)
        others = u_rest, b_rest, self.layout.split(rest - self.S @ flat)
        one, two, three = (plan.spread(own, other) for own, other in zip((u, b, g), others, strict=True))
        return one, two, three

    def _C_times(self, f: int, rest: Array) -> Array:
        """C of a factor of the chain times (q_R, k): (J, L, k)."""
        coupling, data = self.couplings[f], self.C_reduced[f]
        return np.stack([_matrix(coupling, column, len(rest)) @ rest for column in data.T], axis=1)

    @with_few_threads
    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        plan = self.chain_plan
        c = joined([reduced[f] for f in plan.rest])
        Kc = self.K_R @ c
        S_RF = -Kc @ S
        S_RR = self.K_R - S_RF @ Kc.T
        N_c = c - self.S @ Kc
        D_rest = [a - b for a, b in zip(self._complement, self.layout.row_products(N_c @ S, N_c), strict=True)]
        adjoints = self._adjoints([reduced[f] for f in plan.chain], S, S_RF, S_RR)
        D, E = zip(
            *(level.sandwich(each.H) for level, each in zip(self.chain.levels, adjoints, strict=True)), strict=True
        )
        return plan.spread(D, D_rest), plan.spread(E, self.layout.blocks(S_RR))

    @with_few_threads
    def covariances(self) -> Covariances:
        plan, K = self.chain_plan, self.K_R
        nothing = [np.zeros((len(level.A), level.A.shape[1], 0)) for level in self.chain.levels]
        adjoints = self._adjoints(nothing, np.zeros((0, 0)), np.zeros((len(K), 0)), K)
        values = np.empty(plan.incidence.count)
        values[plan.A.source] = K[plan.A.rows, plan.A.indices]
        for coupling, each in zip(self.couplings, adjoints, strict=True):
            values[coupling.source] = each.to_rest
        own, between = plan.incidence.arranged(values)
        for f, each in enumerate(adjoints):
            own[plan.chain[f]], at = each.own, 0
            for g in range(f + 1, len(adjoints)):
                width = adjoints[g].own.shape[1]
                _set_between(plan, between, f, g, each.above[:, :, at : at + width])
                at += width
        return own, between

    def _adjoints(self, reduced: Sequence[Array], S: Array, S_RF: Array, S_RR: Array) -> list[Adjoint]:
        """Last factor first: U Ŝ of every level for Ŝ on its parents, the remainder and [X y]."""
        out: list[Adjoint] = []
        above = np.zeros((1, 0, 0))  # Ŝ of all parents of a level, side by side
        for f in reversed(range(len(reduced))):
            level, coupling, C, c = self.chain.levels[f], self.couplings[f], self.C_reduced[f], reduced[f]
            if f + 1 < len(reduced):
                above = above[self.chain.parents[f].codes]
            sides = [each.to_rest[into] for each, into in zip(out, coupling.above, strict=True)]
            side = np.concatenate([np.zeros((len(C), 0)), *sides], axis=1)  # parents to the remainder: (nnz, P)
            J = len(c)
            Xy = [each.to_Xy[self.chain_plan.nested.parent[f, g].codes] for g, each in enumerate(out, start=f + 1)]
            to_Xy = np.concatenate([np.zeros((J, 0, len(S))), *Xy], axis=1)
            to_parents = product(level.path, above) + self._row_sums(f, side) + product(c, transposed(to_Xy))
            to_rest = _by_row(level.path, coupling.row, side) + self._at_pattern(f, S_RR)
            to_rest = to_rest + np.einsum("njk,nk->nj", c[coupling.row], S_RF[coupling.column])
            to_F = product(level.path, to_Xy) + self._C_times(f, S_RF) + product(c, S)
            H = product(to_parents, transposed(level.path)) + transposed(self._row_sums(f, to_rest))
            H = symmetric(H + product(to_F, transposed(c)))
            own, K = level.conditional(H), level.K
            each = Adjoint(H, own, -_by_row(K, coupling.row, to_rest), -product(K, to_F), -product(K, to_parents))
            top = np.concatenate([own, each.above], axis=2)
            rest = np.broadcast_to(above, (J, *above.shape[-2:]))
            above = np.concatenate([top, np.concatenate([transposed(each.above), rest], axis=2)], axis=1)
            out.insert(0, each)
        return out

    def _row_sums(self, f: int, right: Array) -> Array:
        """C times what has `right` (nnz, k) at the entries of C: (J, L, k)."""
        C = self.C_reduced[f]
        out = np.zeros((len(self.chain.levels[f].A), C.shape[1], right.shape[1]))
        if right.shape[1]:
            for a in range(C.shape[1]):
                out[:, a] = _summed(self.couplings[f].row, C[:, a, None] * right, len(out))
        return out

    def _at_pattern(self, f: int, S: Array) -> Array:
        """C S at the entries of C: (nnz, L)."""
        coupling, C = self.couplings[f], self.C_reduced[f]
        out = np.empty_like(C)
        for a in range(C.shape[1]):
            matrix = _matrix(coupling, C[:, a], len(S))
            step = max(1, BLOCK_CELLS // max(1, len(S)))
            for start in range(0, matrix.shape[0], step):
                some = slice(coupling.indptr[start], coupling.indptr[min(start + step, matrix.shape[0])])
                slab = matrix[start : start + step] @ S
                out[some, a] = slab[coupling.row[some] - start, coupling.column[some]]
        return out


def _chain_and_rest(incidence: Incidence) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The chain that leaves the fewest effects beside it, and the other factors; none where it leaves too many."""
    q = [J * L for J, L in incidence.shapes]
    chains = [_chain_from(incidence, f) for f in range(len(q))]
    left = [sum(q) - sum(q[f] for f in chain) for chain in chains]
    best, others = int(np.argmin(left)), sum(q) - q[0]
    few = VECTORS_FROM if any(L > 1 for _, L in incidence.shapes) else SCALARS_FROM
    if len(chains[best]) < 2 or others < few or not 0 < left[best] <= LEFT * others:
        return (), ()
    return chains[best], tuple(f for f in range(len(q)) if f not in chains[best])


def _chain_from(incidence: Incidence, first: int) -> tuple[int, ...]:
    """Factors above one another, from `first` on."""
    chain = [first]
    for g in sorted(range(len(incidence.shapes)), key=lambda f: -incidence.shapes[f][0]):
        last = chain[-1]
        smaller = incidence.shapes[g][0] <= incidence.shapes[last][0]
        if g not in chain and smaller and len(_pairs(incidence, last, g)) == incidence.shapes[last][0]:
            chain.append(g)
    return tuple(chain)


def _pairs(incidence: Incidence, f: int, g: int) -> Pairs:
    """Levels of f and g that meet, whichever of them comes first in the Gram; those of the Gram as they are there."""
    return incidence.pairs[min(f, g), max(f, g)]


def _part(incidence: Incidence, factors: Sequence[int]) -> Incidence:
    """Some of the factors, in this order."""
    shapes = tuple(incidence.shapes[f] for f in factors)
    pairs = {}
    for b, g in enumerate(factors):
        for a, f in enumerate(factors[:b]):
            found = _pairs(incidence, f, g)
            pairs[a, b] = found if f < g else found.turned()[0]
    return Incidence(shapes, pairs)


def _between(gram: Gram, f: int, g: int) -> CrossProducts:
    return gram.links[f, g] if f < g else gram.links[g, f].turned()


def _coupling(
    incidence: Incidence,
    f: int,
    rest: Sequence[int],
    layout: Layout,
    parents: Sequence[Codes],
    later: Sequence[CouplingPattern],
) -> CouplingPattern:
    """Entries between the levels of f and all effects of the remainder, and where they lie in those of its parents."""
    rows, columns, sources = [], [], []
    for g, (at, _, L) in zip(rest, layout.places, strict=True):
        pairs, numbers = _pairs(incidence, f, g), incidence.places[1][min(f, g), max(f, g)]
        own, other = (pairs.first, pairs.second) if f < g else (pairs.second, pairs.first)
        numbers = numbers if f < g else transposed(numbers)  # (P, L_f, L_g)
        rows.append(np.repeat(own, L))
        columns.append((at.start + other[:, None] * L + np.arange(L)).ravel())
        sources.append(transposed(numbers).reshape(-1, numbers.shape[1]))
    row, column, source = np.concatenate(rows), np.concatenate(columns), np.concatenate(sources)
    order = np.lexsort((column, row))
    row, column, source = row[order], column[order], source[order]
    indptr = np.searchsorted(row, np.arange(incidence.shapes[f][0] + 1))
    above = tuple(
        np.searchsorted(each.row * layout.q + each.column, parent[row] * layout.q + column)
        for parent, each in zip(parents, later, strict=True)
    )
    return CouplingPattern(row, column, indptr, source, above)


def _matrix(coupling: CouplingPattern, data: Array, q: int) -> sparse.csr_array:
    return sparse.csr_array((data, coupling.column, coupling.indptr), shape=(len(coupling.indptr) - 1, q))


def _by_row(M: Array, row: Codes, data: Array) -> Array:
    """M_j times the entries (nnz, b) of row j, for M (J, a, b): (nnz, a)."""
    if M.shape[1:] == (1, 1):
        return np.asarray(M[row, 0] * data)
    return np.asarray(np.matmul(M[row], data[:, :, None])[:, :, 0])


def _summed(into: Codes, values: Array, size: int) -> Array:
    """Sums of the rows of values (nnz, k) at the places `into`: (size, k)."""
    out = np.empty((size, values.shape[1]))
    for k, column in enumerate(values.T):
        out[:, k] = np.bincount(into, column, size)
    return out


def _set_between(plan: ChainCrossedPlan, between: dict[tuple[int, int], Array], f: int, g: int, K: Array) -> None:
    """Put K (J_f, L_f, L_g) of the chain's factors f and g where the Gram has their link."""
    one, two = plan.chain[f], plan.chain[g]
    if one < two:
        between[one, two] = K
    else:
        between[two, one] = transposed(K)[_pairs(plan.incidence, one, two).second]

"""Cells -> the sums of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..engine.sums.gram import CrossProducts, FactorSums, Pairs
from ..engine.sums.sums import Sums
from ..errors import DataError
from ..functions.arrays import Array
from ..language import deparse
from ..numerics.stacks import levels_last
from .atoms import Atoms
from .cells import EngineCells
from .coded_cells import KnownCells, Loads, known_cells, loads_of
from .facts import ColumnFacts, Facts
from .numbering import GroupFacts, Grouping, facts_of
from .plan import PartPlan
from .plan_sums import PlanSums
from .spoken import Spoken


@dataclass(frozen=True, eq=False)
class Gathered:
    """All cells of a pass: of the whole, of each grouping factor, of pairs of them; often one and the same."""

    atoms: Atoms
    whole: EngineCells
    factors: tuple[EngineCells, ...]
    links: Mapping[tuple[int, int], EngineCells]


class CellSums:
    """The sums of a plan, made of cells."""

    def __init__(self, plan: PartPlan, spoken: Spoken, found: Gathered, where: str) -> None:
        self.plan, self.spoken, self.found, self.where = plan, spoken, found, where
        self.groupings = [Grouping(variables) for variables in plan.group_variables]
        self.coded: dict[int, tuple[KnownCells, Loads]] = {}
        self.every = tuple(deparse(node) for node in plan.recipe.groups)

    def sums(self) -> PlanSums:
        """The sums, with their labels and facts."""
        plan = self.plan
        count = range(len(self.groupings))
        factors, rows = zip(*(self._factor(f) for f in count), strict=True)
        links = {(f, g): self._link(f, g) for g in count for f in range(g)}
        known, loads = self._known(self.found.whole)
        A = by_combination(known, self.found.atoms)
        P1 = loads.fixed.shape[2]
        XytXy = np.tensordot(loads.fixed, A @ loads.fixed, axes=([0, 1], [0, 1])).reshape(P1, P1)
        target = np.append(self.found.atoms.target, 1.0)
        facts = self._facts(known, loads)
        levels = [grouping.labels for grouping in self.groupings]
        sums = Sums(
            facts.n,
            plan.labels(levels),
            factors,
            links,
            (XytXy + XytXy.T) / 2,
            float(target @ A.sum(axis=0) @ target),
            float(self._other("logs").sum()) if self.spoken.weights is not None else 0.0,
            plan.coordinates,
        )
        return PlanSums(plan.fingerprint, sums, facts, tuple(rows))

    def _known(self, cells: EngineCells) -> tuple[KnownCells, Loads]:
        """Cells with their loads, once for cells that are asked for again."""
        if id(cells) not in self.coded:
            keys = set(cells.columns)
            groups = [deparse(node) for node in self.plan.recipe.groups if set(self.spoken.group_keys((node,))) <= keys]
            known = known_cells(self.plan, self.spoken, cells, groups, self.where)
            loads = loads_of(self.plan, known, self.found.atoms, self.spoken, self.where)
            self.coded[id(cells)] = known, loads
        return self.coded[id(cells)]

    def _codes(self, f: int, known: KnownCells) -> Array:
        return self.groupings[f].codes([known.groups[name] for name in self.groupings[f].variables])

    def _random(self, f: int, loads: Loads) -> Array:
        own = [loads.random[t] for t, g in enumerate(self.plan.factor_of_term) if g == f]
        return np.concatenate(own, axis=2)

    def _factor(self, f: int) -> tuple[FactorSums, Array]:
        known, loads = self._known(self.found.factors[f])
        codes = self._codes(f, known)
        J, Z = len(self.groupings[f]), self._random(f, loads)
        terms = tuple(t for t, g in enumerate(self.plan.factor_of_term) if g == f)
        ZtZ, ZtXy = (crossed(known, codes, J, Z, other) for other in (Z, loads.fixed))
        rows = np.bincount(codes, known.cells.n, J).astype(np.int64)
        return FactorSums(terms, ZtZ, ZtXy), rows

    def _link(self, f: int, g: int) -> CrossProducts:
        known, loads = self._known(self.found.links[f, g])
        first, second = self._codes(f, known), self._codes(g, known)
        width = max(len(self.groupings[g]), 1)
        keys, at = np.unique(first * width + second, return_inverse=True)
        blocks = crossed(known, at, len(keys), self._random(f, loads), self._random(g, loads))
        return CrossProducts(Pairs(*np.divmod(keys, width)), blocks)

    def _other(self, name: str) -> Array:
        """A further sum, of the cells of the whole in which rows are used and nothing is missing."""
        cells = self._known(self.found.whole)[0].cells
        return cells.other[name][cells.used]

    def _facts(self, known: KnownCells, loads: Loads) -> Facts:
        whole, cells = self.found.whole, known.cells
        groups = {
            name: GroupFacts().and_(facts_of(own[0].groups[name]), name, self.where)
            for f, variables in enumerate(self.plan.group_variables)
            for name in variables
            for own in [self._known(self.found.factors[f])]
        }
        n_total = int(whole.other["n"].sum())
        weight = float(self._other("most").max(initial=0.0)) if self.spoken.weights is not None else 0.0
        self._check_weights()
        return Facts(
            n_total,
            int(whole.other["chosen"].sum()) if "chosen" in whole.other else n_total,
            int(cells.n.sum()),
            {name: int(whole.other[f"made:{name}"].sum()) for name in self.spoken.made},
            float(self._other("low").min(initial=np.inf)),
            float(self._other("high").max(initial=-np.inf)),
            weight,
            self._columns(known, loads),
            groups,
        )

    def _check_weights(self) -> None:
        if self.spoken.weights is None:
            return
        least, most = self._other("least").min(initial=1.0), self._other("most").max(initial=1.0)
        if not (least > 0 and np.isfinite(most)):
            raise DataError(
                f"weights must be positive and finite, in {self.where} they go from {least:g} to {most:g}; leave rows "
                "of weight 0 out"
            )

    def _columns(self, known: KnownCells, loads: Loads) -> ColumnFacts:
        """Means of the columns of X, products about them, and whether they are of zeros and ones."""
        atoms, D = self.found.atoms, loads.coding
        A = self._plain(known)
        n = A[:, 0, 0]
        N, at = int(n.sum()), loads.atom
        centre = D * np.where(at > 0, atoms.centre[at], 1.0)
        slope = D * np.where(at > 0, atoms.scale[at], 0.0)
        mean = (n @ centre + np.einsum("fj,fj->j", slope, A[:, 0, at])) / max(N, 1)
        gap = centre - mean
        products = gap.T @ (gap * n[:, None]) + np.einsum("fj,fk,fjk->jk", slope, slope, A[:, at][:, :, at])
        mixed = gap.T @ (slope * A[:, 0, at])
        products += mixed + mixed.T
        indicator = np.all((D == 0) | (D == 1), axis=0) & np.array([self._zero_one(a) for a in at.tolist()], dtype=bool)
        squares = np.maximum(np.diag(products), 0.0)
        return ColumnFacts(N, mean, squares, indicator, None if self.spoken.weights is None else products)

    def _plain(self, known: KnownCells) -> Array:
        """Sums of products of atoms by combination of keys, without weights (F, m, m)."""
        if self.spoken.weights is None:
            return by_combination(known, self.found.atoms)[:, :-1, :-1]
        F, m = len(known.first), len(self.found.atoms)
        out = np.empty((F, m, m))
        for b in range(m):
            for a in range(b + 1):
                values = self._other(f"plain:{a},{b}") if b else known.cells.n
                out[:, a, b] = out[:, b, a] = np.bincount(known.combination, values, F)
        return out

    def _zero_one(self, a: int) -> bool:
        return not a or (f"between:{a}" in self.found.whole.other and not self._other(f"between:{a}").any())


def by_combination(known: KnownCells, atoms: Atoms) -> Array:
    """Sums of products of atoms and response by combination of keys (F, m + 1, m + 1)."""
    F, m = len(known.first), len(atoms) + 1
    out = np.zeros((F, m, m))
    for a, b in known.cells.sums:
        out[:, a, b] = out[:, b, a] = np.bincount(known.combination, known.cells.product(a, b), F)
    return out


def crossed(known: KnownCells, at: Array, K: int, left: Array, right: Array) -> Array:
    """Sums of products of columns with these loads (F, m, L), (F, m, R), by place of the cells: (K, L, R)."""
    F, m, L = left.shape
    out = levels_last(K, L, right.shape[2])
    out[:] = 0.0
    places = [b for b in range(m) if right[:, b].any()]
    for i in range(L):
        for b in places:
            load = sum((_load(known, left[:, a, i], a, b) for a in range(m) if left[:, a, i].any()), np.zeros(len(at)))
            if F == 1:
                out[:, i] += np.bincount(at, load, K)[:, None] * right[0, b]
            else:
                out[:, i] += sparse.csr_array((load, (at, known.combination)), shape=(K, F)) @ right[:, b]
    return out


def _load(known: KnownCells, load: Array, a: int, b: int) -> Array:
    return load[known.combination] * known.cells.product(a, b)

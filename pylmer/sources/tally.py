"""Sums under way: what each part of a table adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from ..design.predictors import NOTHING, predictors_of
from ..engine.sums.gram import FactorSums
from ..engine.sums.rows import Rows
from ..engine.sums.structure import Structure, weight_sums
from ..engine.sums.sums import Sums
from ..engine.sums.tally import times
from ..errors import DataError
from ..functions.arrays import Array
from ..numerics.linalg import Codes
from ..numerics.stacks import levels_last
from .facts import ColumnFacts, Facts
from .linking import Linked, unit_of
from .numbering import GroupFacts, Grouping, facts_of
from .parts import TablePart
from .plan import PartPlan
from .plan_sums import PlanSums
from .recipe import Evaluated

GROWTH = 2  # a table of sums that is too short gets so many times its length


class RunningSums:
    """The sums of a plan's rows so far; levels are numbered in the order in which they turn up."""

    def __init__(self, plan: PartPlan) -> None:
        self.plan = plan
        self.groupings = [Grouping(variables) for variables in plan.group_variables]
        groups = {name: GroupFacts() for variables in plan.group_variables for name in variables}
        self.weighted = plan.recipe.arguments.weights is not None
        self.facts = Facts.none(len(plan.design.X_full_names), groups, self.weighted)
        self.wide: set[str] = set()
        m = len(plan.design.X_full_names) + 1
        self.factors = [Growing(_width(plan, f), m) for f in range(len(self.groupings))]
        self.links = {(f, g): Linked() for g in range(len(self.factors)) for f in range(g)}
        self.XytXy: Array = np.zeros((m, m))
        self.log_weights = self.y_square = 0.0

    def add(self, part: TablePart) -> None:
        """Add the rows of a part."""
        found = self.plan.recipe.evaluate(part)
        if not found.n:
            self.facts = self.facts + self._facts(found, ColumnFacts.none(len(self.XytXy) - 1, self.weighted))
            return
        coded = self.plan.coded(found)
        groups = self._groups(found)  # what is wrong with labels is said before they are numbered
        codes: list[Codes] = [
            grouping.codes([found.groups[name] for name in grouping.variables]) for grouping in self.groupings
        ]
        sizes = [len(grouping) for grouping in self.groupings]
        rows = coded.rows(codes, sizes, self.plan)
        XytXy = self._add_sums(rows, codes, sizes)
        self.XytXy += XytXy
        self.facts = self.facts + replace(self._facts(found, self._columns(coded.X, XytXy)), groups=groups)
        log_weights, y_square = weight_sums(rows.y, rows.weights)
        self.log_weights, self.y_square = self.log_weights + log_weights, self.y_square + y_square

    def _columns(self, X: Any, XytXy: Array) -> ColumnFacts:
        """What the columns of X were: said by the sums, but where they are weighted or have no intercept."""
        plan, p = self.plan, X.shape[1]
        if self.weighted or not plan.design.fixed_terms.intercept or sparse.issparse(X):
            return ColumnFacts.none(p, self.weighted).with_rows(X)
        still = self.facts.columns.indicator
        return ColumnFacts.of_sums(X, XytXy[:p, :p], plan.coordinates.R, still)

    def _add_sums(self, rows: Rows, codes: Sequence[Codes], sizes: Sequence[int]) -> Array:
        """Add what the rows have by level and by pair of levels; [X y]'W[X y] of them (m, m)."""
        for (f, g), linked in self.links.items():
            linked.check((sizes[f], sizes[g]))
        tabled = {key for key, linked in self.links.items() if linked.table is not None}
        structure = Structure.as_given(rows, self.plan.coordinates, keep=False, without=tabled)
        factors, links, XytXy = structure.sums(rows.weights, "ZXy")
        for growing, sums, own in zip(self.factors, factors, codes, strict=True):
            growing.add(sums, own)
        Z = [structure.random(f) for f in range(len(sizes))] if self.links else []
        for (f, g), linked in self.links.items():
            both, columns = (sizes[f], sizes[g]), (Z[f], Z[g])
            if linked.table is None:
                linked.add(links[f, g], both, unit_of(columns, rows.weights))
                continue
            if rows.weights is not None:
                columns = ([times(rows.weights, z) for z in Z[f]], Z[g])
            linked.table.add(codes[f], codes[g], both, columns)
        return XytXy

    def _groups(self, found: Evaluated) -> dict[str, GroupFacts]:
        try:
            return {
                name: own.and_(facts_of(found.groups[name]), name, found.where)
                for name, own in self.facts.groups.items()
            }
        except KeyError as error:
            raise DataError(f"{found.where} has no grouping variable {error}") from None

    def _facts(self, found: Evaluated, columns: ColumnFacts) -> Facts:
        y, w = found.response, found.weights
        return Facts(
            found.rows.n_total,
            found.rows.n_chosen,
            found.n,
            found.nan_made,
            float(np.min(y, initial=np.inf)),
            float(np.max(y, initial=-np.inf)),
            0.0 if w is None else float(np.max(w, initial=0.0)),
            columns,
            self.facts.groups,
            predictors_of(found.predictors, found.n, self.wide) if found.n else NOTHING,
        )

    def sums(self) -> PlanSums:
        """The sums of all rows that were added."""
        levels = [grouping.labels for grouping in self.groupings]
        sizes = [len(grouping) for grouping in self.groupings]
        terms = [tuple(t for t, g in enumerate(self.plan.factor_of_term) if g == f) for f in range(len(sizes))]
        factors = tuple(
            FactorSums(own, growing.ZtZ[:J].copy(), growing.ZtXy[:J].copy())
            for own, growing, J in zip(terms, self.factors, sizes, strict=True)
        )
        widths = [each.ZtZ.shape[1] for each in factors]
        links = {(f, g): link.total(widths[f], widths[g]) for (f, g), link in self.links.items()}
        sums = Sums(
            self.facts.n,
            self.plan.labels(levels),
            factors,
            links,
            self.XytXy.copy(),
            self.y_square,
            self.log_weights,
            self.plan.coordinates,
        )
        counts = tuple(growing.rows[:J].copy() for growing, J in zip(self.factors, sizes, strict=True))
        return PlanSums(self.plan.fingerprint, sums, self.facts, counts)


def _width(plan: PartPlan, f: int) -> int:
    return sum(len(term.columns) for term, g in zip(plan.terms, plan.factor_of_term, strict=True) if g == f)


class Growing:
    """Sums by level of a factor whose levels become more."""

    def __init__(self, L: int, m: int) -> None:
        self.ZtZ = levels_last(0, L, L)
        self.ZtXy = levels_last(0, L, m)
        self.rows = np.zeros(0, dtype=np.int64)

    def add(self, sums: FactorSums, codes: Codes) -> None:
        """Add the sums of some rows, whose levels are those so far and maybe more."""
        J = sums.J
        if len(self.rows) < J:
            size = max(J, GROWTH * len(self.rows))
            self.ZtZ, self.ZtXy = _longer(self.ZtZ, size), _longer(self.ZtXy, size)
            self.rows = np.concatenate([self.rows, np.zeros(size - len(self.rows), dtype=np.int64)])
        self.ZtZ[:J] += sums.ZtZ
        self.ZtXy[:J] += sums.ZtXy
        self.rows[:J] += np.bincount(codes, minlength=J)


def _longer(stack: Array, size: int) -> Array:
    out = levels_last(size, *stack.shape[1:])
    out[:] = 0.0
    out[: len(stack)] = stack
    return out

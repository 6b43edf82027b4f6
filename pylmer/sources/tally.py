"""Sums under way: what each part of a table adds."""

from __future__ import annotations

import numpy as np

from ..design.predictors import NOTHING, predictors_of
from ..engine.sums.gram import CrossProducts, FactorSums, Pairs
from ..engine.sums.structure import Structure, weight_sums
from ..engine.sums.sums import Sums
from ..errors import DataError
from ..functions.arrays import Array
from ..numerics.linalg import Codes
from ..numerics.stacks import levels_last
from .facts import ColumnFacts, Facts
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
        coded = self.plan.coded(found) if found.n else None
        self.facts = self.facts + self._facts(found, None if coded is None else coded.X)
        if coded is None:
            return
        codes = [grouping.codes([found.groups[name] for name in grouping.variables]) for grouping in self.groupings]
        rows = coded.rows(codes, [len(grouping) for grouping in self.groupings], self.plan)
        factors, links, XytXy = Structure.as_given(rows, self.plan.coordinates, keep=False).sums(rows.weights, "ZXy")
        for growing, sums, own in zip(self.factors, factors, codes, strict=True):
            growing.add(sums, own)
        for key, link in links.items():
            self.links[key].add(link)
        self.XytXy += XytXy
        log_weights, y_square = weight_sums(rows.y, rows.weights)
        self.log_weights, self.y_square = self.log_weights + log_weights, self.y_square + y_square

    def _facts(self, found: Evaluated, X: Array | None) -> Facts:
        try:
            groups = {
                name: own.and_(facts_of(found.groups[name]), name, found.where) if found.n else own
                for name, own in self.facts.groups.items()
            }
        except KeyError as error:
            raise DataError(f"{found.where} has no grouping variable {error}") from None
        columns = ColumnFacts.none(len(self.facts.columns.mean), self.weighted)
        y, w = found.response, found.weights
        return Facts(
            found.rows.n_total,
            found.rows.n_chosen,
            found.n,
            found.nan_made,
            float(np.min(y, initial=np.inf)),
            float(np.max(y, initial=-np.inf)),
            0.0 if w is None else float(np.max(w, initial=0.0)),
            columns if X is None else columns.with_rows(X),
            groups,
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


class Linked:
    """Sums by pair of levels: those of parts are put together when they are as many, so each is moved few times."""

    def __init__(self) -> None:
        self.stack: list[CrossProducts] = []

    def add(self, link: CrossProducts) -> None:
        """Add the pairs of some rows."""
        self.stack.append(link)
        while len(self.stack) > 1 and len(self.stack[-2].pairs) <= len(self.stack[-1].pairs):
            second, first = self.stack.pop(), self.stack.pop()
            self.stack.append(together([first, second]))

    def total(self, L_first: int, L_second: int) -> CrossProducts:
        """All pairs."""
        if not self.stack:
            none = np.zeros(0, dtype=np.int64)
            return CrossProducts(Pairs(none, none), np.zeros((0, L_first, L_second)))
        return together(self.stack)


def together(links: list[CrossProducts]) -> CrossProducts:
    """The sums of several links on the same levels."""
    if len(links) == 1:
        return links[0]
    J = max(int(link.second.max(initial=-1)) for link in links) + 1
    keys, at = np.unique(np.concatenate([link.first * J + link.second for link in links]), return_inverse=True)
    blocks = np.zeros((len(keys), *links[0].blocks.shape[1:]))
    start = 0
    for link in links:
        blocks[at[start : start + len(link.pairs)]] += link.blocks
        start += len(link.pairs)
    return CrossProducts(Pairs(*np.divmod(keys, J)), blocks)

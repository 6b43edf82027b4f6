"""Deletions from a model with one grouping factor, or nested ones, solved together.

All problems have the levels of the whole; in each, the levels that lost rows have other sums. `batch` takes many
responses of one design to their optima in one stack of (run, level) pairs; here the runs are deletions, and what
differs is the design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..engine.covariance.family import CovarianceFamily
from ..engine.covariance.points import Points
from ..engine.factorization.chain import ChainPlan
from ..engine.factorization.contract import Engine
from ..engine.many_responses.descent import Runs, descend_together, retried
from ..engine.many_responses.responses import Responses
from ..engine.many_responses.stacked import LevelRun, LevelStack, Values, tiled
from ..engine.many_responses.stacked_points import StackedPoints, stackable_families
from ..engine.optimize.search import INTERIOR
from ..numerics.linalg import Array, Codes
from .scalar import one_minimum
from .sums import Deletions


@dataclass(frozen=True, eq=False)
class ChangedLevels:
    """Levels of one factor that a deletion changes, all deletions in a row: group g has starts[g]:starts[g + 1].

    levels (c,), ZtZ (c, L, L), ZtXy (c, L, p + 1); blocks per later factor (c, L, L_later)
    """

    starts: Codes
    levels: Codes
    ZtZ: Array
    ZtXy: Array
    blocks: dict[int, Array]

    def of(self, groups: Codes) -> tuple[Codes, Codes, Codes]:
        """For runs of these groups: entries here, the run of each, and its level."""
        counts = self.starts[groups + 1] - self.starts[groups]
        run = np.repeat(np.arange(len(groups)), counts)
        within = np.arange(len(run)) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = np.repeat(self.starts[groups], counts) + within
        return entries, run, self.levels[entries]


@dataclass(frozen=True, eq=False)
class DeletionStack(LevelStack):
    """The engine of the whole, and the sums that each deletion changes; a run's `who` is its group."""

    deletions: Deletions

    @cached_property
    def changed(self) -> list[ChangedLevels]:
        """Per grouping factor."""
        return [_changed(self.deletions, f) for f in range(len(self.engine.gram.factors))]

    def _together(self, who: Codes, places: StackedPoints) -> Values:
        return DeletionRun(self, who, places).values()


def deletion_stack(deletions: Deletions, REML: bool) -> DeletionStack:
    """The deletions as runs of one stack; the factors are nested."""
    gram = deletions.gram
    yty = np.maximum(deletions.XytXy[:, -1, -1], 0.0)
    nothing = np.zeros((deletions.count, gram.p))
    responses = Responses(gram, (), nothing, yty, np.full(deletions.count, gram.y_square), nothing)
    return DeletionStack(ChainPlan.of(gram.incidence).fill(gram), REML, responses, deletions)


def _changed(deletions: Deletions, f: int) -> ChangedLevels:
    sums, later = deletions.gram.factors[f], range(f + 1, len(deletions.gram.factors))
    found: list[tuple[int, Codes]] = []
    starts = [0]
    for group in range(deletions.count):
        gone = deletions.members(group)
        codes = deletions.levels[f][gone]
        found += [(int(level), gone[codes == level]) for level in np.unique(codes)]
        starts.append(len(found))
    own = [deletions.level_without(f, level, gone) for level, gone in found]
    return ChangedLevels(
        np.array(starts),
        np.array([level for level, _ in found], dtype=np.int64),
        np.array([ZtZ for ZtZ, _ in own]).reshape(-1, *sums.ZtZ.shape[1:]),
        np.array([ZtXy for _, ZtXy in own]).reshape(-1, *sums.ZtXy.shape[1:]),
        {g: np.array([deletions.pair_without((f, g), level, gone) for level, gone in found]) for g in later},
    )


class DeletionRun(LevelRun):
    """One evaluation: run i is the whole without group who[i]."""

    stack: DeletionStack

    def _replaced(self, f: int, whole: Array, name: str, g: int | None = None) -> Array:
        """What all levels have (J, ...) for each run, with the changed levels' own: (rj, ...)."""
        changed, out = self.stack.changed[f], tiled(whole, self.R)
        entries, run, level = changed.of(self.who)
        values = getattr(changed, name) if g is None else changed.blocks[g]
        out[run * len(whole) + level] = values[entries]
        return out

    def _columns(self, f: int) -> Array:
        return self._replaced(f, self.gram.factors[f].ZtXy, "ZtXy")

    def _ZtZ(self, f: int) -> Array:
        return self._replaced(f, self.gram.factors[f].ZtZ, "ZtZ")

    def _blocks(self, f: int, g: int) -> Array:
        return self._replaced(f, self.gram.links[f, g].blocks, "blocks", g)

    def _paths(self) -> list[Array]:
        count = len(self.gram.factors)
        out = []
        for f, sums in enumerate(self.gram.factors):
            none = np.zeros((self.R * sums.J, sums.L, 0))
            out.append(np.concatenate([none, *(self._blocks(f, g) for g in range(f + 1, count))], axis=2))
        return out

    def _XytXy(self) -> Array:
        return self.stack.deletions.XytXy[self.who]

    @property
    def m(self) -> Any:
        n = self.gram.n - self.stack.deletions.sizes[self.who]
        return (n - self.gram.p if self.stack.REML else n).astype(float)

    @property
    def sum_log_weights(self) -> Any:
        return self.stack.deletions.sums_of_log_weights[self.who]


@dataclass(frozen=True, eq=False)
class SolvedDeletions:
    """Deletions that were solved, in scaled coordinates.

    groups (s,); places of the templates; beta (s, p), Phi (s, p, p), s2 (s,)
    """

    groups: Codes
    places: StackedPoints
    beta: Array
    Phi: Array
    s2: Array


def can_stack(engine: Engine, families: tuple[CovarianceFamily, ...]) -> bool:
    """Whether the deletions of such a model can be solved together."""
    return engine.nested and stackable_families(families)


def solve_together(
    deletions: Deletions,
    REML: bool,
    families: tuple[CovarianceFamily, ...],
    points: Points,
    groups: Codes,
    scan: Sequence[Points] | None,
) -> SolvedDeletions:
    """The optimum of each deletion near `points`; without a `scan`, what is estimated at the points.

    Each descends from the `points` and from the lowest place of the scan, as a fit of its own would, and keeps the
    lower end. Left out are those that do not arrive, and those with several local minima along the scan.
    """
    stack = deletion_stack(deletions, REML)
    places = StackedPoints.stacked(families, [points] * len(groups))
    if scan is not None:
        start = places.floored(INTERIOR) if points.singular() else places
        values = np.array(
            [stack.values(groups, StackedPoints.stacked(families, [c] * len(groups))).value for c in scan]
        )
        afar = StackedPoints.stacked(families, [scan[k] for k in np.argmin(values, axis=0)])
        runs = _lower(*(retried(stack, descend_together(stack, groups, each)) for each in (start, afar)))
        arrived = np.flatnonzero(runs.done & np.isfinite(runs.values.value) & one_minimum(values))
        groups, places = groups[arrived], runs.places[arrived]
    if not len(groups):
        gram = deletions.gram
        return SolvedDeletions(groups, places, np.zeros((0, gram.p)), np.zeros((0, gram.p, gram.p)), np.zeros(0))
    parts = [_fixed(stack, groups[part], places[part]) for part in stack.parts(len(groups), places)]
    beta, Phi, s2 = (np.concatenate(each) for each in zip(*parts, strict=True))
    return SolvedDeletions(groups, places, beta, Phi, s2)


def _lower(one: Runs, two: Runs) -> Runs:
    """The lower end of each pair of runs that have arrived."""
    better = two.done & (~one.done | (two.values.value < one.values.value - one.values.noise))
    return one.updated(np.flatnonzero(better), two[np.flatnonzero(better)])


def _fixed(stack: DeletionStack, who: Codes, places: StackedPoints) -> tuple[Array, Array, Array]:
    run = DeletionRun(stack, who, places)
    beta, r2, Phi, _ = run.fixed()
    return beta, Phi, r2 / run.m

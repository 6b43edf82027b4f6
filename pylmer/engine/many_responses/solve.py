"""The optima of many responses of one design.

Where to begin is decided at places common to all responses (`responses.common_values`: one factorization a place): the
scan of `optimize.search`, and the optimum of the fit at hand, which is near when the responses were simulated from it.
A response begins at the lowest of these; one whose scan has several local minima descends from each of them as well,
as `optimize.search` does, and keeps the lowest end.

* One grouping factor, nested ones, or crossed ones with few effects, with `us` and `diag` terms: all responses descend
  together (`descent`), on stacks over (response, level), or over responses where all effects are taken at once (`few`).
* Larger crossed designs, `cs` and `ar1`: one response after the other by `optimize.lowest`, on the shared sums.
* Any response whose common descent fails is finished by `optimize.lowest` too.
* An optimum that may not be the lowest is compared with what lies at the corners of the covariances (`wider`, `alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points
from ..criterion.profiled import Criterion
from ..factorization.contract import SumsEngine
from ..optimize.search import FLAT, INTERIOR, lowest
from .descent import descend_together, retried, settled_runs, singular_runs
from .few_effects import stack_for, stackable
from .one_response import widened_search
from .other_minima import widened
from .responses import Responses, common_values
from .stacked import Stack
from .stacked_points import StackedPoints


@dataclass(frozen=True, eq=False)
class Problem:
    """A criterion and where to look: the scan is at `multiple(c)`, `known` is the optimum of another response.

    `own` has the criteria of responses that shared sums would lose (see `distant`).
    """

    engine: SumsEngine
    REML: bool
    families: tuple[CovarianceFamily, ...]
    responses: Responses
    multiple: Callable[[float], Points]
    multiples: Sequence[float]
    known: Points
    own: dict[int, Criterion] = field(default_factory=dict)

    @property
    def stacked(self) -> bool:
        """Whether all responses can descend together."""
        return stackable(self.engine, self.families)

    @property
    def stack(self) -> Stack:
        """All responses at templates of their own."""
        return stack_for(self.engine, self.REML, self.responses)

    def criterion(self, r: int) -> Criterion:
        """The criterion of response r: on the shared sums, unless it has one of its own."""
        if r in self.own:
            return self.own[r]
        return Criterion(self.engine.sharing(self.responses.gram_of(r)), self.REML)


@dataclass(frozen=True, eq=False)
class Optima:
    """Of R responses, in scaled coordinates.

    points     the place of each optimum, None where the arithmetic failed; `failures` says why, by response
    value      criterion (R,);  r2 (R,);  beta (R, p);  NaN where it failed
    converged, singular  (R,)
    """

    points: list[Points | None]
    value: Array
    r2: Array
    beta: Array
    converged: Array
    singular: Array
    failures: dict[int, str] = field(default_factory=dict)


def solve_all(problem: Problem) -> Optima:
    """The lowest minimum of every response."""
    starts, begins = where_to_begin(problem)
    R, p = problem.responses.R, problem.responses.gram.p
    numbers = np.full(R, np.nan), np.full(R, np.nan), np.full((R, p), np.nan)
    found = Optima([None] * R, *numbers, converged=np.zeros(R, bool), singular=np.zeros(R, bool))
    left = _together(problem, starts, begins, found) if problem.stacked else np.arange(R)
    for r in left:
        _alone(problem, int(r), [starts[k] for k in np.flatnonzero(begins[r])], found)
    return found


def where_to_begin(problem: Problem) -> tuple[list[Points], Array]:
    """Places to begin at, and a mask (R, places) of those that each response descends from."""
    unit = problem.multiple(1.0)
    known = problem.known
    if known.singular():
        known = known.floored(INTERIOR)
    places = [*(problem.multiple(c) for c in problem.multiples), known]
    values = np.array([_values(problem, place) for place in places])
    scan, at_known = values[:-1], values[-1]
    padded = np.pad(scan, ((1, 1), (0, 0)), constant_values=np.inf)
    minima = np.isfinite(scan) & (scan <= padded[:-2]) & (scan <= padded[2:])
    begins = np.zeros((len(at_known), len(places) + 1), bool)
    begins[:, :-2] = minima.T
    nearer = at_known < np.min(scan, axis=0)
    begins[nearer & (minima.sum(axis=0) == 1)] = False
    begins[nearer, -2] = True
    with np.errstate(invalid="ignore"):
        nowhere = ~(np.ptp(scan, axis=0) >= FLAT) | ~begins.any(axis=1)
    begins[nowhere], begins[nowhere, -1] = False, True
    return [*places, unit], begins


def _values(problem: Problem, place: Points) -> Array:
    try:
        return common_values(problem.engine, problem.REML, place, problem.responses)
    except NumericalError:
        return np.full(problem.responses.R, np.inf)


def _together(problem: Problem, starts: list[Points], begins: Array, found: Optima) -> Codes:
    """All responses at once; returns those that are left for `_alone`."""
    who, which = np.nonzero(begins)
    stack = problem.stack
    table = StackedPoints.stacked(problem.families, starts)
    runs = descend_together(stack, who, table[which])
    order = np.lexsort((runs.values.value, who))
    best = order[np.unique(who[order], return_index=True)[1]]
    wider = widened(stack, retried(stack, runs[best]))
    final = settled_runs(stack, wider.runs)
    unfinished = np.zeros(len(begins), bool)
    unfinished[wider.whose] = True
    np.logical_or.at(unfinished, who, ~runs.done)
    good = np.flatnonzero(final.done & ~unfinished & np.isfinite(final.values.value))
    for r in good:
        found.points[r] = final.places.points(int(r))
    found.value[good], found.r2[good] = final.values.value[good], final.values.r2[good]
    found.beta[good], found.converged[good] = final.values.beta[good], True
    found.singular[singular_runs(final)] = True
    return np.setdiff1d(np.arange(len(begins)), good)


def _alone(problem: Problem, r: int, starts: list[Points], found: Optima) -> None:
    try:
        criterion = problem.criterion(r)
        best = widened_search(criterion, problem.families, lowest(criterion.at, starts)).best
    except NumericalError as error:
        found.failures[r] = str(error)
        return
    found.points[r], found.value[r], found.singular[r] = best.at.place, best.at.value, best.at.place.singular()
    found.r2[r], found.beta[r] = best.at.fixed.r2, best.at.fixed.beta
    found.converged[r] = best.converged
    if not best.converged:
        found.failures[r] = best.message


def modes(problem: Problem, optima: Optima) -> tuple[list[Array], list[Array]]:
    """u and b of every response at its optimum, per grouping factor (R, J, L), scaled coordinates; NaN without one."""
    R, factors = problem.responses.R, problem.engine.gram.factors
    u, b = ([np.full((R, sums.J, sums.L), np.nan) for sums in factors] for _ in range(2))
    known = np.array([r for r, points in enumerate(optima.points) if points is not None], dtype=int)
    places = [points for points in optima.points if points is not None]
    if problem.stacked and len(known):
        one, two = problem.stack.modes(known, StackedPoints.stacked(problem.families, places))
        for f in range(len(factors)):
            u[f][known], b[f][known] = one[f], two[f]
    for r, points in zip(known, places, strict=True):
        if problem.stacked and r not in problem.own:
            continue
        at = problem.criterion(r).at(points)
        one, two, _ = at.factorization.modes(at.v[:, None])
        for f in range(len(factors)):
            u[f][r], b[f][r] = one[f][:, :, 0], two[f][:, :, 0]
    return u, b

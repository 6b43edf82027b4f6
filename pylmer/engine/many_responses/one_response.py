"""The search of one fit carried on where its optimum may not be the lowest: `wider`, for a single response.

Where the engine knows no stacks (cs, ar1, crossed factors with many effects), the corners are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...errors import NumericalError
from ..covariance.corners import SMALL
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points
from ..criterion.profiled import Criterion, ProfiledEvaluation
from ..criterion.trusted import in_doubt, is_pair
from ..optimize.basins import ends_elsewhere
from ..optimize.distant_response import polished, scaled_newton, value_of
from ..optimize.newton import LARGE, Run, newton
from ..optimize.search import INTERIOR, Search, lowest
from ..sums.gram import Gram
from .descent import Runs
from .few_effects import stack_for, stackable
from .other_minima import COLLAPSED, NEAR, SINGULAR_NEAR, blocks, chosen_corners, least_difference, widened
from .responses import Responses
from .stacked_points import StackedPoints

MANY_EFFECTS = 2_000  # random effects from which only a few corners are looked at
ONE_BY_ONE = 6  # corners at most that are descended from one after the other
STEPS = 100


def widened_search(
    criterion: Criterion, families: Sequence[CovarianceFamily], found: Search[ProfiledEvaluation]
) -> Search[ProfiledEvaluation]:
    """`found`, or the lower minimum that descents from the corners of the covariances reach."""
    at, engine = found.best.at, criterion.engine
    if not in_doubt(engine, len(at.gradient), at.place.singular()):
        return found
    large = at.place.extent > LARGE  # steps in units of each coordinate are then needed
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite is no minimum
        look = _one_by_one if large or not stackable(engine, families) else _together
        look = _on_a_grid if not large and is_pair(engine, families) else look
        points, counts = look(criterion, families, found.best)
    found = replace(found, looked=counts[0], elsewhere=counts[1])
    if points is None:
        return found
    again = lowest(criterion.at, [points])
    if again.best.at.place.extent > LARGE:
        again = polished(criterion.at, again)
    if not again.best.at.value < at.value - least_difference(at.value, at.noise):
        return found
    if again.best.at.fixed.r2 < COLLAPSED * at.fixed.r2:
        return found
    return replace(found, best=again.best, runs=(*found.runs, *again.runs), settling=found.settling + again.settling)


def _together(
    criterion: Criterion, families: Sequence[CovarianceFamily], best: Run[ProfiledEvaluation]
) -> tuple[Points | None, tuple[int, int]]:
    """Where a lower minimum lies, None if nowhere; values and full evaluations that it took."""
    stack = stack_for(criterion.engine, criterion.REML, own_response(criterion.engine.gram))
    who = np.zeros(1, dtype=np.int64)
    places = StackedPoints.stacked(families, [best.at.place])
    runs = Runs(who, places, stack.values(who, places), np.ones(1, bool))
    wider = widened(stack, runs)
    found = [wider.runs.places.points(0)] if wider.runs.places is not places else []
    crept = [_end(criterion, wider.creeping.places.points(k), False) for k in range(len(wider.whose))]
    ends = [run for run in crept if run is not None]
    values, evaluations = wider.counts
    evaluations += sum(end.evaluations + end.gradients for end in ends)
    found += [end.at.place for end in ends]
    lowest_value = min(found, key=lambda points: value_of(criterion.at, points), default=None)
    return lowest_value, (values, evaluations)


def _on_a_grid(
    criterion: Criterion, families: Sequence[CovarianceFamily], best: Run[ProfiledEvaluation]
) -> tuple[Points | None, tuple[int, int]]:
    """As `_together`, for a single pair of effects, of which all covariances are looked at."""
    at = best.at
    runs, values = ends_elsewhere(criterion, families, best, float(least_difference(at.value, at.noise)))
    evaluations = sum(run.evaluations + run.gradients for run in runs)
    kept = [run for run in runs if run.at.fixed.r2 > COLLAPSED * at.fixed.r2]
    lowest_end = min(kept, key=lambda run: float(run.at.value), default=best)
    lower = lowest_end.at.value < at.value - least_difference(at.value, at.noise)
    return (lowest_end.at.place if lower else None), (values, evaluations)


def own_response(gram: Gram) -> Responses:
    """The response of the sums themselves, as the only one."""
    p = gram.p
    Zty = tuple(np.moveaxis(sums.ZtXy[:, :, p], 0, 1)[:, None] for sums in gram.factors)
    square, shift = np.array([gram.y_square]), gram.scaling.shift[None]
    return Responses(gram, Zty, gram.XytXy[p:, :p], gram.XytXy[p:, p], square, shift)


def _one_by_one(
    criterion: Criterion, families: Sequence[CovarianceFamily], best: Run[ProfiledEvaluation]
) -> tuple[Points | None, tuple[int, int]]:
    """As `_together`, without a stack."""
    at = best.at
    many = sum(sums.q for sums in criterion.gram.factors) > MANY_EFFECTS
    places = list(_corner_points(families, at.place, many))
    rise = np.array([value_of(criterion.at, each) for each in places]) - at.value
    near = SINGULAR_NEAR if at.place.singular() else NEAR
    if not many:
        rise = np.where(chosen_corners(families, rise[:, None], np.array([at.place.singular()]))[:, 0], rise, np.inf)
    order = [int(k) for k in np.argsort(rise)[:ONE_BY_ONE] if rise[k] < near]
    scaled = at.place.extent > LARGE
    starts = [places[k] for k in order]
    if is_pair(criterion.engine, families) and at.place.singular():  # not yet tried, see `fit.optimum`
        starts.append(at.place.floored(INTERIOR))
    ends = [end for end in (_end(criterion, start, scaled) for start in starts) if end is not None]
    evaluations = sum(end.evaluations + end.gradients for end in ends)
    lowest_end = min(ends, key=lambda end: float(end.at.value), default=None)
    return (None if lowest_end is None else lowest_end.at.place), (len(places), evaluations)


def _corner_points(families: Sequence[CovarianceFamily], points: Points, many: bool) -> Iterator[Points]:
    """As `wider.corner_places`, for one run."""
    for these, term, small in blocks(families):
        if many and (small or term is None):
            continue
        for corner in these.whole if many else these.points:
            size = float(corner.deviations()[0])
            others = Points.multiple(families, SMALL) if small else points
            if term is None:
                yield Points.multiple(families, size)
            else:
                yield others.with_point(term, corner)


def _end(criterion: Criterion, points: Points, scaled: bool) -> Run[ProfiledEvaluation] | None:
    try:
        if scaled:
            return scaled_newton(criterion.at, points)
        return newton(criterion.at, points, STEPS)
    except NumericalError:
        return None

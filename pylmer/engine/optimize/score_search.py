"""Trust-region Newton by scores alone, for criteria whose values are known less well than their scores.

The iterative engine estimates log|V| with an error that no step near the optimum could stand against, and its score
with probes that all evaluations share: a root of the score can be found to rounding. What a step has gained is the
integral of the score along it, by the trapezoidal rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array
from ..covariance.points import Points
from ..criterion.profiled import At, ProfiledEvaluation
from .newton import Run
from .search import INTERIOR, Search
from .trust_region import KEPT, NEAR, STOP, first_radius, radii, secant, trust_step

STEPS = 60
FLOOR = 1e-8  # promised decrease from which on promises that no longer fall end a descent: solves are not exact
BLUNT = 1e-7  # promised decrease below which differences of scores say more of the solves than of curvature
FALLEN = 0.25  # part of the last promise that a promise must fall below there


@dataclass(frozen=True, eq=False)
class ScoreRun:
    """Where the score vanishes, how the information was corrected on the way, and how many scores it took.

    promises  predicted decreases, one a step
    """

    at: At
    correction: Array
    converged: bool
    promises: tuple[float, ...]

    @property
    def evaluations(self) -> int:
        """Scores and informations computed."""
        return len(self.promises)


def score_search(objective: Callable[[Points], At], start: Points, steps: int = STEPS) -> Search[ProfiledEvaluation]:
    """The minimum reached from `start`, and from inside if that is singular, valued."""
    found = run_of(score_descent(objective, start, steps))
    if not found.at.place.singular():
        return Search(found, (), (found,))
    zeroed = _standing(objective, found)
    inside = run_of(score_descent(objective, found.at.place.floored(INTERIOR), steps))
    best = zeroed if inside.at.place.singular() or inside.at.value >= zeroed.at.value else inside
    return Search(best, (), (found, inside), settling=1)


def score_descent(objective: Callable[[Points], At], start: Points, steps: int = STEPS) -> ScoreRun:
    """Descend from `start` until no step promises a decrease worth taking."""
    at = objective(start.moved(np.zeros(start.size)))
    radius, correction, promises = float(first_radius(start.extent)), np.zeros((start.size, start.size)), [np.inf]
    for _ in range(steps):
        step, decrease, inside = trust_step(at.gradient, at.information + correction, radius)
        floor = decrease < FLOOR and decrease > FALLEN * promises[-1]
        promises.append(decrease)
        if inside and (decrease <= STOP or floor):
            return ScoreRun(at, correction, True, tuple(promises[1:]))
        new = _tried(objective, at.place.moved(step))
        ratio = -1.0 if new is None else _gained(at, new, step) / decrease
        radius = float(radii(radius, np.linalg.norm(step), ratio))
        if new is not None and ratio > KEPT:
            if BLUNT < decrease < NEAR:
                correction = secant(correction, at, new, step, new.place.same_chart(at.place))
            elif not new.place.same_chart(at.place):
                correction = np.zeros_like(correction)
            at = new
        elif decrease < FLOOR:
            return ScoreRun(at, correction, True, tuple(promises[1:]))
    return ScoreRun(at, correction, False, tuple(promises[1:]))


def _tried(objective: Callable[[Points], At], place: Points) -> At | None:
    try:
        at = objective(place)
        return at if np.isfinite(at.gradient).all() else None
    except NumericalError:
        return None


def _gained(at: At, new: At, step: Array) -> float:
    """What a step has lowered the criterion by; where the chart has turned, what it promised."""
    after = new.gradient if new.place.same_chart(at.place) else np.zeros_like(step)
    return float(-0.5 * (at.gradient + after) @ step)


def run_of(descent: ScoreRun) -> Run[ProfiledEvaluation]:
    """The record of a descent, with the criterion where it ended."""
    at, count = descent.at.evaluation(), descent.evaluations
    message = "" if descent.converged else f"no convergence in {count} steps of the score"
    return Run(at, descent.correction, descent.converged, message, count, 0, (at.value,))


def _standing(objective: Callable[[Points], At], run: Run[ProfiledEvaluation]) -> Run[ProfiledEvaluation]:
    """The run with what has nearly vanished set to zero."""
    at = objective(run.at.place.zeroed()).evaluation()
    return Run(at, np.zeros_like(run.correction), run.converged, run.message, run.evaluations, 0, (at.value,))

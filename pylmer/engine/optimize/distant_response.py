"""Responses far from zero that only the random effects can take up: where to begin, and steps on scales of their own.

In `y ~ 0 + x + (x | g) + (1 | h)` with y + 1e6 the standard deviation of one intercept is 1e6 times the others, and
whose it is makes a minimum each. No scan reaches them: each grouping factor in turn is fitted first, by least squares,
and its coefficients give its covariance. Levels that are all far alike say little of what average information expects
of them, so the Hessian is taken from differences of the score, with a step and a trust region in units of each column
of the templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, symmetric
from ..covariance.corners import TOGETHER
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points
from ..criterion.profiled import At, Criterion, Objective, ProfiledEvaluation
from ..factorization.orthogonal import OrthogonalEngine
from .certificate import certify
from .newton import Run, tried
from .search import INTERIOR, Search, local_minima, search, settled
from .trust_region import STOP, radii, trust_step, worst
from .unbounded import falls_without_end, lowest_beyond

SMALLEST = 0.1  # standard deviation from which on steps are in its units
STEP = 1e-5  # of differences of the score, in these units ...
COARSE = 1e-2  # ... or shorter, where it changes the criterion by more
SHORTER = 9  # times at most
STEPS = 200
FOLLOWED = 4  # times that a descent is taken up again beyond its end
PATIENCE = 12  # evaluations that together lower the criterion by no more than rounding


def search_far(
    criterion: Criterion, families: Sequence[CovarianceFamily], start: Points | None = None
) -> Search[ProfiledEvaluation]:
    """The lowest minimum reached from a start for each factor, and from where the ordinary search ends."""
    objective = criterion.at
    if start is not None:
        return _lowest(objective, [start], ())
    starts = list(far_starts(criterion, families))
    scan: tuple[float, ...] = ()
    try:
        usual = search(objective, lambda c: Points.multiple(families, c))
        starts, scan = [usual.best.at.place, *starts], usual.scan
    except NumericalError:
        pass
    together = [Points.multiple(families, c) for c in TOGETHER]
    starts += [together[k] for k in local_minima([value_of(objective, points) for points in together])]
    return _lowest(objective, starts, scan)


def value_of(objective: Objective, points: Points) -> float:
    """The criterion, infinite where the arithmetic fails."""
    try:
        return objective(points).value
    except NumericalError:
        return float(np.inf)


def _lowest(objective: Objective, starts: Sequence[Points], scan: Sequence[float]) -> Search[ProfiledEvaluation]:
    runs = [run for run in (_attempt(objective, start) for start in starts) if run is not None]
    if not runs:
        raise NumericalError("the criterion cannot be computed at any start")
    ending = [end for end in (_followed(objective, run) for run in runs) if end is not None]
    endless = [run for run in runs if falls_without_end(run.at)]
    runs += [run for run in ending if run not in runs]
    best = min(ending or runs, key=lambda run: float(run.at.value))
    for points in _corners_of(best.at.place):
        again = _attempt(objective, points)
        if again is not None:
            runs.append(again)
            best = again if _undercuts(again, best) else best
    settling, best = int(best.at.place.singular()), settled(objective, best)
    if endless and not certify(best, objective).holds:  # no minimum anywhere: the fit is to say so
        best = min(endless, key=lambda run: float(run.at.value))
    return Search(best, tuple(scan), tuple(runs), settling)


def _undercuts(run: Run[ProfiledEvaluation], best: Run[ProfiledEvaluation]) -> bool:
    return run.at.value < best.at.value - best.at.noise and not falls_without_end(run.at)


def _followed(objective: Objective, run: Run[ProfiledEvaluation]) -> Run[ProfiledEvaluation] | None:
    """The run, or where it leads if the criterion is lower beyond its end; None where it falls without end."""
    for _ in range(FOLLOWED):
        beyond = lowest_beyond(run.at)
        if beyond is None:
            return None
        more = None if beyond is run.at.place else _attempt(objective, beyond)
        if more is None or not more.at.value < run.at.value - run.at.noise:
            return run
        run = more
    return None if falls_without_end(run.at) else run


def polished(objective: Objective, found: Search[ProfiledEvaluation]) -> Search[ProfiledEvaluation]:
    """The search carried on from its best end."""
    more = _attempt(objective, found.best.at.place)
    if more is None:
        return found
    best = more if more.at.value < found.best.at.value - found.best.at.noise else found.best
    return replace(found, best=settled(objective, best), runs=(*found.runs, more))


def _corners_of(points: Points) -> Iterator[Points]:
    """The optimum without each of its directions that are left, and with those that it has lost."""
    if points.singular():
        yield points.floored(INTERIOR)
    for term, point in enumerate(points):
        less = point.without_smallest()
        if less is not None:
            yield points.with_point(term, less)


def far_starts(criterion: Criterion, families: Sequence[CovarianceFamily]) -> Iterator[Points]:
    """For each term the covariance that lies along its coefficients in all levels alike, with nothing else fitted.

    Standard deviations in units of what remains within levels.
    """
    engine, gram = criterion.engine, criterion.gram
    assert isinstance(engine, OrthogonalEngine)  # no other is asked
    R, y = engine.root[0].T, engine.half[0, :, -1]
    within = np.linalg.lstsq(R, y, rcond=None)[0]
    left = float(engine.within[-1, -1] ** 2 + np.sum((y - R @ within) ** 2)) / gram.n
    sigma = np.sqrt(max(left, np.finfo(float).tiny))
    for term in range(len(families)):
        f, here = gram.place[term]
        at, J, L = engine.layout.places[f]
        pooled = R[:, at].reshape(-1, J, L)[:, :, here].sum(axis=1)
        mean = np.linalg.lstsq(pooled, y, rcond=None)[0] / sigma
        yield Points.multiple(families, 1.0).with_point(term, families[term].outward(mean, INTERIOR))


def units_of(points: Points) -> Array:
    """The unit of each local coordinate: the standard deviation that it moves, or SMALLEST: (k,)."""
    return np.asarray(np.concatenate([point.units(SMALLEST) for point in points]))


def differenced_hessian(objective: Objective, at: At | ProfiledEvaluation, known: Array | None = None) -> Array:
    """The Hessian in the coordinates of `at`, by central differences of the score in units of each: (k, k).

    Where a step changes the criterion too much to say what its curvature is, a shorter one is taken; `known` curvatures
    (k,) of a place nearby say so beforehand.
    """
    h = STEP * units_of(at.place)
    if known is not None:
        h = np.minimum(h, np.sqrt(COARSE / np.maximum(np.abs(known), np.finfo(float).tiny)))
    return symmetric(np.array([_curvatures(objective, at, k, float(h[k])) for k in range(len(h))]))


def _curvatures(objective: Objective, at: At | ProfiledEvaluation, k: int, h: float, shorter: int = SHORTER) -> Array:
    """One row of the Hessian, from a step h along coordinate k or a shorter one."""
    step = h * np.eye(len(at.gradient))[k]
    up, down = (objective(at.place.shifted(sign * step)).gradient for sign in (1, -1))
    row = np.asarray((up - down) / (2 * h))
    if abs(row[k]) * h**2 <= COARSE or not shorter:
        return row
    return _curvatures(objective, at, k, h / 10, shorter - 1)


def _attempt(objective: Objective, points: Points) -> Run[ProfiledEvaluation] | None:
    try:
        return scaled_newton(objective, points)
    except (NumericalError, np.linalg.LinAlgError):
        return None


def scaled_newton(objective: Objective, points: Points) -> Run[ProfiledEvaluation]:
    """As `optimize.newton`, with differenced Hessians in units of each coordinate."""
    at = objective(points.moved(np.zeros(points.size))).evaluation()
    H, radius, trace = differenced_hessian(objective, at), 1.0, [at.value]
    gradients = 2 * len(H)
    for _ in range(STEPS):
        units = units_of(at.place)
        step, decrease, _ = trust_step(at.gradient * units, H * np.outer(units, units), radius)
        if decrease <= max(STOP, 0.01 * at.noise):
            return Run(at, H - at.information, True, "", len(trace), gradients, tuple(trace))
        if len(trace) > PATIENCE and trace[-PATIENCE] - at.value < PATIENCE * at.noise:
            break
        value, new = tried(objective, at.place.moved(step * units), worst(at.value, decrease))
        trace.append(value)
        radius = float(radii(radius, np.linalg.norm(step), (at.value - value) / decrease))
        if new is None:
            if decrease < at.noise:
                return Run(at, H - at.information, True, "", len(trace), gradients, tuple(trace))
            continue
        at = new
        H, gradients = differenced_hessian(objective, at, np.diag(H)), gradients + 2 * len(H)
    else:
        message = f"no convergence in {STEPS} steps"
        return Run(at, H - at.information, False, message, len(trace), gradients, tuple(trace))
    return Run(at, H - at.information, True, "", len(trace), gradients, tuple(trace))

"""Trust-region Newton on a criterion with analytic score and information (engine.md section 2).

No bounds and no logarithms: the points move in charts in which a singular covariance is an ordinary place. The
criterion can have two minima, so values at c I come first and Newton runs from every local minimum of that scan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .correlation import Correlated
from .covariance import Point, Unstructured, lower_entries
from .criterion import At, Points
from .errors import NumericalError
from .linalg import Array, symmetric
from .trust import trust_step

SCAN = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
COARSE_SCAN = (0.1, 1.0, 10.0)  # about an estimate from moments, where a value costs seconds
FLAT = 1e-6  # a scan that varies by less says nothing: the descent begins at I, and has nowhere to go
STOP = 1e-11  # predicted decrease, in units of the deviance, below which no step is worth taking
VANISHED = 1e-4  # a scaled standard deviation below this is zero (engine.md section 3)
INTERIOR = 0.3  # where a singular result is retried from
ITERATIONS = 200
CRAWLING = 30  # evaluations from which the Hessian is differenced at every new place
LARGE = 100.0  # relative standard deviation from which differences want units of each coordinate (see `distant`)
CRAWLED = 1e-7  # what the last half of them must have gained together

Objective = Callable[[Points], At]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Run:
    """One descent: where it ended, how, and the values on the way."""

    at: At
    correction: Array
    converged: bool
    message: str
    evaluations: int
    gradients: int
    trace: tuple[float, ...]

    @property
    def hessian(self) -> Array:
        """Information with the secant correction gathered on the way: (k, k)."""
        return self.at.information + self.correction


@dataclass(frozen=True, eq=False)
class Search:
    """All descents of one fit: the best, the values of the scan, every run in order.

    looked, elsewhere  values and full evaluations of descents from corners of the covariances (see `batch.wider`)
    """

    best: Run
    scan: tuple[float, ...]
    runs: tuple[Run, ...] = field(repr=False)
    settling: int = 0
    looked: int = 0
    elsewhere: int = 0

    @property
    def evaluations(self) -> int:
        """Full evaluations (value, score, information) of all runs, and those that set vanished deviations to zero."""
        return sum(run.evaluations + run.gradients for run in self.runs) + self.settling + self.elsewhere


def search(
    objective: Objective,
    multiple: Callable[[float], Points],
    start: Points | None = None,
    steps: int = ITERATIONS,
    multiples: Sequence[float] = SCAN,
) -> Search:
    """The lowest minimum reached from the local minima of the scan at the `multiples` of I, or from `start` alone."""
    if start is not None:
        return lowest(objective, [start], steps)
    scan = scanned(objective, multiple, multiples)
    starts = [1.0] if max(scan) - min(scan) < FLAT else [multiples[k] for k in local_minima(scan)]
    return replace(lowest(objective, [multiple(c) for c in starts], steps), scan=tuple(scan))


def lowest(objective: Objective, starts: Sequence[Points], steps: int = ITERATIONS) -> Search:
    """The lowest minimum reached from `starts`; a singular one is tried again from inside."""
    runs = [newton(objective, start, steps) for start in starts]
    best = min(runs, key=lambda run: float(run.at.value))
    if singular(best.at.points):
        interior = newton(objective, tuple(point.raised(INTERIOR) for point in best.at.points), steps)
        runs.append(interior)
        if interior.at.value < best.at.value - best.at.noise:
            best = interior
    unsettled, best = best, settled(objective, best)
    settling = int(singular(unsettled.at.points))
    if any(isinstance(point, Correlated) and not point.deviations().all() for point in best.at.points):
        runs.append(newton(objective, best.at.points, steps, ~free_coordinates(best.at.points)))
        best = min(best, runs[-1], key=lambda run: float(run.at.value))
    return Search(best, (), tuple(runs), settling)


def scanned(objective: Objective, multiple: Callable[[float], Points], multiples: Sequence[float]) -> list[float]:
    """Values at c I, infinite where the arithmetic fails; NumericalError if it fails everywhere."""
    values: list[float] = []
    failure: NumericalError | None = None
    for c in multiples:
        try:
            values.append(objective(multiple(c)).value)
        except NumericalError as error:
            failure = error
            values.append(np.inf)
    if failure is not None and not np.isfinite(values).any():
        raise failure
    return values


def local_minima(values: Sequence[float]) -> list[int]:
    """Indices of the values that no neighbour undercuts, lowest first."""
    padded = [np.inf, *values, np.inf]
    lowest = [
        k for k, value in enumerate(values) if np.isfinite(value) and value <= padded[k] and value <= padded[k + 2]
    ]
    return sorted(lowest, key=lambda k: values[k])


def singular(points: Sequence[Point], tolerance: float = VANISHED) -> bool:
    """Whether some covariance has lost a direction, or a correlation of cs or ar1 is at its limit."""
    return any(np.any(point.deviations() < tolerance) or at_limit(point, tolerance) for point in points)


def at_limit(point: Point, tolerance: float = VANISHED) -> bool:
    """Whether rho of cs or ar1 is as small or as large as it can be."""
    if not isinstance(point, Correlated):
        return False
    rho = point.family.rho(point.eta)[0]
    return min(rho - point.family.lowest, 1 - rho) < tolerance


def settled(objective: Objective, run: Run) -> Run:
    """Vanished standard deviations set to exact zeros, where the criterion does not mind."""
    if not singular(run.at.points):
        return run
    at = objective(tuple(point.cleared(VANISHED) for point in run.at.points))
    if at.value > run.at.value + at.noise:
        return run
    return replace(run, at=at.condensed(), correction=np.zeros_like(run.correction))


def free_coordinates(points: Sequence[Point]) -> Mask:
    """Mask over all local coordinates: False where they would only grow a vanished deviation."""
    return np.concatenate([np.zeros(0, bool), *(_free(point) for point in points)])


def _free(point: Point) -> Mask:
    size, alive = point.size, point.deviations() > 0
    if isinstance(point, Unstructured):
        return alive[lower_entries(len(alive))[1]]
    return np.concatenate([alive, np.full(size - len(alive), bool(alive.any()))])


def newton(objective: Objective, points: Points, steps: int = ITERATIONS, held: Mask | None = None) -> Run:
    """Descend from `points` until no step promises a decrease that the arithmetic could show.

    Coordinates that are `held` stay: vanished deviations of cs and ar1, where the criterion has a kink.
    """
    at = objective(moved(points, np.zeros(sum(_sizes(points))))).condensed()
    radius = max(0.5 * size_of(points), 0.3)
    E = np.zeros((len(at.gradient),) * 2)
    previous, differenced, gradients = np.inf, False, 0
    trace, decrease = [at.value], np.inf
    for _ in range(steps):
        step, decrease, inside = trust_step(*_holding(held, at.gradient, at.information + E), radius)
        crawls = len(trace) > CRAWLING and size_of(at.points) < LARGE
        slow = (inside and decrease < 1 and decrease > 0.2 * previous) or crawls
        enough = 0.01 * at.noise if inside else at.noise  # a step to the boundary that changes nothing: a flat ridge
        if decrease <= max(STOP, enough) and (inside or radius >= 0.1 * size_of(at.points)):
            return Run(at, E, True, "", len(trace), gradients, tuple(trace))
        if slow and not differenced:
            E = one_sided_information(objective, at) - at.information
            differenced, gradients = True, gradients + len(step)
            continue
        if crawls and trace[-CRAWLING // 2] - at.value < CRAWLED:
            return Run(at, E, True, "", len(trace), gradients, tuple(trace))
        trial = tried(objective, moved(at.points, step))
        trace.append(np.inf if trial is None else trial.value)
        if trial is not None and decrease < 10 * at.noise:
            trial = trial.condensed()
            _, left, _ = trust_step(*_holding(held, trial.gradient, trial.information + E), radius)
            if left > 0.5 * decrease:
                return Run(at, E, True, "", len(trace), gradients, tuple(trace))
            ratio = 1.0
        else:
            ratio = -1.0 if trial is None else (at.value - trial.value) / decrease
        length = float(np.linalg.norm(step))
        radius = new_radius(radius, length, ratio)
        if ratio <= 1e-4 or trial is None:
            if inside and decrease < 1 and not differenced:
                E = one_sided_information(objective, at) - at.information
                differenced, gradients = True, gradients + len(step)
            continue
        trial = trial.condensed()
        if decrease < 1:
            E = _secant(E, at, trial, step)
        at, previous, differenced = trial, (decrease if inside else np.inf), False
    message = f"no convergence in {steps} steps; the last one promised a decrease of {decrease:.3g}"
    return Run(at, E, False, message, len(trace), gradients, tuple(trace))


def _holding(held: Mask | None, g: Array, H: Array) -> tuple[Array, Array]:
    """Score and information with which no step moves the held coordinates."""
    if held is None:
        return g, H
    free = ~held
    unit = max(float(np.max(np.abs(np.diag(H)))), 1.0)
    return np.where(held, 0.0, g), np.where(np.outer(free, free), H, 0.0) + np.diag(np.where(held, unit, 0.0))


def tried(objective: Objective, points: Points) -> At | None:
    """The criterion at a trial point, None where the arithmetic fails: the step is then shortened."""
    try:
        at = objective(points)
        return at if np.isfinite(at.value) else None
    except NumericalError:
        return None


def new_radius(radius: float, length: float, ratio: float) -> float:
    if ratio < 0.25:
        return length / 4
    if ratio > 0.75 and length > 0.8 * radius:
        return radius * (4 if ratio > 0.9 else 2)
    return radius


def _secant(E: Array, old: At, new: At, step: Array) -> Array:
    """Symmetric rank-one correction of what the average information misses."""
    turned = not all(b.same_chart(a) for a, b in zip(old.points, new.points, strict=True))
    if turned:
        return np.zeros_like(E)
    missed = new.gradient - old.gradient - (old.information + new.information) @ step / 2 - E @ step
    along = float(missed @ step)
    if abs(along) < 1e-6 * np.linalg.norm(missed) * np.linalg.norm(step) or along == 0.0:
        return E
    corrected = E + np.outer(missed, missed) / along
    return np.zeros_like(E) if np.max(np.abs(corrected)) > np.max(np.abs(new.information)) else corrected


def observed_information(objective: Objective, at: At) -> Array:
    """The Hessian in the coordinates of `at`, by central differences of the exact score: (k, k)."""
    h = difference_step(at.points)
    return symmetric((_scores(objective, at, h) - _scores(objective, at, -h)) / (2 * h))


def one_sided_information(objective: Objective, at: At) -> Array:
    """The Hessian by one-sided differences, at half the price: good enough to step by."""
    h = difference_step(at.points)
    return symmetric((_scores(objective, at, h) - at.gradient) / h)


def difference_step(points: Points) -> float:
    """The step of central differences in local coordinates."""
    return max(1e-5 * size_of(points), 1e-6)


def _scores(objective: Objective, at: At, h: float) -> Array:
    """The score h away along each coordinate, in the coordinates of `at`: (k, k)."""
    size = len(at.gradient)
    scores = [objective(shifted(at.points, h * unit)).gradient for unit in np.eye(size)]
    return np.array(scores).reshape(size, size)


def _sizes(points: Points) -> list[int]:
    return [point.size for point in points]


def _pieces(points: Points, step: Array) -> list[Array]:
    ends = list(accumulate(_sizes(points), initial=0))
    return [step[start:end] for start, end in pairwise(ends)]


def moved(points: Points, step: Array) -> Points:
    """The points after `step` (k,), in charts of their own and inside their domains."""
    return tuple(point.moved(s) for point, s in zip(points, _pieces(points, step), strict=True))


def shifted(points: Points, step: Array) -> Points:
    """The points displaced by `step` (k,) in their own charts."""
    return tuple(point.shifted(s) for point, s in zip(points, _pieces(points, step), strict=True))


def size_of(points: Points) -> float:
    """The largest entry of all templates."""
    return float(max(np.max(np.abs(point.template()), initial=0.0) for point in points))

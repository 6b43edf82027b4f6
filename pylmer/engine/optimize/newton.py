"""Trust-region Newton on a criterion with analytic score and information (engine.md section 2).

No bounds and no logarithms: the points move in charts in which a singular covariance is an ordinary place. The
criterion can have two minima, so values at c I come first and Newton runs from every local minimum of that scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array
from ..covariance.points import Mask, Points, _sizes, moved, size_of
from ..criterion.profiled import Evaluation, Objective
from .information import one_sided_information
from .trust_region import trust_step

STOP = 1e-11  # predicted decrease, in units of the deviance, below which no step is worth taking
ITERATIONS = 200
CRAWLING = 30  # evaluations from which the Hessian is differenced at every new place
LARGE = 100.0  # relative standard deviation from which differences want units of each coordinate (see `distant`)
KEPT = 1e-4  # part of the promised decrease that a step must keep to be taken
CRAWLED = 1e-7  # what the last half of them must have gained together


@dataclass(frozen=True, eq=False)
class Run:
    """One descent: where it ended, how, and the values on the way."""

    at: Evaluation
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

    @property
    def place(self) -> Points:
        """Where it ended."""
        return self.at.place


def newton(objective: Objective, points: Points, steps: int = ITERATIONS, held: Mask | None = None) -> Run:
    """Descend from `points` until no step promises a decrease that the arithmetic could show.

    Coordinates that are `held` stay: vanished deviations of cs and ar1, where the criterion has a kink.
    """
    at = objective(moved(points, np.zeros(sum(_sizes(points))))).evaluation()
    radius = max(0.5 * size_of(points), 0.3)
    E = np.zeros((len(at.gradient),) * 2)
    previous, differenced, gradients = np.inf, False, 0
    trace, decrease = [at.value], np.inf
    for _ in range(steps):
        step, decrease, inside = trust_step(*_holding(held, at.gradient, at.information + E), radius)
        crawls = len(trace) > CRAWLING and size_of(at.place) < LARGE
        slow = (inside and decrease < 1 and decrease > 0.2 * previous) or crawls
        enough = 0.01 * at.noise if inside else at.noise  # a step to the boundary that changes nothing: a flat ridge
        if decrease <= max(STOP, enough) and (inside or radius >= 0.1 * size_of(at.place)):
            return Run(at, E, True, "", len(trace), gradients, tuple(trace))
        if slow and not differenced:
            E = one_sided_information(objective, at) - at.information
            differenced, gradients = True, gradients + len(step)
            continue
        if crawls and trace[-CRAWLING // 2] - at.value < CRAWLED:
            return Run(at, E, True, "", len(trace), gradients, tuple(trace))
        blurred = decrease < 10 * at.noise
        value, new = tried(objective, moved(at.place, step), np.inf if blurred else at.value - KEPT * decrease)
        trace.append(value)
        ratio = (at.value - value) / decrease
        if blurred and new is not None:
            _, left, _ = trust_step(*_holding(held, new.gradient, new.information + E), radius)
            if left > 0.5 * decrease:
                return Run(at, E, True, "", len(trace), gradients, tuple(trace))
            ratio = 1.0
        radius = new_radius(radius, float(np.linalg.norm(step)), ratio)
        if new is None:
            if inside and decrease < 1 and not differenced:
                E = one_sided_information(objective, at) - at.information
                differenced, gradients = True, gradients + len(step)
            continue
        if decrease < 1:
            E = _secant(E, at, new, step)
        at, previous, differenced = new, (decrease if inside else np.inf), False
    message = f"no convergence in {steps} steps; the last one promised a decrease of {decrease:.3g}"
    return Run(at, E, False, message, len(trace), gradients, tuple(trace))


def _holding(held: Mask | None, g: Array, H: Array) -> tuple[Array, Array]:
    """Score and information with which no step moves the held coordinates."""
    if held is None:
        return g, H
    free = ~held
    unit = max(float(np.max(np.abs(np.diag(H)))), 1.0)
    return np.where(held, 0.0, g), np.where(np.outer(free, free), H, 0.0) + np.diag(np.where(held, unit, 0.0))


def tried(objective: Objective, points: Points, below: float) -> tuple[float, Evaluation | None]:
    """The value at a trial place, infinite where the arithmetic fails, and the evaluation if it lies `below`.

    The factorization lives no longer than this call: the next is as large.
    """
    try:
        at = objective(points)
        value = float(at.value)
    except NumericalError:
        return np.inf, None
    return value, at.evaluation() if value < below else None


def new_radius(radius: float, length: float, ratio: float) -> float:
    if ratio < 0.25:
        return length / 4
    if ratio > 0.75 and length > 0.8 * radius:
        return radius * (4 if ratio > 0.9 else 2)
    return radius


def _secant(E: Array, old: Evaluation, new: Evaluation, step: Array) -> Array:
    """Symmetric rank-one correction of what the average information misses."""
    turned = not all(b.same_chart(a) for a, b in zip(old.place, new.place, strict=True))
    if turned:
        return np.zeros_like(E)
    missed = new.gradient - old.gradient - (old.information + new.information) @ step / 2 - E @ step
    along = float(missed @ step)
    if abs(along) < 1e-6 * np.linalg.norm(missed) * np.linalg.norm(step) or along == 0.0:
        return E
    corrected = E + np.outer(missed, missed) / along
    return np.zeros_like(E) if np.max(np.abs(corrected)) > np.max(np.abs(new.information)) else corrected

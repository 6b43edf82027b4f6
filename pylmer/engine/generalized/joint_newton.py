"""Trust-region Newton over (Sigma, beta) together: exact score, information of the working linear model.

As `optimize.newton` (engine.md 2e-h), with two changes (glmm.md section 4): the secant correction begins at once, since
the information leaves out how weights and modes answer, and slow steps are borne twice in a row; and the score is
differenced whenever a step gains less than a quarter of what was promised after the fifth, which strongly clustered
binary data need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, symmetric
from ..optimize.trust_region import (
    KEPT,
    NEAR,
    blurred,
    final,
    first_radius,
    negligible,
    radii,
    secant,
    stuck,
    trust_step,
)
from .place import Place

STOP = 1e-10  # predicted decrease, in units of the criterion, below which no step is worth taking
ITERATIONS = 200
SLOW = 0.2  # share of the last promise from which a step is slow
SLOW_STEPS = 2  # of them in a row before the score is differenced: the secant correction needs one to learn
PATIENCE = 5  # steps before one that disappoints has the score differenced


class JointAt(Protocol):
    """A criterion at one place, that can be asked elsewhere."""

    @property
    def place(self) -> Place: ...
    @property
    def value(self) -> float: ...
    @property
    def gradient(self) -> Array: ...
    @property
    def information(self) -> Array: ...
    @property
    def noise(self) -> float: ...
    @property
    def passes(self) -> int: ...
    def to(self, place: Place) -> Self: ...


A = TypeVar("A", bound=JointAt)


@dataclass(frozen=True, eq=False)
class JointDescent(Generic[A]):
    """Where a descent ended and how: evaluations (value, score, information), scores of differences, values met."""

    at: A
    correction: Array
    converged: bool
    message: str
    evaluations: int
    gradients: int
    passes: int
    trace: tuple[float, ...]

    @property
    def hessian(self) -> Array:
        """Information with the secant correction gathered on the way."""
        return self.at.information + self.correction


@dataclass
class _Progress:
    """Counts of one descent."""

    evaluations: int = 0
    gradients: int = 0
    passes: int = 0

    def tried(self, at: A, place: Place, highest: float) -> A | None:
        """The criterion at a trial place, None where the arithmetic fails or the value is above the `highest`."""
        self.evaluations += 1
        try:
            trial = at.to(place)
            self.passes += trial.passes
            if not (trial.value < highest and np.isfinite(trial.gradient).all()):
                return None
            return trial
        except NumericalError:
            return None

    def differenced(self, at: JointAt) -> Array:
        """What the Hessian has beyond the information, by one-sided differences of the score."""
        h = difference_step(at.place)
        scores = []
        for unit in np.eye(at.place.size):
            beside = at.to(at.place.shifted(h * unit))
            scores.append(beside.gradient)
            self.passes += beside.passes
        self.gradients += len(scores)
        return symmetric((np.array(scores) - at.gradient) / h) - at.information


def difference_step(place: Place) -> float:
    """The step of differences in local coordinates."""
    return max(1e-5 * place.extent, 1e-6)


def descend(
    at: A,
    steps: int = ITERATIONS,
    differences: bool = False,
    keep: bool = False,
    directions: Array | None = None,
) -> JointDescent[A]:
    """From `at` until no step promises a decrease that the arithmetic could show.

    differences: begin with a differenced score; keep: never forget the correction but where charts turn; directions:
    orthonormal columns (size, m) that steps are taken along, all where None.
    """
    counts = _Progress(1, 0, at.passes)
    radius = float(first_radius(at.place.extent))
    E = counts.differenced(at) if differences else np.zeros((at.place.size,) * 2)
    previous, fresh, trace, promised, slow = np.inf, differences, [at.value], np.inf, 0
    for _ in range(steps):
        step, promised, inside = _step_along(directions, at.gradient, at.information + E, radius)
        if negligible(promised, inside, at.noise, STOP) and final(inside, radius, at.place.extent):
            return _ended(at, E, counts, trace)
        slow = slow + 1 if inside and promised < NEAR and promised > SLOW * previous else 0
        if slow >= SLOW_STEPS and not fresh:
            E, fresh = counts.differenced(at), True
            continue
        trial = counts.tried(at, at.place.moved(step), at.value + at.noise)
        trace.append(np.inf if trial is None else trial.value)
        if trial is not None and blurred(promised, at.noise):
            if stuck(_step_along(directions, trial.gradient, trial.information + E, radius)[1], promised):
                return _ended(at, E, counts, trace)
            ratio = 1.0
        else:
            ratio = -1.0 if trial is None else (at.value - trial.value) / promised
        radius = float(radii(radius, math.hypot(*step.tolist()), ratio))
        disappoints = ratio < 0.25 and len(trace) > PATIENCE
        if ratio <= KEPT or trial is None:
            if not fresh and E.any() and not keep:  # what was learnt far away is the first suspect, and costs nothing
                E = np.zeros_like(E)
            elif ((inside and promised < NEAR) or disappoints) and not fresh:
                E, fresh = counts.differenced(at), True
            continue
        E = secant(E, at, trial, step, trial.place.same_chart(at.place), keep)
        at, previous, fresh = trial, (promised if inside else np.inf), False
        if disappoints:
            E, fresh = counts.differenced(at), True
    message = f"no convergence in {steps} steps; the last one promised a decrease of {promised:.3g}"
    return JointDescent(at, E, False, message, counts.evaluations, counts.gradients, counts.passes, tuple(trace))


def _step_along(directions: Array | None, g: Array, H: Array, radius: float) -> tuple[Array, float, bool]:
    """`trust_step` within the span of the directions."""
    if directions is None:
        return trust_step(g, H, radius)
    step, promised, inside = trust_step(directions.T @ g, directions.T @ H @ directions, radius)
    return directions @ step, promised, inside


def _ended(at: A, E: Array, counts: _Progress, trace: list[float]) -> JointDescent[A]:
    return JointDescent(at, E, True, "", counts.evaluations, counts.gradients, counts.passes, tuple(trace))

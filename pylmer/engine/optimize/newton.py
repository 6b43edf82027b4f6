"""Trust-region Newton on a criterion with analytic score and information (engine.md section 2).

No bounds and no logarithms: places move in charts in which a singular covariance is an ordinary one. What a place and a
criterion must offer says `places`; the policy is `trust_region`, here for one run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Mask, eigen
from ..criterion.places import AnyPlace, Evaluation, Trial
from .trust_region import NEAR, blurred, final, first_radius, negligible, radii, secant, stuck, trust_step, worst

ITERATIONS = 200
CRAWLING = 30  # evaluations from which the Hessian is differenced at every new place
CRAWLED = 1e-7  # what the last half of them must have gained together
LARGE = 100.0  # relative standard deviation from which differences want units of each coordinate (`distant_response`)
RUNAWAY = 1e4  # relative standard deviation from which a response without residuals is suspected (`unbounded`)
SLOW = 0.2  # part of the last promise that a promise must fall below for convergence to be quadratic

P = TypeVar("P", bound=AnyPlace)
E = TypeVar("E", bound=Evaluation[Any])


@dataclass(frozen=True, eq=False)
class Run(Generic[E]):
    """One descent: where it ended, how, and the values on the way."""

    at: E
    correction: Array
    converged: bool
    message: str
    evaluations: int
    gradients: int
    trace: tuple[float, ...]

    @cached_property
    def hessian(self) -> Array:
        """Information with the secant correction gathered on the way: (k, k)."""
        return self.at.information + self.correction

    @cached_property
    def free(self) -> Mask:
        """The coordinates (k,) that may move, of a place that knows them."""
        return np.asarray(self.at.place.free)

    @cached_property
    def axes(self) -> tuple[Array, Array]:
        """Curvatures (f,), ascending, and axes (f, f) of the Hessian among the free coordinates; there are some."""
        return eigen(among(self.hessian, self.free))


def among(H: Array, free: Mask) -> Array:
    """The rows and columns of H (k, k) that are free."""
    return H if free.all() else H[np.ix_(free, free)]


def standing(at: E, *, converged: bool = True, message: str = "", evaluations: int = 0) -> Run[E]:
    """The run of an end that was reached otherwise: no step was taken, no correction gathered."""
    return Run(at, np.zeros_like(at.information), converged, message, evaluations, 0, (at.value,))


def newton(objective: Callable[[P], Trial[E]], place: P, steps: int = ITERATIONS, held: Mask | None = None) -> Run[E]:
    """Descend from `place` until no step promises a decrease that the arithmetic could show.

    Coordinates that are `held` stay: vanished deviations of cs and ar1, where the criterion has a kink.
    """
    return descent(objective, objective(place.moved(np.zeros(place.size))).evaluation(), steps, held)


def descent(objective: Callable[[P], Trial[E]], at: E, steps: int = ITERATIONS, held: Mask | None = None) -> Run[E]:
    """`newton` from where the criterion has been evaluated."""
    return _Descent(objective, at, held).run(steps)


class _Descent(Generic[P, E]):
    """One run on its way: where it is, what corrects the information there, and how far the next step may go."""

    def __init__(self, objective: Callable[[P], Trial[E]], at: E, held: Mask | None) -> None:
        self.objective, self.held, self.at = objective, held, at
        self.radius = float(first_radius(at.place.extent))
        self.correction = np.zeros_like(self.at.information)
        self.last_promise, self.differenced, self.gradients = np.inf, False, 0
        self.trace = [self.at.value]

    def run(self, steps: int) -> Run[E]:
        """Up to `steps` steps."""
        decrease = np.inf
        for _ in range(steps):
            step, decrease, inside = self._promise(self.at)
            if self._arrived(decrease, inside):
                return self._ended()
            if self._slow(decrease, inside) and not self.differenced:
                self._difference()
            elif self._crept() or not self._stepped(step, decrease, inside):
                return self._ended()
        return self._ended(f"no convergence in {steps} steps; the last one promised a decrease of {decrease:.3g}")

    def _ended(self, message: str = "") -> Run[E]:
        return Run(self.at, self.correction, not message, message, len(self.trace), self.gradients, tuple(self.trace))

    def _promise(self, at: E) -> tuple[Array, float, bool]:
        """The step from a place, the decrease it promises, whether it lies inside; nothing held is moved."""
        g, H = at.gradient, at.information + self.correction
        if self.held is not None:
            unit = max(float(np.max(np.abs(np.diag(H)))), 1.0)
            g, H = np.where(self.held, 0.0, g), np.where(np.add.outer(self.held, self.held), 0.0, H)
            H = H + np.diag(np.where(self.held, unit, 0.0))
        return trust_step(g, H, self.radius)

    @property
    def _crawls(self) -> bool:
        return len(self.trace) > CRAWLING and self.at.place.extent < LARGE

    def _arrived(self, decrease: float, inside: bool) -> bool:
        at = self.at
        return bool(negligible(decrease, inside, at.noise) and final(inside, self.radius, at.place.extent))

    def _slow(self, decrease: float, inside: bool) -> bool:
        """Whether the information misleads: a near promise has hardly fallen, or there have been many steps."""
        return (inside and decrease < NEAR and decrease > SLOW * self.last_promise) or self._crawls

    def _crept(self) -> bool:
        """Whether a run that crawls gains nothing any more."""
        return self._crawls and self.trace[-CRAWLING // 2] - self.at.value < CRAWLED

    def _difference(self) -> None:
        from .information import one_sided_information  # of descents that the information misleads

        self.correction = one_sided_information(self.objective, self.at) - self.at.information
        self.differenced, self.gradients = True, self.gradients + len(self.correction)

    def _stepped(self, step: Array, decrease: float, inside: bool) -> bool:
        """Try a step, and take it if it keeps its promise; False where values and score say that there is no more."""
        at, unclear = self.at, bool(blurred(decrease, self.at.noise))
        value, new = tried(self.objective, at.place.moved(step), np.inf if unclear else worst(at.value, decrease))
        self.trace.append(value)
        ratio = (at.value - value) / decrease
        if unclear and new is not None:
            if stuck(self._promise(new)[1], decrease):
                return False
            ratio = 1.0
        self.radius = float(radii(self.radius, math.hypot(*step.tolist()), ratio))
        if new is not None:
            if decrease < NEAR:
                self.correction = secant(self.correction, at, new, step, new.place.same_chart(at.place))
            self.at, self.last_promise, self.differenced = new, decrease if inside else np.inf, False
        elif inside and decrease < NEAR and not self.differenced:
            self._difference()
        return True


def tried(objective: Callable[[P], Trial[E]], place: P, below: float) -> tuple[float, E | None]:
    """The value at a trial place, infinite where the arithmetic fails, and the evaluation if it lies `below`.

    What the trial holds lives no longer than this call: the next holds as much.
    """
    try:
        trial = objective(place)
        value = float(trial.value)
    except NumericalError:
        return np.inf, None
    return value, trial.evaluation() if value < below else None

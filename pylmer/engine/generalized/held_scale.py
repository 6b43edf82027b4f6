"""The exact criterion of a family with a scale, minimized with sigma held, or a standard deviation that contains it.

phi = sigma^2 is profiled in the criterion (with nAGQ > 1 it is a coordinate), and templates are relative to sigma. So a
standard deviation s = sigma tau is held by an outer minimum over log phi: with F(phi) the criterion minimized with phi
and tau = s / sqrt(phi) held,

    dF/dlog phi = dd/dlog phi - lambda tau / 2,   lambda = dd/dtau at the constrained minimum (its multiplier).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array
from .held import ConstrainedDeviance, Deviation, conditioned, minimized, within
from .joint_newton import ITERATIONS, JointDescent, descend
from .quadrature import QuadratureAt
from .solution import GeneralizedOptimum
from .user import At

STEPS = 30  # of the outer minimum
CLOSE = 1e-9  # what another step would gain, at most
LONGEST = 0.5  # step of log phi


@dataclass(frozen=True)
class HeldSigma:
    """sigma = sqrt(phi) itself."""


def minimized_with_scale(
    optimum: GeneralizedOptimum, held: ConstrainedDeviance | HeldSigma, value: float, near: At, steps: int = ITERATIONS
) -> JointDescent[At]:
    """`minimized` of a model with a scale; a `Deviation` is that of the effects themselves, not relative to sigma."""
    if isinstance(held, HeldSigma):
        return _at_phi(optimum, value**2, near, steps)
    if isinstance(held, Deviation):
        return _at_deviation(optimum, held, value, near, steps)
    return minimized(optimum, held, value, near, steps)


def with_phi(at: At, phi: float) -> At:
    """The criterion at the same place with phi held."""
    if isinstance(at, QuadratureAt):
        return at.to(replace(at.place, shapes=np.array([np.log(phi)])))
    return replace(at.criterion, held_phi=phi).begun(at.place, at.modes.u)


def _at_phi(optimum: GeneralizedOptimum, phi: float, near: At, steps: int) -> JointDescent[At]:
    at = with_phi(near, phi)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return descend(at, steps, directions=within(at.place, np.zeros((0, at.place.size)), held_shape(at)))


def held_shape(at: At) -> bool:
    """Whether phi is a coordinate, which has to be kept where it is."""
    return isinstance(at, QuadratureAt)


def _at_deviation(optimum: GeneralizedOptimum, held: Deviation, value: float, near: At, steps: int) -> JointDescent[At]:
    """Secant steps on dF/dlog phi, the first by the curvature n of the scale alone."""
    log_phi, curvature = float(np.log(near.phi)), float(len(optimum.devfun.responses.y))
    before: tuple[float, float] | None = None
    for _ in range(STEPS):
        phi = float(np.exp(log_phi))
        tau = value / np.sqrt(phi)
        run = minimized(optimum, held, tau, with_phi(near, phi), steps, held_shape(near))
        slope = _phi_slope(run.at) - 0.5 * tau * _multiplier(optimum, held, tau, run.at)
        if before is not None and abs(log_phi - before[0]) > 1e-12:
            secant = (slope - before[1]) / (log_phi - before[0])
            curvature = secant if secant > 0 else curvature
        if slope**2 / (2 * curvature) < CLOSE:
            return run
        before, near = (log_phi, slope), run.at
        log_phi -= float(np.clip(slope / curvature, -LONGEST, LONGEST))
    raise NumericalError(f"sigma was not found in {STEPS} steps with a standard deviation held at {value:.6g}")


def _phi_slope(at: At) -> float:
    """dd/dlog phi, all else held."""
    return float(at.gradient[-1]) if isinstance(at, QuadratureAt) else at.phi_slope


def _multiplier(optimum: GeneralizedOptimum, held: Deviation, tau: float, at: At) -> float:
    """dd/dtau of the constrained minimum."""
    condition = conditioned(optimum.devfun, at.place, held, tau)
    a: Array = condition.slope
    per_unit = conditioned(optimum.devfun, at.place, held, tau + 1).missing - condition.missing
    return float(at.to(condition.place).gradient @ a / (a @ a)) * per_unit

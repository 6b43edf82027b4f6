"""What must be said about a fit of `glmer`, beside what is said about its data."""

from __future__ import annotations

from ..design import Design
from ..engine.covariance.covariances import Covariances
from ..engine.generalized.approximation import Approximation
from ..engine.generalized.solution import GeneralizedOptimum
from ..options import Control
from .convergence import convergence_notes
from .request import Request

ELSEWHERE = 2.0  # standard errors from which one Newton step says no more than that the optimum is elsewhere
NO_OVERDISPERSION = 1e5  # theta of a negative binomial from which it is a Poisson


def notes_of(request: Request, design: Design, covariances: Covariances, optimum: GeneralizedOptimum) -> list[str]:
    """All notes, in the order in which they are issued."""
    return [
        *_optimizer_notes(request.control),
        *_scale_notes(request, optimum),
        *_shape_notes(optimum),
        *convergence_notes(request.control, design.random, covariances, optimum),
    ]


def _optimizer_notes(control: Control) -> list[str]:
    if control.optimizer == "newton":
        return []
    return [f"optimizer {control.optimizer!r} is not used: glmer has its own, Newton's method on the exact gradient"]


def _scale_notes(request: Request, optimum: GeneralizedOptimum) -> list[str]:
    """lme4's criterion with a scale is no likelihood."""
    if not optimum.family.has_scale or getattr(request.control, "laplace", None) is not None:
        return []
    return [
        f"{optimum.family.name}: fitted by maximum likelihood (Laplace); R's lme4 minimizes a criterion that is no "
        'likelihood for families with a scale, and its variances are smaller: glmerControl(laplace="lme4") gives them'
    ]


def _shape_notes(optimum: GeneralizedOptimum) -> list[str]:
    theta = optimum.family.theta
    if not optimum.devfun.free_shape or theta is None or theta < NO_OVERDISPERSION:
        return []
    return [
        f"theta of the negative binomial grows without end (stopped at {theta:.3g}): the counts show no "
        "overdispersion beside the random effects; a Poisson model says the same"
    ]


def approximation_notes(optimum: GeneralizedOptimum, found: Approximation) -> list[str]:
    """Where Laplace's approximation is off by what matters."""
    if not found.available or not found.doubtful:
        return []
    if found.largest > ELSEWHERE:
        size = "so far from the integral that its optimum says little of that of the likelihood"
    else:
        size = f"off: by quadrature an estimate would move by {found.largest:.2g} standard errors"
    nodes = 9 if optimum.devfun.structure.factors[0].L == 1 else 5
    return [f"Laplace's approximation is {size}; nAGQ={nodes} is nearer"]

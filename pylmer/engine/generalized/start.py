"""Where to begin: the generalized linear model, then penalized quasi-likelihood on sums.

The GLM (u = 0) takes a few passes over the rows. Its working linear model, W-weighted, is a linear mixed model of which
the sums are kept: a scan and Newton on these sums give Sigma, beta and modes without a look at the rows (Breslow &
Clayton 1993), and so twice more from the modes found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array
from ..covariance.family import CovarianceFamily as Covariance
from ..covariance.points import Points
from ..optimize.search import local_minima
from ..optimize.trust_region import KEPT, first_radius, radii, trust_step
from .modes import RowResponses, RowState, hushed_state, row_state
from .weighted import WeightedStructure, solved
from .working_model import WorkingModel, WorkingPlace, working_criterion

SCAN = (0.1, 0.3, 1.0, 3.0)
ENOUGH = 0.1  # decrease promised by a step of the GLM, in units of its deviance, below which the start is good enough
GLM_STEPS = 25
ROUNDS = 3  # linearizations of penalized quasi-likelihood
STEPS = 2  # of Newton on the sums of one
SMALL = 0.5  # decrease promised by such a step after which no other is taken, where a scale is profiled
LITTLE = 0.02  # decrease promised by such a step that is not worth it
CLOSE = 0.3  # and by the first of a linearization after which there is no other
RIDGE = 1e-10


@dataclass(frozen=True, eq=False)
class Start:
    """Points, beta of the scaled columns, u is sought from b (J, L) per factor; the GLM's rows; passes."""

    points: Points
    beta: Array
    b: list[Array]
    glm: RowState
    passes: int


def fit_glm(structure: WeightedStructure, responses: RowResponses) -> tuple[Array, RowState, int]:
    """beta without random effects, roughly: beta, the rows there, passes over the rows.

    Numpy must be kept from speaking of overflow.
    """
    first = responses.first
    if first is None:
        raise NumericalError("the response leaves the domain of the link")
    away = first.W * (first.eta - responses.offset) - first.g
    beta = _scored(structure, first, structure.fixed_cross(away))
    at, passes = hushed_state(responses, responses.offset + structure.fixed(beta)), 2
    if at is None:
        beta, at = _constant(structure, responses)
    for _ in range(GLM_STEPS):
        score = -structure.fixed_cross(at.g)
        step = _scored(structure, at, score)
        if float(step @ score) <= ENOUGH * _unit(at):
            break
        lower = _lowered(structure, at, beta, step)
        passes += 1
        if lower is None:
            break
        beta, at = lower
    return beta, at, passes


def _unit(at: RowState) -> float:
    """One unit of the criterion, in those of the deviance."""
    return at.D / len(at.eta) if at.responses.family.has_scale else 1.0


def _scored(structure: WeightedStructure, at: RowState, right: Array) -> Array:
    """(X'WX)^-1 right."""
    squares = structure.fixed_squares(at.W)
    squares.flat[:: structure.p + 1] += RIDGE * structure.n
    return solved(squares, right)


def _constant(structure: WeightedStructure, responses: RowResponses) -> tuple[Array, RowState]:
    """The beta that is nearest to the same mean everywhere, for links with a domain."""
    y, w = responses.y, responses.weights
    mean = np.full(len(y), np.average(responses.family.start_mu(y, w), weights=w))
    right = structure.fixed_cross(w * (responses.family.link(mean) - responses.offset))
    beta = np.linalg.solve(structure.fixed_squares(w), right)
    at = row_state(responses, responses.offset + structure.fixed(beta))
    if at is None:
        raise NumericalError(
            "no start was found at which every mean is in the domain of the family: another link, or start="
        )
    return beta, at


def _lowered(structure: WeightedStructure, at: RowState, beta: Array, step: Array) -> tuple[Array, RowState] | None:
    for halving in range(12):
        trial = beta + 0.5**halving * step
        lower = hushed_state(at.responses, at.responses.offset + structure.fixed(trial))
        if lower is not None and at.D >= lower.D:
            return trial, lower
    return None


def begin(structure: WeightedStructure, responses: RowResponses, covariances: Sequence[Covariance]) -> Start:
    """GLM, then penalized quasi-likelihood."""
    with np.errstate(all="ignore"):  # what is not finite ends in a NumericalError
        beta, glm, passes = fit_glm(structure, responses)
        return _quasi_likelihood(structure, glm, covariances, beta, passes)


def _quasi_likelihood(
    structure: WeightedStructure, glm: RowState, covariances: Sequence[Covariance], beta: Array, passes: int
) -> Start:
    """From the GLM and its beta; the passes that were made."""
    start: Start | None = None
    state, offset = glm, glm.responses.offset
    for _ in range(ROUNDS):
        if start is not None:
            again = hushed_state(glm.responses, offset + structure.fixed(start.beta) + structure.random(start.b))
            passes += 1
            if again is None:
                break
            state = again
        criterion = working_criterion(structure, state)
        begun = _scanned(criterion, covariances) if start is None else start.points
        try:
            at, promised = _approached(criterion, begun)
            start = Start(at.points, *at.effects(), glm, passes)
        except NumericalError:
            break
        if promised <= CLOSE:
            break
    if start is None:
        return Start(Points.multiple(covariances, 0.3), beta, structure.zeros(), glm, passes)
    return start if start.passes == passes else replace(start, passes=passes)


def _approached(criterion: WorkingModel, points: Points) -> tuple[WorkingPlace, float]:
    """A few of Newton's steps, each kept if it leads down, the last asked for its value alone; what the first promised.

    After a step that no radius has shortened the next would gain less than another linearization; where a scale is
    profiled, only after one that promised little.
    """
    at, known = criterion.at(points), criterion.scale_is_known
    radius, first = float(first_radius(points.extent)), 0.0
    for number in range(STEPS):
        step, decrease, inside = trust_step(at.gradient, at.information, radius)
        first = first if number else decrease
        if known and decrease <= LITTLE:
            break
        trial = criterion.at(at.points.moved(step))
        ratio = (at.value - trial.value) / decrease if decrease > 0 else -1.0
        at = trial if ratio > KEPT else at
        if inside if known else decrease <= SMALL:
            break
        radius = float(radii(radius, math.hypot(*step.tolist()), ratio))
    return at, first


def _scanned(criterion: WorkingModel, covariances: Sequence[Covariance]) -> Points:
    """The lowest of the common multiples."""
    places = [Points.multiple(covariances, c) for c in SCAN]
    minima = local_minima(criterion.values(places) or [_value(criterion, place) for place in places])
    if not minima:
        raise NumericalError("the working linear model has no value at any place where a search could begin")
    return places[minima[0]]


def _value(criterion: WorkingModel, place: Points) -> float:
    """Infinite where the arithmetic fails."""
    try:
        return criterion.at(place).value
    except NumericalError:
        return math.inf

"""Where to begin: the generalized linear model, then penalized quasi-likelihood on sums.

The GLM (u = 0) takes a few passes over the rows. Its working linear model, W-weighted, is a linear mixed model of which
the sums are kept: a scan and Newton on these sums give Sigma, beta and modes without a look at the rows (Breslow &
Clayton 1993), and so twice more from the modes found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, symmetric
from ..covariance.family import CovarianceFamily as Covariance
from ..covariance.point import Point
from ..covariance.points import Points
from ..criterion.profiled import At, Criterion
from ..factorization.blocked import EliminationEngine
from ..factorization.contract import Fixed, FixedNumbers
from ..optimize.search import local_minima, scanned
from ..optimize.trust_region import KEPT, first_radius, radii, trust_step
from .modes import RowResponses, RowState, row_state
from .weighted import WeightedStructure, solved

SCAN = (0.1, 0.3, 1.0, 3.0)
ENOUGH = 1e-2  # decrease promised by a step of the GLM, in units of its deviance, below which the start is good enough
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


@dataclass(frozen=True, eq=False)
class KnownScale(Criterion):
    """The deviance of a linear mixed model with sigma = 1, up to a constant."""

    def at(self, points: Iterable[Point]) -> At:
        place = Points(points)
        return KnownScaleAt(self, place, self.engine.factorize([point.template() for point in place]))

    def value(self, fixed: Fixed) -> float:
        d = float(self.deviance(fixed))
        if not math.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return d

    def deviance(self, fixed: Fixed | FixedNumbers) -> Any:
        return fixed.logdet_V + fixed.r2


@dataclass(frozen=True, eq=False)
class KnownScaleAt(At):
    """`At` with sigma = 1."""

    @property
    def s2(self) -> float:
        return 1.0

    @property
    def noise(self) -> float:
        return 1e-12 * (1 + abs(self.value))

    @cached_property
    def information(self) -> Array:
        """As of `At`, but that no scale is profiled out."""
        return symmetric(self.curvature + self._working[0])


def fit_glm(structure: WeightedStructure, responses: RowResponses) -> tuple[Array, RowState, int]:
    """beta without random effects, roughly: beta, the rows there, passes over the rows."""
    first = responses.first
    if first is None:
        raise NumericalError("the response leaves the domain of the link")
    away = first.W * (first.eta - responses.offset) - first.g
    beta = _scored(structure, first, structure.fixed_cross(away))
    at, passes = row_state(responses, responses.offset + structure.fixed(beta)), 2
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
        lower = row_state(at.responses, at.responses.offset + structure.fixed(trial))
        if lower is not None and at.D >= lower.D:
            return trial, lower
    return None


def working_engine(structure: WeightedStructure, at: RowState) -> EliminationEngine:
    """The sums of [Z X z] of the working linear model at eta, weights W: W z = W (eta - offset) - g."""
    eta = at.eta - at.responses.offset
    Wz, square = at.W * eta - at.g, 0.0
    if at.responses.family.has_scale:  # else a constant
        used = at.W > 0
        square = float(eta @ (Wz - at.g) + np.sum(at.g[used] ** 2 / at.W[used]))
    return structure.working(at.W, Wz, square)


def working_criterion(structure: WeightedStructure, at: RowState) -> Criterion:
    """The deviance of the working linear model, its scale profiled or known to be 1."""
    engine = working_engine(structure, at)
    return Criterion(engine, False) if at.responses.family.has_scale else KnownScale(engine, False)


def begin(structure: WeightedStructure, responses: RowResponses, covariances: Sequence[Covariance]) -> Start:
    """GLM, then penalized quasi-likelihood."""
    beta, glm, passes = fit_glm(structure, responses)
    start = None
    state: RowState | None = glm
    for _ in range(ROUNDS):
        if start is not None:
            state = row_state(responses, responses.offset + structure.fixed(start.beta) + structure.random(start.b))
            passes += 1
        if state is None:
            break
        criterion = working_criterion(structure, state)
        begun = _scanned(criterion, covariances) if start is None else start.points
        try:
            at, promised = _approached(criterion.at(begun))
        except NumericalError:
            break
        start = Start(at.points, at.factorization.fixed.beta, _modes(at), glm, passes)
        if promised <= CLOSE:
            break
    if start is None:
        points = Points(covariance.multiple(0.3) for covariance in covariances)
        return Start(points, beta, structure.zeros(), glm, passes)
    return replace(start, passes=passes)


def _approached(at: At) -> tuple[At, float]:
    """A few of Newton's steps, each kept if it leads down, the last asked for its value alone; what the first promised.

    After a step that no radius has shortened the next would gain less than another linearization; where a scale is
    profiled, only after one that promised little.
    """
    radius, first, known = float(first_radius(at.points.extent)), 0.0, isinstance(at.criterion, KnownScale)
    for number in range(STEPS):
        step, decrease, inside = trust_step(at.gradient, at.information, radius)
        first = first if number else decrease
        if known and decrease <= LITTLE:
            break
        trial = at.criterion.at(at.points.moved(step))
        ratio = (at.value - trial.value) / decrease if decrease > 0 else -1.0
        at = trial if ratio > KEPT else at
        if inside if known else decrease <= SMALL:
            break
        radius = float(radii(radius, math.hypot(*step.tolist()), ratio))
    return at, first


def _scanned(criterion: Criterion, covariances: Sequence[Covariance]) -> Points:
    def multiple(c: float) -> Points:
        return Points(covariance.multiple(c) for covariance in covariances)

    places = [multiple(c) for c in SCAN]
    values = criterion.values(places) or scanned(criterion.at, places)
    return places[local_minima(values)[0]]


def _modes(at: At) -> list[Array]:
    """b per factor (J, L)."""
    return [b[:, :, 0] for b in at.factorization.modes(at.v[:, None])[1]]

"""Rows of a generalized linear mixed model -> its optimum: start, joint Newton, certificate.

`fit_generalized` is the one entrance. `GeneralizedDevfun` is the criterion in the user's coordinates, which profiles,
bootstraps and other optimizers use; `GeneralizedOptimum` what is known where it is smallest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import ArgumentError, NumericalError
from ...families import Family
from ...numerics.linalg import Array, dot
from ..covariance.family import CovarianceFamily as Covariance
from ..covariance.point import VANISHED
from ..covariance.points import Points
from ..optimize.search import INTERIOR
from .doubt import other_starts
from .grouped import GroupedStructure, suited_structure
from .grouped_laplace import GroupedLaplace
from .joint_newton import ITERATIONS, JointDescent, descend
from .laplace import Laplace, LaplaceAt, Scale
from .modes import RowResponses
from .negative_binomial import likely_log_theta
from .place import Place
from .profiled_beta import Profiled
from .proof import certify, with_vanished
from .quadrature import Quadrature, QuadratureAt
from .solution import GeneralizedOptimum
from .start import Start, begin
from .user import At, GeneralizedDevfun
from .weighted import GlmRows, WeightedStructure, weighted_scaling
from .working_model import working_criterion

MOST_NODES = 100
LAPLACE = (None, "lme4", "observed")
ENDLESS = ("logit", "probit", "cloglog", "cauchit", "log")  # links whose eta has no end where data separate
LARGE = 1.5  # standard deviation of Zb under such a link from which separation may have made it
FAR = 20.0  # largest |X beta| of the same
OTHERS = (0.7, 1.7)  # multiples of I, in units of the working residual, that such a start is compared with
LAST_RESORTS = (0.3, 1.0, 0.03)  # multiples of I where the criterion has no value at the start


def fit_generalized(
    rows: GlmRows,
    family: Family,
    covariances: Sequence[Covariance],
    *,
    nAGQ: int = 1,
    laplace: str | None = None,
    free_shape: bool = False,
    steps: int = ITERATIONS,
) -> GeneralizedOptimum:
    """The optimum of the model of `rows`.

    rows         X, y, prior weights, offset and random terms
    family       of distributions, with its link
    covariances  one per random term
    nAGQ         0: beta with the modes; 1: Laplace; K > 1: K nodes in each dimension, terms of one factor
    laplace      "lme4": R's criterion; "observed": the exact Laplace approximation; None: R's without a scale, the
                 exact one with a scale, where R's is no likelihood
    free_shape   whether theta of a negative binomial family is estimated; `family` gives where it begins if not
    steps        largest number of Newton steps

    ArgumentError for what does not go together, NumericalError where no start has a value.
    """
    devfun = make_generalized_devfun(rows, family, covariances, nAGQ=nAGQ, laplace=laplace, free_shape=free_shape)
    return optimize_generalized(devfun, steps=steps)


def make_generalized_devfun(
    rows: GlmRows,
    family: Family,
    covariances: Sequence[Covariance],
    *,
    nAGQ: int = 1,
    laplace: str | None = None,
    free_shape: bool = False,
) -> GeneralizedDevfun:
    """Rows -> the criterion; arguments as `fit_generalized`."""
    _check(nAGQ, laplace)
    responses = _responses(rows, family)
    scaling = weighted_scaling(rows, _first_weights(responses))
    if free_shape and nAGQ > 1:
        raise ArgumentError(f"nAGQ={nAGQ} does not estimate the shape of a negative binomial: use nAGQ=1")
    observed = laplace == "observed" or (laplace is None and family.has_scale)
    scale: Scale = "none" if not family.has_scale else "lme4" if laplace == "lme4" else "exact"
    structure = suited_structure(rows, scaling)
    criterion = (Profiled if nAGQ == 0 else _suited_laplace)(structure, responses, observed, scale)
    return GeneralizedDevfun(Quadrature(criterion, nAGQ) if nAGQ > 1 else criterion, tuple(covariances), free_shape)


def _suited_laplace(structure: WeightedStructure, responses: RowResponses, observed: bool, scale: Scale) -> Laplace:
    if isinstance(structure, GroupedStructure):
        return GroupedLaplace(structure, responses, observed, scale)
    return Laplace(structure, responses, observed, scale)


def _check(nAGQ: int, laplace: str | None) -> None:
    if not 0 <= nAGQ <= MOST_NODES:
        raise ArgumentError(f"nAGQ={nAGQ!r}: wanted a whole number from 0 to {MOST_NODES}")
    if laplace not in LAPLACE:
        raise ArgumentError(f"laplace={laplace!r}: wanted None, 'lme4' or 'observed'")
    if nAGQ > 1 and laplace is not None:
        raise ArgumentError(f"laplace={laplace!r} has no effect with nAGQ={nAGQ}: leave it out")


def _first_weights(responses: RowResponses) -> Array:
    """W (n,) at means close to y."""
    if responses.first is not None:
        return responses.first.W
    family, y, w = responses.family, responses.y, responses.weights
    return family.rows(y, w, family.link(family.start_mu(y, w)))[2]


def _responses(rows: GlmRows, family: Family) -> RowResponses:
    weights = np.ones(rows.n) if rows.weights is None else np.asarray(rows.weights, float)
    offset = np.zeros(rows.n) if rows.offset is None else np.asarray(rows.offset, float)
    return RowResponses(np.asarray(rows.y, float), weights, offset, family)


def optimize_generalized(
    devfun: GeneralizedDevfun,
    near: GeneralizedOptimum | None = None,
    steps: int = ITERATIONS,
    *,
    par: Array | None = None,
    beta: Array | None = None,
) -> GeneralizedOptimum:
    """Minimize, from the model's own start or from the optimum of another response of the same model.

    par (k,) and beta (p,), in the user's units, take the place of what the model's own start has.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        return _optimum(devfun, near, steps, par, beta)


def optimize_from(devfun: GeneralizedDevfun, place: Place, steps: int = ITERATIONS) -> GeneralizedOptimum:
    """Minimize from a place in scaled coordinates, where beta is not profiled nor the criterion a quadrature."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _optimized(devfun, devfun.laplace.at(place), 0, steps)


def _optimum(
    devfun: GeneralizedDevfun, near: GeneralizedOptimum | None, steps: int, par: Array | None, beta: Array | None
) -> GeneralizedOptimum:
    if isinstance(devfun.criterion, Quadrature):
        return _by_quadrature(devfun, devfun.criterion, near, steps, par, beta)
    if near is not None:
        place = near.at.place if devfun.shapes else replace(near.at.place, shapes=np.zeros(0))
        beta = devfun.structure.scaling.R @ near.beta
        at, passes = _at(devfun, place, beta, near.laplace.modes.b), 0
    else:
        at, passes = _started(devfun)
        at = _begun_at(devfun, at, par, beta)
    return _optimized(devfun, at, passes, steps, doubted=near is None)


def _begun_at(devfun: GeneralizedDevfun, at: At, par: Array | None, beta: Array | None) -> At:
    """The start with what is given in place of its own."""
    if par is None and beta is None:
        return at
    x = devfun.coordinates(at)
    x[: devfun.k] = x[: devfun.k] if par is None else par
    if beta is not None:
        x[devfun.k : devfun.k + devfun.p] = beta
    return at.to(devfun.place(x))


def _by_quadrature(
    devfun: GeneralizedDevfun,
    criterion: Quadrature,
    near: GeneralizedOptimum | None,
    steps: int,
    par: Array | None,
    beta: Array | None,
) -> GeneralizedOptimum:
    """From the optimum of Laplace's criterion."""
    laplace = replace(devfun, criterion=criterion.laplace)
    first = _optimum(laplace, near, steps, par, beta)
    place = criterion.own(first.at.place)
    if criterion.scaled:
        place = replace(place, shapes=np.array([np.log(first.phi)]), limit=np.inf)
    at = QuadratureAt(criterion, first.laplace.to(place))
    last = _optimized(devfun, at, first.passes, steps)
    return replace(last, evaluations=last.evaluations + first.evaluations, gradients=last.gradients + first.gradients)


def _optimized(devfun: GeneralizedDevfun, at: At, passes: int, steps: int, doubted: bool = False) -> GeneralizedOptimum:
    runs = [_descended(devfun, at, steps)]
    best = _settled(runs[0])
    for other in other_starts(devfun, best) if doubted else ():
        try:
            runs.append(_descended(devfun, other, steps))
        except NumericalError:  # what was found stands, though nothing confirms it
            continue
        best = min(best, _settled(runs[-1]), key=_rank)
    if best.at.place.points.singular() and not certify(best, _laplace(best.at)).boundary_holds:
        inside = replace(best.at.place, points=best.at.place.points.floored(INTERIOR))
        runs.append(_descended(devfun, best.at.to(inside), steps))
        best = min(best, _settled(runs[-1]), key=lambda run: float(run.at.value))
    return GeneralizedOptimum(
        devfun,
        best.at,
        best.converged,
        best.message,
        sum(run.evaluations for run in runs) + (best is not runs[-1]),
        sum(run.gradients for run in runs),
        passes + sum(run.passes for run in runs),
        certify(best, _laplace(best.at)),
        best.trace,
        best,
    )


def _rank(run: JointDescent[At]) -> tuple[bool, float]:
    """What has ended comes before what has not."""
    return not run.converged, float(run.at.value)


def first_guess(devfun: GeneralizedDevfun) -> Array:
    """The coordinates x of the model's own start, where other optimizers may begin."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        at = _started(replace(devfun, criterion=devfun.laplace))[0]
        x = replace(devfun, criterion=devfun.laplace).coordinates(at)
    scaled = isinstance(devfun.criterion, Quadrature) and devfun.criterion.scaled
    return np.append(x, np.log(at.phi)) if scaled else x


def optimum_there(
    devfun: GeneralizedDevfun, at: At, converged: bool, message: str, evaluations: int, optimizer: str
) -> GeneralizedOptimum:
    """The record of an optimum that another optimizer found, its vanished deviations set to exact zeros."""
    none = np.zeros((at.place.size, at.place.size))
    run = _settled(JointDescent(at, none, converged, message, evaluations, 0, 0, (at.value,)))
    proof = certify(run, _laplace(run.at))
    return GeneralizedOptimum(
        devfun, run.at, converged, message, evaluations, 0, 0, proof, run.trace, run, found_by=optimizer
    )


def _descended(devfun: GeneralizedDevfun, at: At, steps: int) -> JointDescent[At]:
    """lme4's criterion with a scale is no likelihood, and the information none of it: differences instead."""
    differences = devfun.laplace.scale == "lme4"
    return descend(at, steps, differences, differences)


def _laplace(at: At) -> LaplaceAt:
    return at.laplace if isinstance(at, QuadratureAt) else at


def _settled(run: JointDescent[At]) -> JointDescent[At]:
    """Vanished standard deviations set to exact zeros, where the criterion does not mind."""
    if not run.at.place.points.singular():
        return run
    try:
        at = run.at.to(with_vanished(run.at.place, VANISHED))
        if at.value > run.at.value + max(run.at.noise, 1e-9):
            return run
    except NumericalError:
        return run
    return replace(run, at=at, correction=np.zeros_like(run.correction))


def _at(devfun: GeneralizedDevfun, place: Place, beta: Array, b: Sequence[Array]) -> At:
    """The criterion at a place; `beta` (of the scaled columns) is where that of a profiled one begins."""
    criterion = devfun.laplace
    if not isinstance(criterion, Profiled):
        return criterion.at(place, b)
    u = [each @ np.linalg.pinv(t).T for each, t in zip(b, criterion.templates(place), strict=True)]
    return criterion.begun(place, u, beta)


def _started(devfun: GeneralizedDevfun) -> tuple[At, int]:
    """The criterion where the descent begins, and the passes that it took."""
    criterion, responses = devfun.laplace, devfun.responses
    shapes = np.zeros(0)
    start = begin(criterion.structure, responses, devfun.covariances)
    passes = start.passes
    if devfun.free_shape:
        for _ in range(2):
            eta = responses.offset + criterion.structure.fixed(start.beta) + criterion.structure.random(start.b)
            shapes = np.array([likely_log_theta(responses, eta)])
            responses = replace(responses, family=responses.family.with_theta(float(np.exp(shapes[0]))))
            start = begin(criterion.structure, responses, devfun.covariances)
            passes += start.passes
    return _best_start(devfun, start, shapes), passes


def _deviation(values: Array) -> float:
    """Standard deviation, in two products."""
    n, total = len(values), float(np.add.reduce(values))
    return math.sqrt(max(dot(values, values) - total * total / n, 0.0) / n)


def _best_start(devfun: GeneralizedDevfun, start: Start, shapes: Array) -> At:
    """The criterion at the start, or at multiples of I where it has none, or where separation may have made it."""
    structure = devfun.structure

    def tried(points: Points, beta: Array, b: Sequence[Array]) -> At | None:
        place = Place(points, beta if devfun.p else np.zeros(0), shapes)
        try:
            at = _at(devfun, place, beta, b)
            return at if np.isfinite(at.value) else None
        except NumericalError:
            return None

    def at_multiple(c: float) -> At | None:
        points = Points.multiple(devfun.covariances, c)
        try:
            beta, b = working_criterion(structure, start.glm).at(points).effects()
        except NumericalError:
            beta, b = start.beta, structure.zeros()
        return tried(points, beta, b)

    first = tried(start.points, start.beta, start.b)
    large = devfun.responses.family.link.name in ENDLESS and (
        _deviation(structure.random(start.b)) > LARGE
        or float(np.maximum.reduce(np.abs(structure.fixed(start.beta)), initial=0.0)) > FAR
    )
    others = [at_multiple(c) for c in (OTHERS if large else LAST_RESORTS if first is None else ())]
    found = [at for at in (first, *others) if at is not None]
    if not found:
        raise NumericalError("the criterion has no finite value at any start")
    return min(found, key=lambda at: float(at.value))

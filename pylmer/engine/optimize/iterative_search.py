"""theta by the iterative engine: how hard it must try, where the search begins, and how exact the answer is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...numerics.linalg import Array
from ..covariance.covariances import Covariances
from ..covariance.points import Points
from ..criterion.profiled import At, Criterion
from ..factorization.absorbed import AbsorbedEngine
from ..factorization.iterative.engine import IterativeEngine, IterativeFactorization, IterativePlan
from ..factorization.iterative.log_determinant import Estimate
from ..factorization.scalars import ScalarsEngine
from ..sums.moments import moment_ratios
from .score_search import score_descent

# Probes, directions that are deflated besides the intercepts, and the Monte-Carlo error of theta, in standard errors,
# that is left alone; the fewer the probes, the less they know their own error.
ABSORBED_PROBES = 20  # where a wide factor is absorbed
EFFORTS = (5, 0, 0.001), (20, 0, 0.003), (20, 32, 0.003), (80, 32, np.inf)


def beginning(criterion: Criterion, covariances: Covariances) -> Points:
    """Where a search begins: the estimate from moments."""
    ratios = moment_ratios(criterion.gram)
    return covariances.multiple(1.0 if ratios is None else ratios)


def prepared(criterion: Criterion, covariances: Covariances, seed: int) -> Criterion:
    """The criterion whose engine tries as hard as theta needs, judged where the search begins."""
    engine = criterion.engine
    assert isinstance(engine, IterativeEngine)  # no other is prepared
    start = beginning(criterion, covariances)
    for k, width, enough in EFFORTS:
        engine = engine.seeded(seed, k)
        if width and not engine.deflates:
            engine = engine.deflating(_factorization(criterion.at(start)), width)
        criterion = replace(criterion, engine=engine)
        if relative_error(criterion.at(start)) <= enough:
            break
    return criterion


def estimated_start(criterion: Criterion, covariances: Covariances) -> Points | None:
    """theta of an exact engine's sums by the iterative one, None where it does not arrive at one."""
    own = criterion.engine
    if isinstance(own, AbsorbedEngine):
        absorbing = own.estimating(
            IterativePlan.of(own.extended.gram.incidence, k=ABSORBED_PROBES).fill(own.extended.gram)
        )
        run = score_descent(replace(criterion, engine=absorbing).at, beginning(criterion, covariances))
        return run.at.place if run.converged else None
    known = own.plan if isinstance(own, ScalarsEngine) else None  # else a chain beside crossed scalars
    incidence = criterion.gram.incidence
    plan = IterativePlan.of(incidence) if known is None else IterativePlan.seeded(incidence, known.C, known.A)
    engine = plan.fill(criterion.gram)
    estimated = prepared(replace(criterion, engine=engine), covariances, 0)
    run = score_descent(estimated.at, beginning(criterion, covariances))
    return run.at.place if run.converged else None


def theta_covariance(at: At) -> Array:
    """Monte-Carlo covariance of the parameters (k, k) at a root of the estimated score, in local coordinates."""
    order = [at.gram.place[term][0] for term in range(len(at.place))]
    slopes = np.array([float(point.tangents()[0, 0, 0]) for point in at.place])
    score = _factorization(at).spread()[np.ix_(order, order)] * np.outer(slopes, slopes)
    return _between(at.information, score)


def relative_error(at: At) -> float:
    """The largest Monte-Carlo error of a parameter, in standard errors: sqrt(2 H^-1) from the information."""
    variance = 2 * np.diag(np.linalg.pinv(at.information))
    own = np.diag(theta_covariance(at))
    return float(np.sqrt(np.max(own / np.where(variance > 0, variance, np.inf), initial=0.0)))


def criterion_estimate(at: At) -> Estimate:
    """The criterion and its Monte-Carlo standard error, which is that of log|V|."""
    return Estimate(at.value, _factorization(at).remainder.estimated_logdet.se)


def _factorization(at: At) -> IterativeFactorization:
    assert isinstance(at.factorization, IterativeFactorization)  # no other has an error to tell
    return at.factorization


def _between(information: Array, score: Array) -> Array:
    inverse = np.linalg.pinv(information)
    return np.asarray(inverse @ score @ inverse)

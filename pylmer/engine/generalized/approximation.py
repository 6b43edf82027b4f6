"""How far Laplace's approximation is from the integral, in standard errors (glmm.md section 7.2).

One evaluation of the quadrature at Laplace's optimum and one Newton step with the known Hessian H say where the optimum
of the integral lies: -H^-1 g, g the quadrature's score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...numerics.linalg import Array
from .laplace import LaplaceAt
from .quadrature import Quadrature, QuadratureAt
from .solution import GeneralizedOptimum

NODES = {1: 15, 2: 9, 3: 5}  # in each dimension, by the number of columns on the factor
DOUBTFUL = 0.3  # standard errors from which the approximation should be said to matter


@dataclass(frozen=True, eq=False)
class Approximation:
    """What a quadrature says about an optimum of Laplace's criterion.

    available  whether there is one;  reason says why not
    nodes      in each dimension
    steps      per coordinate of `GeneralizedOptimum.x`, how far the optimum of the integral is off, in standard errors;
               NaN where a direction has vanished
    """

    available: bool
    reason: str = ""
    nodes: int = 0
    steps: Array | None = None

    @property
    def largest(self) -> float:
        """The largest of `steps`, 0 where there are none."""
        return 0.0 if self.steps is None else float(np.nanmax(np.abs(self.steps), initial=0.0))

    @property
    def doubtful(self) -> bool:
        """Whether it is off by more than DOUBTFUL standard errors: use nAGQ > 1."""
        return self.largest > DOUBTFUL


def approximation(optimum: GeneralizedOptimum) -> Approximation:
    """The certificate of the approximation; NumericalError if the Hessian is not positive definite."""
    reason = _unavailable(optimum)
    if reason:
        return Approximation(False, reason)
    at = optimum.laplace
    count = NODES[optimum.devfun.structure.factors[0].L]
    score = _score(at, count)
    free = at.place.free
    covariance = 0.5 * optimum.free_covariance
    step = np.zeros(len(free))
    step[free] = -covariance @ score[free]
    error = np.full(len(free), np.nan)
    error[free] = np.sqrt(2 * np.diag(covariance))
    return Approximation(True, nodes=count, steps=_in_standard_errors(optimum, step, error))


def _score(at: LaplaceAt, count: int) -> Array:
    """The quadrature's score at Laplace's optimum, phi profiled as there: dlog phi = d(D + |u|^2) / (n phi)."""
    if at.criterion.scale == "none":
        return QuadratureAt(Quadrature(at.criterion, count), at).gradient
    with_phi = replace(at, place=replace(at.place, shapes=np.array([np.log(at.phi)]), limit=np.inf))
    full = QuadratureAt(Quadrature(at.criterion, count), with_phi).gradient
    return np.asarray(full[:-1] + full[-1] * at.scale_slopes / at.responses.counted)


def _unavailable(optimum: GeneralizedOptimum) -> str:
    factors = optimum.devfun.structure.factors
    if len(factors) > 1:
        return "several grouping factors"
    if factors[0].L not in NODES:
        return f"{factors[0].L} random effects of each group"
    if optimum.devfun.laplace.scale == "lme4":
        return "a criterion that is no likelihood"
    if optimum.devfun.free_shape:
        return "a shape that is estimated"
    if not isinstance(optimum.at, LaplaceAt) or not optimum.devfun.p:
        return "not an optimum of Laplace's criterion"
    if any(point.root_directions() is None for point in optimum.at.place.points):
        return "a structure that quadrature does not know"
    return ""


def _in_standard_errors(optimum: GeneralizedOptimum, step: Array, error: Array) -> Array:
    """Steps of the user's coordinates over their standard errors, of local ones where a direction has vanished."""
    if not np.isfinite(error).all():
        k, p = optimum.at.place.k, optimum.devfun.p
        back = optimum.devfun.structure.scaling.inverse
        of_beta = back @ step[k : k + p] / np.sqrt(np.diag(optimum.vcov))
        return np.concatenate([np.full(optimum.devfun.k, np.nan), of_beta])
    back = np.linalg.inv(optimum.devfun.jacobian(optimum.at.place))
    return np.asarray(back @ step / np.sqrt(np.diag(optimum.vcov_x)))

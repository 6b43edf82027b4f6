"""criterion_curve of a fit of glmer: -2 log L over the standard deviation of the effects, all else estimated there.

As theta grows, log|M| of Laplace's approximation grows by log theta^2 for each level that has a finite estimate of its
own, and the rest tends to

    min over beta of  -2 log f(y | beta, own estimates given beta) + sum_j log A_j,    A_j = Z_j'W Z_j there,

no more than its value at no pooling. Levels without a finite estimate add what grows more slowly than any multiple of
log theta^2, and for ever: then there is no constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.generalized.joint_newton import ITERATIONS, descend
from ..engine.generalized.quadrature import Quadrature
from ..engine.generalized.user import At
from ..errors import ArgumentError, NumericalError
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.linalg import Array
from .estimates import positions_of
from .fixed_theta import CriterionCurve, criterion_curve, increasing
from .generalized import pooled

POINTS = 61  # of the curve
FAR = (10.0, 1e2, 1e3, 1e4)  # multiples of the optimum by which the limit is reached
REACH = 30.0  # how far it goes on either side of the optimum


@criterion_curve.register(GeneralizedFittedModel)
def criterion_curve_generalized(fit: GeneralizedFittedModel, theta: Any = None) -> CriterionCurve:
    """`criterion_curve` for a fit of `glmer`: -2 log L over theta, of a family without scale the standard deviation.

    theta  increasing numbers; None: 61 from a thirtieth to thirty times the optimum, as far as the criterion has a
           value there: it goes on from point to point, and begins again at the optimum
    """
    if len(fit.par) != 1:
        names = ", ".join(fit.covariances.names)
        raise ArgumentError(
            f"the criterion is a curve where there is one theta; this model has {len(fit.par)}: {names}"
        )
    best, complete = float(fit.par[0]), held(fit, 0.0, fit.optimum.at).value
    grid = _grid(fit, best) if theta is None else increasing(theta)
    value = _along(fit, grid, best, theta is None)
    known = np.isfinite(value)
    slope, constant = _asymptote(fit, best)
    return CriterionCurve(
        theta=grid[known],
        value=value[known],
        group=fit.design.random[0].group,
        name="-2 log L",
        at=best,
        lowest=float(fit.optimum.value),
        complete=complete,
        slope=slope,
        constant=constant,
        relative=fit.scaled,
    )


def held(fit: GeneralizedFittedModel, theta: float, near: At) -> At:
    """The criterion with theta held, minimized over beta and the shape of the family, from a place near."""
    devfun = fit.devfun
    x = np.concatenate([[theta], devfun.coordinates(near)[1:]])
    at = devfun.at(x, near=near)
    others = np.eye(at.place.size)[:, at.place.k :]
    if not others.shape[1]:
        return at
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return descend(at, ITERATIONS, directions=others).at


def _grid(fit: GeneralizedFittedModel, best: float) -> Array:
    """Thetas about the optimum, or, where that is zero, about the one at which an average level counts half."""
    if best > 0:
        return np.geomspace(best / REACH, best * REACH, POINTS)
    (sums,) = fit.gram.factors
    middle = 1 / (fit.gram.scaling.R_terms[0][0, 0] * float(np.sqrt(sums.ZtZ.mean())))
    return np.geomspace(middle / REACH, middle * REACH, POINTS)


def _along(fit: GeneralizedFittedModel, grid: Array, best: float, lenient: bool) -> Array:
    """The criterion at each theta, from the optimum outwards; where it has none, NaN from there on if `lenient`."""
    value = np.full(len(grid), np.nan)
    above = int(np.searchsorted(grid, best))
    for order in (range(above, len(grid)), range(above - 1, -1, -1)):
        near = fit.optimum.at
        for k in order:
            try:
                near = held(fit, float(grid[k]), near)
            except NumericalError:
                if not lenient:
                    raise
                break
            value[k] = near.value
    return value


def _asymptote(fit: GeneralizedFittedModel, best: float) -> tuple[int, float]:
    """How many levels grow with log theta^2, and the constant beside it; NaN where there is none."""
    found = pooled(fit, positions_of(fit, None))
    levels = int(np.count_nonzero(found.none.known))
    quadrature = isinstance(fit.devfun.criterion, Quadrature)
    if found.led.moved.any() or quadrature or fit.family.has_scale or fit.free_shape or not best:
        return levels, float("nan")
    at = fit.optimum.at
    for step in FAR:
        at = held(fit, step * best, at)
    return levels, float(at.value) - 2 * levels * float(np.log(FAR[-1] * best))

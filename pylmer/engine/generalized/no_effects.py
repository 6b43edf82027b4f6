"""The criterion with all covariances at zero, minimized over the fixed effects and the shape: no random effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..covariance.points import Points
from .joint_newton import ITERATIONS, descend
from .solution import GeneralizedOptimum


def without_effects(optimum: GeneralizedOptimum, steps: int = ITERATIONS) -> float:
    """The lowest value with Sigma = 0, the same criterion as at the optimum; NumericalError where there is none.

    With Sigma = 0 nothing is approximated: without a scale, and with it in the exact criterion, this is -2 log L of the
    generalized linear model, its scale by maximum likelihood.
    """
    devfun, place = optimum.devfun, optimum.at.place
    zero = Points([covariance.multiple(0.0) for covariance in devfun.covariances])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        at = optimum.at.to(replace(place, points=zero))
        if not place.size > place.k:
            return float(at.value)
        return float(descend(at, steps, directions=np.eye(place.size)[:, place.k :]).at.value)

"""log theta of a negative binomial family as one more coordinate: score and information.

    dd/dlog theta = d(-2 log f)/dlog theta + h'dA/dlog theta - (Zs)'dg/dlog theta

at fixed eta, with h the leverages and s = K_O Z'c of `laplace` (glmm.md section 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from ...errors import ArgumentError
from ...families.counts import NegativeBinomial, ThetaSlope
from ...numerics.linalg import Array

if TYPE_CHECKING:
    from .modes import RowResponses

LIMITS = (-5.0, 23.0)  # of the log theta at which a search begins: at the upper one the family is Poisson's
STEP = 1e-4  # of log theta, for the second derivative of the likelihood at fixed eta


def theta_slope(responses: RowResponses, eta: Array, log_theta: float) -> ThetaSlope:
    """What moves with log theta at fixed eta; ArgumentError for a family without a shape."""
    family = responses.family.with_theta(float(np.exp(log_theta)))
    if not isinstance(family, NegativeBinomial):
        raise ArgumentError(f"{family.name} has no shape to estimate: free_shape is for negative binomial families")
    return family.theta_slope(responses.y, responses.weights, eta)


def gradient(
    responses: RowResponses, eta: Array, log_theta: float, leverages: Array, Zs: Array, observed: bool
) -> Array:
    """(1,), of leverages h and Zs (n,); `observed` says which information A of the rows log|M| is taken with."""
    slope, g, W, O = theta_slope(responses, eta, log_theta)  # noqa: E741
    A = O if observed else W
    return np.array([slope + leverages @ A - Zs @ g])


def information(responses: RowResponses, eta: Array, log_theta: float) -> Array:
    """The second derivative of -2 log f at fixed eta, kept positive: (1, 1). For stepping only."""
    slopes = [theta_slope(responses, eta, log_theta + h).minus2loglik for h in (-STEP, STEP)]
    return np.array([[max(abs(slopes[1] - slopes[0]) / (2 * STEP), 1e-3)]])


def likely_log_theta(responses: RowResponses, eta: Array) -> float:
    """log theta that makes the data likeliest at fixed eta, within LIMITS; by halving the slope's bracket."""

    def slope(log_theta: float) -> float:
        return theta_slope(responses, eta, log_theta).minus2loglik

    low, high = LIMITS
    if slope(low) >= 0:
        return low
    if slope(high) <= 0:
        return high
    return float(brentq(slope, low, high, xtol=1e-3))

"""The asymptotic covariance of the variance parameters psi = (theta, log sigma) at an optimum.

theta are local coordinates of the relative covariances, in which a singular fit is an ordinary point; sigma is not
profiled out. The covariance is twice the inverse of the observed Hessian of the criterion d(theta, log sigma).
"""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array, symmetric
from ..criterion.profiled import At
from .distant_response import differenced_hessian
from .information import observed_information

FLAT = 1e-8  # curvature, relative to that of each parameter alone, below which a combination is not determined


def parameter_covariance(at: At) -> Array:
    """2 H^-1 on the combinations of (theta, log sigma) that the data determine: (k + 1, k + 1)."""
    return 2 * inverse(hessian(at))


def hessian(at: At) -> Array:
    """Observed Hessian of d(theta, log sigma): (k + 1, k + 1), from the profiled one (engine.md section 5).

    Differentiating d(theta, sigma) = log|V| (+ log|X'V^-1X|) + m log sigma^2 + r2/sigma^2 twice at its minimum.
    """
    observed = differenced_hessian if at.criterion.engine.far else observed_information
    profiled = observed(at.criterion.at, at)
    r2_a, m, s2 = at.r2_slopes, at.criterion.m, at.s2
    corner = np.array([[4.0 * m]])
    side = -2 * r2_a[:, None] / s2
    return np.block([[profiled + np.outer(r2_a / s2, r2_a / s2) / m, side], [side.T, corner]])


def flat_directions(H: Array) -> Array:
    """Columns (k + 1, m): combinations that the data do not determine, one step of a parameter alone long."""
    values, vectors, scale = _scaled(H)
    return np.asarray(vectors[:, values <= FLAT] / scale[:, None])


def _scaled(H: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues and vectors of H with ones on the diagonal, and what it was scaled by."""
    scale = np.sqrt(np.where(np.diag(H) > 0, np.diag(H), 1.0))
    return *np.linalg.eigh(symmetric(H / np.outer(scale, scale))), scale


def inverse(H: Array) -> Array:
    """H^-1 on the combinations that the data determine."""
    values, vectors, scale = _scaled(H)
    kept = values > FLAT
    half = vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None]
    return np.asarray(half @ half.T)

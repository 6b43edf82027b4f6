"""The asymptotic covariance of the variance parameters psi = (theta, log sigma) at an optimum.

theta are local coordinates of the relative covariances, in which a singular fit is an ordinary point; sigma is not
profiled out. The covariance is twice the inverse of the observed Hessian of the criterion d(theta, log sigma).
"""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array, symmetric, transposed
from ..criterion.deviance import with_log_sigma
from ..criterion.profiled import At
from .distant_response import differenced_hessian
from .information import observed_information

FLAT = 1e-8  # curvature, relative to that of each parameter alone, below which a combination is not determined


def parameter_covariance(at: At) -> Array:
    """2 H^-1 on the combinations of (theta, log sigma) that the data determine: (k + 1, k + 1)."""
    return 2 * inverse(hessian(at))


def hessian(at: At) -> Array:
    """Observed Hessian of d(theta, log sigma): (k + 1, k + 1), from the profiled one (engine.md section 5)."""
    observed = differenced_hessian if at.criterion.engine.far else observed_information
    return with_log_sigma(observed(at.criterion.at, at), at.r2_slopes, at.s2, at.criterion.m)


def flat_directions(H: Array) -> Array:
    """Columns (..., k + 1, k + 1): combinations that the data do not determine, one step of a parameter alone long.

    Zero for those that they do.
    """
    values, vectors, scale = _scaled(H)
    return np.asarray(np.where((values <= FLAT)[..., None, :], vectors, 0.0) / scale[..., :, None])


def _scaled(H: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues and vectors of H with ones on the diagonal, and what it was scaled by."""
    diagonal = np.diagonal(H, axis1=-2, axis2=-1)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return *np.linalg.eigh(symmetric(H / (scale[..., :, None] * scale[..., None, :]))), scale


def inverse(H: Array) -> Array:
    """H^-1 (..., k + 1, k + 1) on the combinations that the data determine."""
    values, vectors, scale = _scaled(H)
    kept = values > FLAT
    size = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    half = vectors * size[..., None, :] / scale[..., :, None]
    return np.asarray(half @ transposed(half))

"""Deviance and REML criterion as functions of what a factorization gives, with their derivatives: the formula, once.

With m = n for ML and n - p for REML, L = log|V|, plus log|X'V^-1X| for REML, and r2 the penalized residual sum of
squares,

    d = L + m (log(2 pi) + log sigma^2) + r2 / sigma^2 .

Its minimum over sigma^2 is at s2 = r2 / m (Bates, Maechler, Bolker & Walker 2015, section 3; Harville 1977). Subscripts
being derivatives in parameters of the covariances, the joint Hessian of d in these and log sigma is

    [ L_ab + r2_ab / s2    -2 r2_a / s2 ]
    [    -2 r2_b / s2        4 r2 / s2  ] ,

and profiling sigma out takes from its first block what is right of it, squared, over the corner.

Numbers may be those of one criterion, or arrays of many runs, which then lead: r2 (r,), L_a (r, k), L_ab (r, k, k).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...numerics.linalg import Array

EPS = float(np.finfo(float).eps)
ROUNDING = 16 * EPS  # a residual this small, relative to the response, is rounding
LOG_2PI = math.log(2 * math.pi)


def degrees(n: Any, p: int, REML: bool) -> Any:
    """m: n for ML, n - p for REML."""
    return n - p if REML else n


def log_determinants(logdet_V: Any, logdet_XtVX: Any, REML: bool) -> Any:
    """L."""
    return logdet_V + logdet_XtVX if REML else logdet_V


def deviance(L: Any, r2: Any, m: Any) -> Any:
    """d at the best sigma: the ML deviance or the REML criterion."""
    return L + m * (1 + np.log(2 * math.pi * r2 / m))


def deviance_at(L: Any, r2: Any, m: Any, log_sigma: Any) -> Any:
    """d at a given sigma."""
    return L + m * (LOG_2PI + 2 * log_sigma) + r2 * np.exp(-2 * log_sigma)


def slope(L_a: Any, r2_a: Any, s2: Any) -> Any:
    """d_a = L_a + r2_a / s2, in any shape behind that of the runs."""
    return L_a + _over(r2_a, s2)


def log_sigma_slope(r2: Any, m: Any, s2: Any) -> Any:
    """The derivative in log sigma."""
    return 2 * m - 2 * r2 / s2


def curvature(L_ab: Any, r2_ab: Any, s2: Any) -> Any:
    """L_ab + r2_ab / s2: d_ab with sigma held."""
    return L_ab + _over(r2_ab, s2)


def profiling(r2_a: Array, s2: Any, m: Any) -> Array:
    """What profiling sigma out takes from second derivatives: (..., k, k) for r2_a (..., k)."""
    slopes = _over(r2_a, s2)
    return np.asarray(_over(slopes[..., :, None] * slopes[..., None, :], m))


def joint_hessian(held: Array, r2_a: Array, r2: Any, s2: Any) -> Array:
    """Second derivatives (..., k + 1, k + 1) in log sigma too, from those with sigma held (..., k, k)."""
    k = r2_a.shape[-1]
    out = np.empty((*r2_a.shape[:-1], k + 1, k + 1))
    out[..., :k, :k] = held
    out[..., :k, k] = out[..., k, :k] = -2 * _over(r2_a, s2)
    out[..., k, k] = 4 * r2 / s2
    return out


def with_log_sigma(profiled: Array, r2_a: Array, s2: Any, m: Any) -> Array:
    """Second derivatives (..., k + 1, k + 1) in log sigma too, from the profiled ones (..., k, k)."""
    return joint_hessian(profiled + profiling(r2_a, s2, m), r2_a, m * s2, s2)


def leaves_nothing(r2: Any, y_square: Any) -> Any:
    """Whether what is left of a response, whose sum of squares was y_square, is rounding or nothing."""
    return np.logical_not(r2 > ROUNDING**2 * y_square)


def noise(value: Any, m: Any, lost: Any) -> Any:
    """How far rounding may move the criterion; `lost` is the relative error of r2 in units of EPS (engine.md 2h)."""
    return 8 * EPS * (abs(value) + m * lost)


def _over(A: Any, s2: Any) -> Any:
    """A (r, ...) / s2 (r,), or by one number."""
    return A / s2 if getattr(s2, "ndim", 0) == 0 else A / s2.reshape(s2.shape + (1,) * (A.ndim - s2.ndim))

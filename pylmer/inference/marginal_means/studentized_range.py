"""The studentized range: how far the largest of several independent means lies above the smallest, in units of sigma.

With R the range of k standard normal variables and s an independent estimate of their standard deviation,

    P(R <= w) = k int phi(z) [Phi(z) - Phi(z - w)]^(k-1) dz,   P(R / s <= q) = int f(s) P(R <= q s) ds,

df s^2 being chi-square with df degrees of freedom (Copenhaver & Holland 1988, J. Statist. Comput. Simul. 30). Both
integrals are done by Gauss-Legendre quadrature, good to 1e-10. k need not be whole: `dunnett_like` makes use of that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from ...numerics.distributions import student_two_sided
from ...numerics.linalg import Array

NODES = 120  # of each integral
EDGE = 9.0  # beyond which a normal variable is not found,
WIDEST = 13.0  # and beyond which the range of some is not
TAIL = 1e-16  # probability left out at either end of s
MANY = 1e7  # degrees of freedom from which on s is 1


@lru_cache(maxsize=1)
def _nodes() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(NODES)


def range_probability(w: Array, k: float) -> Array:
    """P(R <= w) for w >= 0, elementwise."""
    x, weight = _nodes()
    z = EDGE * x
    inside = np.maximum(special.ndtr(z) - special.ndtr(z - np.asarray(w)[..., None]), 0.0)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(k * EDGE * np.sum(weight * density * inside ** (k - 1), axis=-1))


def studentized_range_upper(q: float, k: float, df: float) -> float:
    """P(R / s > q) for k means and df degrees of freedom, which may be infinite.

    >>> round(studentized_range_upper(3.506426, 3, 20), 6)
    0.055383
    """
    if np.isnan(q) or np.isnan(df):
        return float("nan")
    if q <= 0:
        return 1.0
    if df >= MANY:
        return max(1 - float(range_probability(np.array(q), k)), 0.0)
    low, high = (float(np.sqrt(special.chdtri(df, p) / df)) for p in (1 - TAIL, TAIL))
    high = min(high, WIDEST / q)
    if high <= low:
        return 0.0
    x, weight = _nodes()
    u = (x + 1) / 2  # s = low + (high - low) u^2 has its nodes where the density may be steep
    s = low + (high - low) * u**2
    log_density = np.log(2 * df * s) + (df / 2 - 1) * np.log(df * s**2 / 2) - df * s**2 / 2
    density = np.exp(log_density - special.gammaln(df / 2) - np.log(2))
    beyond = 1 - range_probability(q * s, k)
    return float(np.clip(np.sum(weight * u * (high - low) * density * beyond), 0.0, 1.0))


def tukey_upper(t: float, k: float, df: float) -> float:
    """P(one of the k (k - 1) / 2 differences of independent means has |t| above this)."""
    return studentized_range_upper(abs(t) * np.sqrt(2), k, df)


def dunnett_like_upper(t: float, m: int, df: float) -> float:
    """P(one of m estimates has |t| above this) as R's emmeans approximates it for comparisons with a control.

    A mixture of the probability for k means that have m = k (k - 1) / 2 differences, with weight 1 - 1 / m, and of that
    for m independent estimates. Found by comparing emmeans' answers with candidates; it agrees to all digits.
    """
    independent = at_least_one(float(student_two_sided(t, df)), m)
    return float((1 - 1 / m) * tukey_upper(t, (1 + np.sqrt(1 + 8 * m)) / 2, df) + independent / m)


def at_least_one(p: float, m: int) -> float:
    """1 - (1 - p)^m, also for very small p."""
    return float(-np.expm1(m * np.log1p(-p))) if p < 1 else 1.0


def critical(upper: Callable[[float], float], level: float) -> float:
    """t that is passed with probability 1 - level, where `upper(t)` is the probability of passing t."""
    high = 4.0
    while upper(high) > 1 - level:
        high *= 2
    return float(optimize.brentq(lambda t: upper(t) - (1 - level), 0.0, high, xtol=1e-12, rtol=1e-12))

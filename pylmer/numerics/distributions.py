"""Tail areas and quantiles of t and F, from scipy.special: importing scipy.stats takes a quarter of a second."""

from __future__ import annotations

import numpy as np
from scipy import special

from .linalg import Array


def student_two_sided(t: Array | float, df: Array | float) -> Array:
    """P(|T| > |t|) for T with df degrees of freedom, which may be infinite.

    >>> float(student_two_sided(2.0, 10).round(6))
    0.073388
    """
    df = np.asarray(df, float)
    return np.asarray(2 * np.where(np.isinf(df), special.ndtr(-np.abs(t)), special.stdtr(df, -np.abs(t))))


def student_quantile(p: float, df: Array | float) -> Array:
    """The p-quantile of t with df degrees of freedom, which may be infinite.

    >>> float(student_quantile(0.975, 10).round(6))
    2.228139
    """
    df = np.asarray(df, float)
    return np.asarray(np.where(np.isinf(df), special.ndtri(p), special.stdtrit(df, p)))


def two_sided_quantile(level: float, df: Array | float) -> Array:
    """Standard errors between an estimate and the limits of its t interval; NaN without degrees of freedom.

    >>> float(two_sided_quantile(0.95, 10).round(6))
    2.228139
    """
    return student_quantile((1 + level) / 2, df)


def two_sided_quantiles(level: float, df: Array) -> Array:
    """The same for many groups (J,), of which few differ in their degrees of freedom.

    >>> two_sided_quantiles(0.95, np.array([10, 10, 5])).round(6)
    array([2.228139, 2.228139, 2.570582])
    """
    different, place = np.unique(df, return_inverse=True)
    return two_sided_quantile(level, different)[place]


def student_log_density(y: Array, df: Array | float, mean: Array, scale: Array) -> Array:
    """Logarithm of the density of mean + scale T at y, T with df degrees of freedom, which may be infinite (normal).

    >>> float(student_log_density(0.0, np.inf, 0.0, 1.0).round(6)), float(student_log_density(1, 3, 0.0, 2.0).round(5))
    (-0.918939, -1.85412)
    """
    df = np.asarray(df, float)
    finite = np.where(np.isinf(df), 1.0, df)
    with np.errstate(divide="ignore", invalid="ignore"):  # a scale of zero
        square = ((np.asarray(y) - mean) / scale) ** 2
        tails = special.gammaln((finite + 1) / 2) - special.gammaln(finite / 2) - 0.5 * np.log(finite * np.pi)
        student = tails - (finite + 1) / 2 * np.log1p(square / finite)
        normal = -0.5 * (square + np.log(2 * np.pi))
        return np.asarray(np.where(np.isinf(df), normal, student) - np.log(scale))


def f_upper(F: float, numerator: float, denominator: float) -> float:
    """P(X > F) for X with the two degrees of freedom; the denominator may be infinite.

    >>> round(f_upper(3.0, 2, 10), 6)
    0.095367
    """
    if np.isinf(denominator):
        return chisquare_upper(F * numerator, numerator)
    return float(special.fdtrc(numerator, denominator, F))


def chisquare_upper(x: float, df: float) -> float:
    """P(X > x) for chi-square with df degrees of freedom.

    >>> round(chisquare_upper(3.841459, 1), 6)
    0.05
    """
    return float(special.chdtrc(df, x))

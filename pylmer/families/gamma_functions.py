"""Logarithms of the gamma function and its slopes without their leading terms, exact where these cancel.

log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + stirling(x). From x = 15 on by the asymptotic series (Abramowitz &
Stegun 6.1.41, 6.3.18, 6.4.12), whose first terms left out are below 1e-17; below it by the functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from ..numerics.linalg import Array

FROM = 15.0
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)  # of x^-1, x^-3, ...
DIGAMMA = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760)  # of x^-2, x^-4, ...
TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)  # of x^-2, x^-4, ...
NEAR = 0.01


def stirling(x: Array) -> Array:
    """log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2], x > 0."""
    half = 0.5 * np.log(2 * np.pi)
    return _split(
        x, lambda x: special.gammaln(x) - (x - 0.5) * np.log(x) + x - half, lambda x: x * _series(x, STIRLING)
    )


def digamma_less_log(x: Array) -> Array:
    """psi(x) - log x, x > 0."""
    return _split(x, lambda x: special.digamma(x) - np.log(x), lambda x: -0.5 / x + _series(x, DIGAMMA))


def trigamma_excess(x: Array) -> Array:
    """x psi'(x) - 1, x > 0."""
    return _split(x, lambda x: x * special.polygamma(1, x) - 1, lambda x: 0.5 / x + _series(x, TRIGAMMA))


def fraction_less_log1p(z: Array) -> Array:
    """z / (1 + z) - log(1 + z), z > -1: with x = -z / (1 + z) it is log(1 + x) - x, where small from its series."""
    x = -z / (1 + z)
    small = np.abs(x) < NEAR
    s = np.where(small, x, 0.0)
    series = -s * s * (1 / 2 - s * (1 / 3 - s * (1 / 4 - s * (1 / 5 - s * (1 / 6 - s * (1 / 7 - s / 8))))))
    return np.where(small, series, -x - np.log1p(z))


def _series(x: Array, coefficients: tuple[float, ...]) -> Array:
    """c_1 / x^2 + c_2 / x^4 + ..."""
    square, sum_ = 1 / (x * x), np.zeros_like(x)
    for c in reversed(coefficients):
        sum_ = (sum_ + c) * square
    return sum_


def _split(x: Array, near: Callable[[Array], Array], far: Callable[[Array], Array]) -> Array:
    x = np.asarray(x, float)
    small = x < FROM
    return np.where(small, near(np.where(small, x, 1.0)), far(np.where(small, FROM, x)))

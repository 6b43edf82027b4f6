"""Links of probabilities: logit, probit, cloglog, cauchit.

A binomial deviance is -2 w [y log mu + (1 - y) log(1 - mu)] + constant, so all that is wanted of a link are log mu and
log(1 - mu) and their derivatives in eta,

    a = d log mu / d eta,   b = -d log(1 - mu) / d eta,   and h'^2 / V = a b,

which stay exact at any eta where mu itself is 0 or 1 to the last digit (h' / V = a + b divides nothing by 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from scipy import special

from ..numerics.linalg import Array
from .links import Link, log_one_minus_exp

Slopes = tuple[Array, Array, Array]  # a, a', a''
Sides = tuple[Array, Array, Array, Array]  # log mu, a, log(1 - mu), b

LARGEST = 700.0  # e^eta beyond it is no number
SMALL_HAZARD = 0.3  # e^eta up to which t / (e^t - 1) is taken from its series ...
BERNOULLI = (
    -1 / 2,
    1 / 12,
    0.0,
    -1 / 720,
    0.0,
    1 / 30240,
    0.0,
    -1 / 1209600,
    0.0,
    1 / 47900160,
    0.0,
    -691 / 1307674368000,
)
ROOT = float(np.sqrt(2 * np.pi))
RARE = -40.0  # eta below which log(1 - e^-t) is log t
TAIL = -4.0  # eta below which the normal hazard is taken from its continued fraction ...
DEPTH = 80  # ... of so many levels


class ProbabilityLink(Protocol):
    """What a binomial family asks of its link."""

    @property
    def name(self) -> str: ...
    def __call__(self, mu: Array, /) -> Array: ...
    def inverse(self, eta: Array, order: int = 0) -> Array: ...
    def sides(self, eta: Array) -> Sides:
        """log mu, a, log(1 - mu), b."""
        ...

    def success_slopes(self, eta: Array) -> Slopes:
        """a, a', a''."""
        ...

    def failure_slopes(self, eta: Array) -> Slopes:
        """b, b', b''."""
        ...

    def is_probability(self, eta: Array) -> bool:
        """Whether every h(eta) lies in (0, 1)."""
        ...


@dataclass(frozen=True)
class Unbounded(Link):
    """A link under which every finite eta is a probability."""

    def is_probability(self, eta: Array) -> bool:
        return bool(np.isfinite(eta).all())


@dataclass(frozen=True)
class Symmetric(Unbounded):
    """h(-eta) = 1 - h(eta): failures are successes seen from the other side."""

    def success_slopes(self, eta: Array) -> Slopes:
        raise NotImplementedError

    def failure_slopes(self, eta: Array) -> Slopes:
        a, a1, a2 = self.success_slopes(-eta)
        return a, -a1, a2


def _sorted_sides(up: Array, log_large: Array, to_large: Array, log_small: Array, to_small: Array) -> Sides:
    """Of the larger and the smaller of mu and 1 - mu, mu is the larger where `up`."""
    log_mu, log_other = np.where(up, log_large, log_small), np.where(up, log_small, log_large)
    return log_mu, np.where(up, to_large, to_small), log_other, np.where(up, to_small, to_large)


@dataclass(frozen=True)
class Logit(Symmetric):
    """log(mu / (1 - mu)) = eta."""

    name: ClassVar[str] = "logit"

    def __call__(self, mu: Array) -> Array:
        return np.asarray(special.logit(mu))

    def inverse(self, eta: Array, order: int = 0) -> Array:
        mu, other = special.expit(eta), special.expit(-eta)
        if order == 0:
            return np.asarray(mu)
        return np.asarray(mu * other * (1.0, other - mu, 1 - 6 * mu * other)[order - 1])

    def sides(self, eta: Array) -> Sides:
        size = np.abs(eta)
        e = np.exp(-size)
        log_large, large = -np.log1p(e), 1 / (1 + e)
        log_small, small = log_large - size, e * large
        return _sorted_sides(eta > 0, log_large, small, log_small, large)

    def success_slopes(self, eta: Array) -> Slopes:
        mu, a = special.expit(eta), special.expit(-eta)
        return a, -mu * a, -mu * a * (a - mu)


@dataclass(frozen=True)
class Probit(Symmetric):
    """Phi^-1(mu) = eta."""

    name: ClassVar[str] = "probit"

    def __call__(self, mu: Array) -> Array:
        return np.asarray(special.ndtri(mu))

    def inverse(self, eta: Array, order: int = 0) -> Array:
        if order == 0:
            return np.asarray(special.ndtr(eta))
        density = np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi)
        return np.asarray(density * (1.0, -eta, eta**2 - 1)[order - 1])

    def sides(self, eta: Array) -> Sides:
        """From the scaled tail e^(x^2/2) P(Z > x) of x = |eta| alone."""
        x = np.abs(eta)
        scaled = 0.5 * special.erfcx(x / np.sqrt(2))
        exponent = -0.5 * x**2
        small = np.exp(exponent)
        log_small, log_large = exponent + np.log(scaled), np.log1p(-small * scaled)
        to_small, to_large = 1 / (ROOT * scaled), small / (ROOT * (1 - small * scaled))
        return _sorted_sides(eta > 0, log_large, to_large, log_small, to_small)

    def success_slopes(self, eta: Array) -> Slopes:
        a = self.sides(eta)[1]
        a1 = -a * (eta + a)
        a2 = -a1 * (eta + a) - a * (1 + a1)
        far = eta < TAIL
        if np.any(far):
            a[far], a1[far], a2[far] = _tail_slopes(-eta[far])
        return a, a1, a2


def _tail_slopes(x: Array) -> Slopes:
    """a, a', a'' of the probit at eta = -x, x > 4, without cancellation.

    With the continued fraction a = x + d1, d_k = k / (x + d_{k+1}) (Laplace), a' = -a d1 and a'' = a d1^2 d2 (d3 - d2),
    because 2 d1 - d2 = d1 d2 (d3 - d2).
    """
    d3 = np.zeros_like(x)
    for k in range(DEPTH, 2, -1):
        d3 = k / (x + d3)
    d2 = 2 / (x + d3)
    d1 = 1 / (x + d2)
    a = x + d1
    return a, -a * d1, a * d1**2 * d2 * (d3 - d2)


@dataclass(frozen=True)
class Cauchit(Symmetric):
    """tan(pi (mu - 1/2)) = eta."""

    name: ClassVar[str] = "cauchit"

    def __call__(self, mu: Array) -> Array:
        return np.asarray(-1 / np.tan(np.pi * mu))

    def inverse(self, eta: Array, order: int = 0) -> Array:
        if order == 0:
            return np.asarray(np.arctan2(1.0, -eta) / np.pi)
        q = 1 + eta**2
        return np.asarray((1.0, -2 * eta / q, (6 * eta**2 - 2) / q**2)[order - 1] / (np.pi * q))

    def sides(self, eta: Array) -> Sides:
        mu, other, slope = self.inverse(eta), self.inverse(-eta), self.inverse(eta, 1)
        return np.log(mu), slope / mu, np.log(other), slope / other

    def success_slopes(self, eta: Array) -> Slopes:
        mu = self.inverse(eta)
        a, second, third = (self.inverse(eta, order) / mu for order in (1, 2, 3))
        return a, second - a**2, third - 3 * a * second + 2 * a**3


@dataclass(frozen=True)
class Cloglog(Unbounded):
    """log(-log(1 - mu)) = eta."""

    name: ClassVar[str] = "cloglog"

    def __call__(self, mu: Array) -> Array:
        return np.asarray(np.log(-np.log1p(-mu)))

    def inverse(self, eta: Array, order: int = 0) -> Array:
        t = _rate(eta)
        if order == 0:
            return np.asarray(-np.expm1(-t))
        slope = np.exp(np.minimum(eta, LARGEST) - t)
        return np.asarray(slope * (1.0, 1 - t, np.where(slope > 0, 1 - 3 * t + t**2, 0.0))[order - 1])

    def sides(self, eta: Array) -> Sides:
        t = _rate(eta)
        mu = -np.expm1(-t)
        log_mu = np.where(eta < RARE, eta, log_one_minus_exp(-np.maximum(t, np.exp(RARE))))
        return log_mu, t * np.exp(-t) / mu, -t, t

    def success_slopes(self, eta: Array) -> Slopes:
        """a = t / (e^t - 1), t = e^eta; t d/dt of it, where t is small from the Bernoulli numbers."""
        t = _rate(eta)
        a = t * np.exp(-t) / -np.expm1(-t)
        a1 = a * (1 - t - a)
        a2 = a1 * (1 - t - a) - a * (t + a1)
        small = t < SMALL_HAZARD
        if np.any(small):
            a1[small], a2[small] = _series_slopes(t[small])
        return a, a1, a2

    def failure_slopes(self, eta: Array) -> Slopes:
        t = _rate(eta)
        return t, t, t


def _rate(eta: Array) -> Array:
    """e^eta, kept a number."""
    return np.asarray(np.exp(np.minimum(eta, LARGEST)))


def _series_slopes(t: Array) -> tuple[Array, Array]:
    """t d/dt, once and twice, of t / (e^t - 1) = 1 + sum c_n t^n, by Horner's rule."""
    first, second = np.zeros_like(t), np.zeros_like(t)
    for n, c in reversed(list(enumerate(BERNOULLI, start=1))):
        first, second = (first + n * c) * t, (second + n * n * c) * t
    return first, second

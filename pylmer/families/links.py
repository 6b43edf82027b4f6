"""Links of means that are positive or free: log, identity, inverse, sqrt, 1/mu^2.

mu = h(eta) is the inverse of the link. With h(eta) = exp(eta) or eta^p every product h'^j h^k is one exponential or one
power of eta, and so are its derivatives: r = h'/V, mu r and h'^2/V of V = mu^k neither over- nor underflow before their
own value does, and nothing is ever divided by a weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..numerics.linalg import Array

AT_ZERO = 1e-100  # stands for eta = 0 under a square root, so that 0 counts times an infinite slope are 0


@dataclass(frozen=True)
class Link:
    """A link: g(mu) = eta. `inverse` is h and its derivatives; all arrays have one shape."""

    name: ClassVar[str]

    def __call__(self, mu: Array) -> Array:
        """eta = g(mu)."""
        raise NotImplementedError

    def inverse(self, eta: Array, order: int = 0) -> Array:
        """h(eta) for order 0, and h', h'', h''' for 1, 2, 3."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class MeanLink(Link):
    """A link whose h'^j h^k have a closed form."""

    def product(self, eta: Array, j: int, k: int, order: int = 0) -> Array:
        """The derivative of this order, in eta, of h'(eta)^j h(eta)^k."""
        raise NotImplementedError

    def log_mean(self, eta: Array) -> Array:
        """log h(eta)."""
        raise NotImplementedError

    def valid(self, eta: Array, positive: bool) -> bool:
        """Whether every h(eta) is finite, and above 0 if it must be `positive`."""
        raise NotImplementedError

    def inverse(self, eta: Array, order: int = 0) -> Array:
        return self.product(eta, 0, 1, order)


@dataclass(frozen=True)
class Log(MeanLink):
    """log(mu) = eta."""

    name: ClassVar[str] = "log"

    def __call__(self, mu: Array) -> Array:
        return np.asarray(np.log(mu))

    def product(self, eta: Array, j: int, k: int, order: int = 0) -> Array:
        m = j + k
        return np.asarray(m**order * np.exp(m * eta)) if m else np.full(np.shape(eta), 0.0 if order else 1.0)

    def log_mean(self, eta: Array) -> Array:
        return eta

    def valid(self, eta: Array, positive: bool) -> bool:
        return bool(np.isfinite(eta).all())

    # As a link of probabilities: log(mu) = eta < 0, log(1 - mu) = log(1 - e^eta).

    def sides(self, eta: Array) -> tuple[Array, Array, Array, Array]:
        return eta, np.ones_like(eta), log_one_minus_exp(eta), np.exp(eta) / -np.expm1(eta)

    def success_slopes(self, eta: Array) -> tuple[Array, Array, Array]:
        return np.ones_like(eta), np.zeros_like(eta), np.zeros_like(eta)

    def failure_slopes(self, eta: Array) -> tuple[Array, Array, Array]:
        b = np.exp(eta) / -np.expm1(eta)
        return b, b * (1 + b), b * (1 + b) * (1 + 2 * b)

    def is_probability(self, eta: Array) -> bool:
        return bool(np.isfinite(eta).all() and (eta < 0).all())


@dataclass(frozen=True)
class PowerLink(MeanLink):
    """mu = eta^p, eta > 0 where the mean must be positive (but for p = 2: eta and -eta give the same mean)."""

    p: ClassVar[float]

    def __call__(self, mu: Array) -> Array:
        return np.asarray(np.power(mu, 1 / self.p))

    def product(self, eta: Array, j: int, k: int, order: int = 0) -> Array:
        m = j * (self.p - 1) + k * self.p
        factor = self.p**j * math.prod(m - i for i in range(order))
        return np.asarray(factor * eta ** (m - order)) if factor else np.zeros(np.shape(eta))

    def log_mean(self, eta: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(self.p * np.log(np.abs(eta)))

    def valid(self, eta: Array, positive: bool) -> bool:
        inside = (eta > 0).all() if positive else self.p > 0 or (eta != 0).all()
        return bool(inside and np.isfinite(eta).all())


@dataclass(frozen=True)
class Identity(PowerLink):
    name: ClassVar[str] = "identity"
    p: ClassVar[float] = 1.0


@dataclass(frozen=True)
class Inverse(PowerLink):
    name: ClassVar[str] = "inverse"
    p: ClassVar[float] = -1.0


@dataclass(frozen=True)
class InverseSquare(PowerLink):
    name: ClassVar[str] = "1/mu^2"
    p: ClassVar[float] = -0.5


@dataclass(frozen=True)
class Sqrt(PowerLink):
    name: ClassVar[str] = "sqrt"
    p: ClassVar[float] = 2.0

    def product(self, eta: Array, j: int, k: int, order: int = 0) -> Array:
        return super().product(np.where(eta == 0, AT_ZERO, eta), j, k, order)

    def valid(self, eta: Array, positive: bool) -> bool:
        """Both signs: eta and -eta give the same mean, and modes may pass through 0."""
        return bool(np.isfinite(eta).all())


def log_one_minus_exp(x: Array) -> Array:
    """log(1 - e^x) for x < 0, by whichever of the two forms does not cancel (Maechler 2012)."""
    near = x > -np.log(2.0)
    return np.where(near, np.log(-np.expm1(np.where(near, x, -1.0))), np.log1p(-np.exp(np.where(near, -1.0, x))))

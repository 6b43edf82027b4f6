"""Families of counts: Poisson and negative binomial."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
from scipy import special

from ..errors import ArgumentError
from ..numerics.linalg import Array
from .family import Family, MeanFamily, PowerFamily, Triple, in_rows, not_whole, refuse_rows, total
from .gamma_functions import digamma_less_log, fraction_less_log1p, stirling


def check_counts(name: str, y: Array) -> tuple[str, ...]:
    """DataError for negative counts; what to say of counts that are not whole."""
    refuse_rows(~(y >= 0), y, f"a {name} response must be counts, 0 or more")
    parts = not_whole(y)
    return (f"{name}: counts that are not whole in {in_rows(len(parts))}, the first {parts[0]:.6g}",) if parts else ()


def _observed(family: MeanFamily, y: Array, eta: Array) -> Array:
    """y log(y / mu): 0 where y is, also at mu = 0."""
    log_mean = np.where(y > 0, family.link.log_mean(eta), 0.0)
    return np.asarray(special.xlogy(y, y) - y * log_mean)


@dataclass(frozen=True, repr=False)
class Poisson(PowerFamily):
    """y ~ Poisson(mu); the weight of a row multiplies its log density."""

    word: ClassVar[str] = "poisson"
    discrete: ClassVar[bool] = True
    canonical_link: ClassVar[str | None] = "log"
    k: ClassVar[int] = 1

    def start_mu(self, y: Array, w: Array | float) -> Array:
        return y + 0.1

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        return 2 * (_observed(self, y, eta) + self.mu(eta) - y)

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        return -2 * total(special.xlogy(y, y) - y - special.gammaln(y + 1), w)

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return _poisson_at_most(y, mu)

    def cdf_below(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return _poisson_at_most(y - 1, mu)

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return rng.poisson(mu).astype(float)

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        return check_counts(self.word, y)


def _poisson_at_most(k: Array, mu: Array) -> Array:
    return np.where(k < 0, 0.0, special.gammaincc(np.floor(np.maximum(k, 0)) + 1, mu))


class ThetaSlope(NamedTuple):
    """d/dlog theta of -2 log f (a number) and of the rows' g, W and O, each (n,), at fixed eta."""

    minus2loglik: float
    g: Array
    W: Array
    O: Array


@dataclass(frozen=True, repr=False)
class NegativeBinomial(MeanFamily):
    """Mean mu and variance mu + mu^2 / theta; V = mu / s with s = theta / (theta + mu), so that r = s h'/mu."""

    shape: float = math.nan
    word: ClassVar[str] = "negative.binomial"
    discrete: ClassVar[bool] = True

    @property
    def name(self) -> str:
        return f"Negative Binomial({round(self.shape, 4):.7g})"

    @property
    def theta(self) -> float | None:
        return self.shape

    def with_theta(self, theta: float) -> Family:
        return replace(self, shape=check_theta(theta))

    @property
    def spelled(self) -> str:
        return f'{self.word}(theta = {self.shape:.15g}, link = "{self.link.name}")'

    def __repr__(self) -> str:
        return f'negative_binomial({self.shape!r}, "{self.link.name}")'

    def variance(self, mu: Array) -> Array:
        return np.asarray(mu * (1 + mu / self.shape))

    def start_mu(self, y: Array, w: Array | float) -> Array:
        return np.where(y == 0, 1 / 6, y)

    def _shares(self, eta: Array) -> Triple:
        """s, s', s'': the share theta / (theta + mu) of Poisson variance in the whole."""
        s = self.shape / (self.shape + self.mu(eta))
        u, v = (s * self.link.inverse(eta, order) / self.shape for order in (1, 2))
        return s, -u * s, (2 * u**2 - v) * s

    def _ratios(self, eta: Array, order: int) -> Triple:
        s, s1, s2 = self._shares(eta)
        a, b, c = (_products(self.link.product, eta, j, k, order) for j, k in ((1, -1), (1, 0), (2, -1)))
        return tuple(_leibniz(each, (s, s1, s2)) for each in (a, b, c))  # type: ignore[return-value]

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        other = (y + self.shape) * np.log1p((self.mu(eta) - y) / (y + self.shape))
        return 2 * (_observed(self, y, eta) + other)

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        t = self.shape
        rising = stirling(y + t) - stirling(np.asarray(t)) - 0.5 * np.log1p(y / t)  # what is beyond the Poisson
        return -2 * total(rising + special.xlogy(y, y) - y - special.gammaln(y + 1), w)

    def theta_slope(self, y: Array, w: Array | float, eta: Array) -> ThetaSlope:
        """What moves with log theta; ds/dlog theta = s (1 - s)."""
        t, mu = self.shape, self.mu(eta)
        s, s1, _ = self._shares(eta)
        _, g, W = self.rows(y, w, eta)
        _, O, _ = self.derivatives(y, w, eta)
        slope = digamma_less_log(y + t) - digamma_less_log(np.asarray(t)) + fraction_less_log1p((mu - y) / (y + t))
        return ThetaSlope(-2 * t * total(slope, w), g * (1 - s), W * (1 - s), O * (1 - s) - g * s1)

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return self._at_most(y, mu)

    def cdf_below(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return self._at_most(y - 1, mu)

    def _at_most(self, k: Array, mu: Array) -> Array:
        inside = special.betainc(self.shape, np.floor(np.maximum(k, 0)) + 1, self.shape / (self.shape + mu))
        return np.where(k < 0, 0.0, inside)

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return rng.poisson(rng.gamma(self.shape, mu / self.shape)).astype(float)

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        return check_counts("negative binomial", y)


def _products(product: object, eta: Array, j: int, k: int, order: int) -> list[Array]:
    """The derivatives of h'^j h^k up to an order."""
    return [product(eta, j, k, each) for each in range(order + 1)]  # type: ignore[operator]


def _leibniz(a: list[Array], s: Triple) -> Array:
    """The derivative of a s of the order to which a is given."""
    order = len(a) - 1
    return np.asarray(sum(math.comb(order, i) * a[order - i] * s[i] for i in range(order + 1)))


def check_theta(theta: float) -> float:
    """theta as a number; ArgumentError unless it is finite and above 0."""
    try:
        value = float(theta)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ArgumentError(f"theta={theta!r}: the shape of a negative binomial is a number above 0")
    return value

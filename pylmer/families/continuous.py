"""Families with a scale phi: Gamma, inverse Gaussian and gaussian; var(y_i) = phi V(mu_i) / w_i."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from ..errors import NumericalError
from ..numerics.linalg import Array
from .family import PowerFamily, refuse_rows, total, total_weight, weighted
from .gamma_functions import digamma_less_log, stirling, trigamma_excess

STEPS, EXACT = 50, 1e-13  # of Newton's method for the dispersion of a Gamma family


@dataclass(frozen=True, repr=False)
class GammaFamily(PowerFamily):
    """y ~ Gamma with shape w/phi and mean mu."""

    word: ClassVar[str] = "Gamma"
    has_scale: ClassVar[bool] = True
    canonical_link: ClassVar[str | None] = "inverse"
    k: ClassVar[int] = 2

    def start_mu(self, y: Array, w: Array | float) -> Array:
        return y

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        ratio = y * self.link.product(eta, 0, -1)
        return 2 * (ratio - 1 - np.log(y) + self.link.log_mean(eta))

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        y, w = weighted(y, w)
        return 2 * float(np.sum(_log_normalizer(w / phi) + np.log(y)))

    def aic_r(self, y: Array, w: Array | float, eta: Array, D: float) -> float:
        n = total_weight(y, w)
        return n + 2 * n * float(_log_normalizer(np.asarray(n / D))) + 2 * total(np.log(y), w) + 2

    def aic_r_slope(self, y: Array, w: Array | float, D: float) -> float:
        n = total_weight(y, w)
        return -2 * (n / D) ** 2 * float(digamma_less_log(np.asarray(n / D)))

    def dispersion(self, y: Array, w: Array | float, eta: Array, D: float, penalty: float, n: int) -> float:
        """By Newton in log phi: with a = w/phi, 2 sum w [psi(a) - log a] + D + penalty = 0."""
        values, counts = np.unique(weighted(y, w)[1], return_counts=True)
        log_phi = np.log((D + penalty) / n)
        for _ in range(STEPS):
            a = values * np.exp(-log_phi)
            slope = 2 * np.sum(counts * values * digamma_less_log(a)) + D + penalty
            curvature = 2 * np.sum(counts * values * trigamma_excess(a))
            step = slope / curvature
            log_phi = log_phi + step
            if abs(step) < EXACT:
                return float(np.exp(log_phi))
        raise NumericalError(f"the dispersion of a Gamma family was not found from D = {D:g}, penalty = {penalty:g}")

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return np.asarray(special.gammainc(w / phi, w / phi * y / mu))

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return np.asarray(rng.gamma(w / phi, mu * phi / w, size=np.shape(mu)))

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        refuse_rows(~(y > 0), y, "a Gamma response must be above 0")
        return ()


def _log_normalizer(a: Array) -> Array:
    """-log f + log 1/y at mu = y of a Gamma with shape a."""
    return np.asarray(0.5 * np.log(2 * np.pi / a) + stirling(a))


@dataclass(frozen=True, repr=False)
class InverseGaussian(PowerFamily):
    """y ~ inverse Gaussian with mean mu and shape lambda = w/phi."""

    word: ClassVar[str] = "inverse.gaussian"
    has_scale: ClassVar[bool] = True
    canonical_link: ClassVar[str | None] = "1/mu^2"
    k: ClassVar[int] = 3

    def start_mu(self, y: Array, w: Array | float) -> Array:
        return y

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        return (y * self.link.product(eta, 0, -1) - 1) ** 2 / y

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        y, w = weighted(y, w)
        return float(np.sum(np.log(2 * np.pi * phi / w) + 3 * np.log(y)))

    def aic_r(self, y: Array, w: Array | float, eta: Array, D: float) -> float:
        n = total_weight(y, w)
        return n * (float(np.log(2 * np.pi * D / n)) + 1) + 3 * total(np.log(y), w) + 2

    def aic_r_slope(self, y: Array, w: Array | float, D: float) -> float:
        return total_weight(y, w) / D

    def dispersion(self, y: Array, w: Array | float, eta: Array, D: float, penalty: float, n: int) -> float:
        return (D + penalty) / n

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        shape = w / phi
        root = np.sqrt(shape / y)
        mirrored = np.exp(2 * shape / mu + special.log_ndtr(-root * (y / mu + 1)))
        return np.asarray(special.ndtr(root * (y / mu - 1)) + mirrored)

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return np.asarray(rng.wald(mu, w / phi, size=np.shape(mu)))

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        refuse_rows(~(y > 0), y, "an inverse Gaussian response must be above 0")
        return ()


@dataclass(frozen=True, repr=False)
class Gaussian(PowerFamily):
    """y ~ N(mu, phi / w)."""

    word: ClassVar[str] = "gaussian"
    has_scale: ClassVar[bool] = True
    canonical_link: ClassVar[str | None] = "identity"
    k: ClassVar[int] = 0
    positive: ClassVar[bool] = False

    def start_mu(self, y: Array, w: Array | float) -> Array:
        """y; where all is to be positive, or away from 0, what is not is moved there."""
        if self.link.name == "identity":
            return y
        size = float(np.mean(np.abs(y)))
        if self.link.name == "log":
            return np.maximum(y, 0.1 * size)
        return np.where(np.abs(y) < 0.1 * size, np.where(y < 0, -0.1, 0.1) * size, y)

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        return (y - self.mu(eta)) ** 2

    def saturated(self, y: Array, w: Array | float, phi: float = 1.0) -> float:
        _, w = weighted(y, w)
        return float(np.sum(np.log(2 * np.pi * phi / w)))

    def aic_r(self, y: Array, w: Array | float, eta: Array, D: float) -> float:
        n = len(y)
        return n * (float(np.log(2 * np.pi * D / n)) + 1) + 2 - float(np.sum(np.log(np.broadcast_to(w, y.shape))))

    def aic_r_slope(self, y: Array, w: Array | float, D: float) -> float:
        return len(y) / D

    def dispersion(self, y: Array, w: Array | float, eta: Array, D: float, penalty: float, n: int) -> float:
        return (D + penalty) / n

    def cdf(self, y: Array, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return np.asarray(special.ndtr((y - mu) * np.sqrt(w / phi)))

    def simulate(self, rng: np.random.Generator, mu: Array, w: Array | float = 1.0, phi: float = 1.0) -> Array:
        return np.asarray(rng.normal(mu, np.sqrt(phi / w), size=np.shape(mu)))

    def check_response(self, y: Array, w: Array | float = 1.0) -> tuple[str, ...]:
        return ()

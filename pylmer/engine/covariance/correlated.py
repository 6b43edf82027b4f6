"""Covariances with one correlation parameter: compound symmetry and first-order autoregression.

Sigma = D C(rho) D moves in the standard deviations d and in eta, a transform of rho to the line; see `covariance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...numerics.linalg import Array

if TYPE_CHECKING:
    from .point import Point


@dataclass(frozen=True)
class Correlation:
    """One-parameter correlation matrices: compound symmetry ("cs") or first-order autoregression ("ar1")."""

    kind: str
    width: int

    @property
    def lowest(self) -> float:
        """The smallest rho that is a correlation."""
        return -1.0 / (self.width - 1) if self.kind == "cs" else -1.0

    def rho(self, eta: float) -> tuple[float, float, float]:
        """rho and its first two derivatives in eta; eta = 0 is rho = 0."""
        if self.kind == "ar1":
            rho = float(np.tanh(eta))
            return rho, 1 - rho**2, -2 * rho * (1 - rho**2)
        low = self.lowest
        z = float(1 / (1 + np.exp(-np.clip(eta + np.log(-low), -700, 700))))
        slope = (1 - low) * z * (1 - z)
        return low + (1 - low) * z, slope, slope * (1 - 2 * z)

    def eta(self, rho: float) -> float:
        """The inverse of `rho`, kept finite at the limits."""
        if self.kind == "ar1":
            return float(np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12)))
        low = self.lowest
        z = np.clip((rho - low) / (1 - low), 1e-12, 1 - 1e-12)
        return float(np.log(z / (1 - z)) - np.log(-low))

    def matrices(self, rho: float) -> tuple[Array, Array, Array]:
        """The correlation matrix and its first two derivatives in rho."""
        lag = np.abs(np.subtract.outer(np.arange(self.width), np.arange(self.width))).astype(float)
        if self.kind == "cs":
            off = (lag > 0).astype(float)
            return np.eye(self.width) + rho * off, off, np.zeros_like(off)
        first = lag * np.power(rho, np.maximum(lag - 1, 0))
        second = lag * (lag - 1) * np.power(rho, np.maximum(lag - 2, 0))
        return np.power(rho, lag), first, second


@dataclass(frozen=True, eq=False)
class Correlated:
    """Sigma = D C(rho) D with D = diag(d), d >= 0; `d` has one entry where hom."""

    d: Array
    eta: float
    family: Correlation

    @property
    def _D(self) -> Array:
        return np.asarray(np.broadcast_to(self.d, self.family.width))

    @property
    def size(self) -> int:
        return int(self.d.size) + 1

    def template(self) -> Array:
        C = self.family.matrices(self.family.rho(self.eta)[0])[0]
        values, vectors = np.linalg.eigh(C)
        return np.asarray(self._D[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))

    def _units(self) -> Array:
        return np.eye(self.family.width) if self.d.size == self.family.width else np.ones((1, self.family.width))

    def tangents(self) -> Array:
        rho, slope, _ = self.family.rho(self.eta)
        C, C1, _ = self.family.matrices(rho)
        by_d = [np.outer(u, self._D) * C for u in self._units()]
        return np.array([*(A + A.T for A in by_d), np.outer(self._D, self._D) * C1 * slope])

    def curvature(self, G: Array) -> Array:
        rho, slope, bend = self.family.rho(self.eta)
        C, C1, C2 = self.family.matrices(rho)
        units, D = self._units(), self._D
        k = len(units)
        out = np.empty((k + 1, k + 1))
        out[:k, :k] = 2.0 * units @ (G * C) @ units.T
        out[:k, k] = out[k, :k] = 2.0 * units @ (G * C1) @ D * slope
        out[k, k] = D @ (G * (C2 * slope**2 + C1 * bend)) @ D
        return out

    def shifted(self, step: Array) -> Correlated:
        return Correlated(self.d + step[:-1], self.eta + float(step[-1]), self.family)

    def moved(self, step: Array) -> Correlated:
        shifted = self.shifted(step)
        return Correlated(np.abs(shifted.d), shifted.eta, self.family)

    def zeroed(self, tolerance: float) -> Correlated:
        return Correlated(np.where(self.d < tolerance, 0.0, self.d), self.eta, self.family)

    def floored(self, floor: float) -> Correlated:
        return Correlated(np.maximum(self.d, floor), 0.0, self.family)

    def deviations(self) -> Array:
        return np.abs(self.d)

    def same_chart(self, other: Point) -> bool:
        return True

"""Covariances with one correlation parameter, such as compound symmetry and first-order autoregression.

Sigma = D C(rho) D moves in the standard deviations d and in eta, a transform of rho to the line; see `family`. A
structure says what rho may be and what C is (`OneCorrelation`); all else follows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...numerics.linalg import Array, Mask
from .deviations import DeviationFamily, DeviationPoint
from .diagonal import Diagonal
from .family import CorrelationScale
from .point import VANISHED, Linear, Point

ROUNDED = 1e-9  # relative: a score that is nothing but rounding
TURNS = (-1.0, 1.0)  # correlations, as eta, that a standard deviation of zero is tried with
NEAREST = 1e-12  # of the range of rho, from its ends, where eta is still finite


@dataclass(frozen=True, eq=False)
class Correlated(DeviationPoint):
    """Sigma = D C(rho) D with D = diag(d), d >= 0; `d` has one entry where hom."""

    d: Array
    eta: float
    family: OneCorrelation

    @property
    def _D(self) -> Array:
        return np.asarray(np.broadcast_to(self.d, self.family.width))

    @property
    def columns(self) -> int:
        return self.family.width

    def with_d(self, d: Array) -> Correlated:
        return Correlated(d, self.eta, self.family)

    @property
    def rho(self) -> float:
        """The correlation parameter."""
        return self.family.rho(self.eta)[0]

    @property
    def size(self) -> int:
        return int(self.d.size) + 1

    def template(self) -> Array:
        C = self.family.matrices(self.rho)[0]
        values, vectors = np.linalg.eigh(C)
        return np.asarray(self._D[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))

    def tangents(self) -> Array:
        rho, slope, _ = self.family.rho(self.eta)
        C, C1, _ = self.family.matrices(rho)
        by_d = [np.outer(u, self._D) * C for u in self.indicators]
        return np.array([*(A + A.T for A in by_d), np.outer(self._D, self._D) * C1 * slope])

    def curvature(self, G: Array) -> Array:
        rho, slope, bend = self.family.rho(self.eta)
        C, C1, C2 = self.family.matrices(rho)
        units, D = self.indicators, self._D
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
        return shifted.with_d(np.abs(shifted.d))

    def zeroed(self, tolerance: float) -> Correlated:
        return self.with_d(np.where(self.d < tolerance, 0.0, self.d))

    def floored(self, floor: float) -> Correlated:
        return Correlated(np.maximum(self.d, floor), 0.0, self.family)

    def at_limit(self, tolerance: float = VANISHED) -> bool:
        return min(self.rho - self.family.lowest, self.family.highest - self.rho) < tolerance

    @property
    def free(self) -> Mask:
        alive = self.deviations() > 0
        return np.append(alive, alive.any())

    @property
    def kinked(self) -> bool:
        return not self.deviations().all()

    def linear_correlation(self, a: int, b: int, value: float) -> Linear:
        own = np.zeros(self.size)
        own[-1] = 1.0
        return own, self.family.eta(value) - self.eta

    @property
    def numbers(self) -> Array:
        return np.append(self.d, self.eta)

    def inside(self, step: Array) -> Correlated:
        """A standard deviation stops at zero, for mirrored it would turn the correlation."""
        new = self.moved(step)
        return new.with_d(np.where((self.d > 0) & (self.d + step[:-1] < 0), 0.0, new.d))

    def idle(self, score: Array) -> Mask:
        return np.append((self.d <= 0) & (score[:-1] > ROUNDED), False)

    def turned(self, G: Array) -> Correlated:
        """With the correlation at which a vanished standard deviation pulls most, if it is of no use."""
        vanished = self.d <= 0
        if not (vanished.any() and np.sum(~vanished) == 1):
            return self
        tried = [self, *(replace(self, eta=eta) for eta in TURNS)]
        pulls = [float(np.min(np.tensordot(each.tangents()[:-1][vanished], G, axes=2))) for each in tried]
        lowest = int(np.argmin(pulls))
        return tried[lowest] if pulls[lowest] < min(pulls[0], 0.0) - ROUNDED * float(np.abs(G).max()) else self

    def neutral(self, k: int) -> Point:
        return replace(self, eta=0.0) if k == len(self.d) else super().neutral(k)

    def span(self, tau: float) -> Array | None:
        basis = self.family.equal_variances() if self.d.size == 1 and self.d[0] > 0 else None
        return None if basis is None else np.asarray((self.d[0] ** 2 + tau) * basis)

    def by_variances(self) -> tuple[Array, Array]:
        """Of Sigma_ij = (v_i v_j)^(1/2) C_ij(rho), in v > 0 and rho."""
        D = self._D
        C, C1, C2 = (np.outer(D, D) * M for M in self.family.matrices(self.rho))
        powers = [(u[:, None] + u[None, :]) / 2 for u in self.indicators[self.d > 0]]
        v, k = self.d[self.d > 0] ** 2, len(powers)
        first, second = np.zeros((k + 1, *C.shape)), np.zeros((k + 1, k + 1, *C.shape))
        first[k], second[k, k] = C1, C2
        for a in range(k):
            first[a] = powers[a] * C / v[a]
            second[a, k] = second[k, a] = powers[a] * C1 / v[a]
            for b in range(k):
                second[a, b] = powers[a] * (powers[b] - float(a == b)) * C / (v[a] * v[b])
        return (first, second) if k else (first[:0], second[:0, :0])


@dataclass(frozen=True)
class Rho:
    """rho as a function of the coordinate eta."""

    family: OneCorrelation

    @property
    def lowest(self) -> float:
        return self.family.eta(self.family.lowest)

    @property
    def highest(self) -> float:
        return self.family.eta(self.family.highest)

    def psi(self, w: Array) -> Array:
        return np.array([self.family.rho(float(each))[0] for each in np.ravel(w)]).reshape(np.shape(w))

    def w(self, psi: Array) -> Array:
        return np.array([self.family.eta(float(each)) for each in np.ravel(psi)]).reshape(np.shape(psi))


class OneCorrelation(DeviationFamily):
    """Sigma = D C(rho) D; of one column there is no rho, and points are `Diagonal`.

    A structure gives `lowest`, `highest` if it is not 1, and `matrices`. The correlation of the second column with the
    first must be rho itself.
    """

    @property
    @abstractmethod
    def lowest(self) -> float:
        """The smallest rho that is a correlation, below 0."""

    @property
    def highest(self) -> float:
        """The largest rho that is a correlation."""
        return 1.0

    @abstractmethod
    def matrices(self, rho: float) -> tuple[Array, Array, Array]:
        """The correlation matrix C (l, l) and its first two derivatives in rho; C is I where rho is 0."""

    def equal_variances(self) -> Array | None:
        """Semi-definite (m, l, l), of diagonals up to 1, that span the covariances of equal variances, or None."""
        return None

    def rho(self, eta: float) -> tuple[float, float, float]:
        """rho and its first two derivatives in eta; eta = 0 is rho = 0."""
        low, width = self.lowest, self.highest - self.lowest
        z = float(1 / (1 + np.exp(-np.clip(eta + np.log(-low / self.highest), -700, 700))))
        slope = width * z * (1 - z)
        return low + width * z, slope, slope * (1 - 2 * z)

    def eta(self, rho: float) -> float:
        """The inverse of `rho`, kept finite at the limits."""
        z = np.clip((rho - self.lowest) / (self.highest - self.lowest), NEAREST, 1 - NEAREST)
        return float(np.log(z / (1 - z)) - np.log(-self.lowest / self.highest))

    # --- CovarianceFamily ---------------------------------------------------------------------------------------------

    @property
    def correlations(self) -> int:
        return int(self.width > 1)

    @property
    def correlation_scales(self) -> list[CorrelationScale]:
        return [Rho(self)] if self.correlations else []

    @property
    def bounds(self) -> tuple[Array, Array]:
        lower, upper = super().bounds
        if self.correlations:
            lower[-1], upper[-1] = self.lowest, self.highest
        return lower, upper

    def par_names(self, group: str, columns: Sequence[str]) -> list[str]:
        return super().par_names(group, columns) + [f"{group}.rho"] * self.correlations

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return [(1, 0)] * self.correlations

    def pair_names(self, group: str, columns: Sequence[str], kind: str) -> list[str]:
        return [f"rho|{group}"] * self.correlations

    def pair_number(self, i: int, j: int) -> int | None:
        rho = self.highest / 2
        return 0 if self.matrices(rho)[0][i, j] == rho else None

    @property
    def printed_pairs(self) -> list[list[tuple[int, int]]]:
        return [self.pairs] * self.correlations

    @property
    def suffix(self) -> str:
        return f" ({self.structure})"

    def multiple(self, c: float) -> Point:
        d = np.full(self.n_sd, c)
        return Correlated(d, 0.0, self) if self.correlations else Diagonal(d, self.width)

    def point(self, par: Array, R: Array) -> Point:
        d = self.scaled(par[: self.n_sd], R)
        return Correlated(d, self.eta(float(par[-1])), self) if self.correlations else Diagonal(d, self.width)

    def par(self, point: Point, R: Array) -> Array:
        rho = [self.rho(float(eta))[0] for eta in point.numbers[self.n_sd :]]
        return np.append(self.unscaled(point, R), rho)

    def outward(self, mean: Array, least: float) -> Point:
        return self.multiple(float(np.linalg.norm(np.maximum(np.abs(mean), least))))

    def par_tangents(self, par: Array) -> Array:
        point = self.point(par, np.eye(self.width))
        tangents = point.tangents()
        for k, eta in enumerate(point.numbers[self.n_sd :], start=self.n_sd):
            slope = self.rho(float(eta))[1]
            tangents[k] /= slope if slope else 1.0
        return tangents

    def par_of_theta(self, theta: Array) -> Array:
        """Standard deviations are row norms of T, and T_21 = rho d_2."""
        if not self.correlations:
            return theta
        if self.hom:
            d = np.abs(theta[:1])
        else:
            T = np.where(self.theta_places >= 0, theta[self.theta_places], 0.0)
            d = np.linalg.norm(T, axis=1)
        second = d[min(1, len(d) - 1)]
        return np.append(d, theta[1] / second if second else 0.0)

    @property
    def any_theta(self) -> bool:
        return False

    @property
    def kinked(self) -> bool:
        return bool(self.correlations)

"""What covariances have in common whose coordinates begin with the standard deviations of the columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np

from ...numerics.linalg import Array
from .family import CovarianceFamily
from .point import Linear, Point


class DeviationPoint(Point):
    """Sigma = D C D with D = diag(d), one entry for all columns where hom."""

    d: Array

    @property
    @abstractmethod
    def columns(self) -> int:
        """l, the number of columns."""

    @property
    def indicators(self) -> Array:
        """Which columns each entry of d belongs to: (len(d), l)."""
        return np.eye(self.columns) if self.d.size == self.columns else np.ones((1, self.columns))

    def deviations(self) -> Array:
        return np.abs(self.d)

    @abstractmethod
    def with_d(self, d: Array) -> Self:
        """The same with other deviations."""

    @property
    def numbers(self) -> Array:
        return self.d

    def upright(self) -> Self:
        return self.with_d(np.abs(self.d))

    def units(self, smallest: float) -> Array:
        out = np.ones(self.size)
        out[: len(self.d)] = np.maximum(np.abs(self.d), smallest)
        return out

    def linear_deviation(self, R: Array, a: int, value: float) -> Linear:
        own, k = np.zeros(self.size), min(a, len(self.d) - 1)
        own[k] = 1.0
        return own, value * R[a, a] - float(self.d[k])

    def neutral(self, k: int) -> Point:
        return self.with_d(np.where(np.arange(len(self.d)) == k, 1.0, self.d))


class DeviationFamily(CovarianceFamily):
    """`par` is the standard deviations, then what the correlations have for parameters."""

    @property
    def correlations(self) -> int:
        """How many parameters the correlations have."""
        return 0

    @property
    def size(self) -> int:
        return self.n_sd + self.correlations

    @property
    def bounds(self) -> tuple[Array, Array]:
        return np.zeros(self.size), np.full(self.size, np.inf)

    def par_names(self, group: str, columns: Sequence[str]) -> list[str]:
        return [f"{group}.*"] if self.hom else [f"{group}.{column}" for column in columns]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return []

    @property
    def by_deviations(self) -> bool:
        return True

    def scaled(self, deviations: Array, R: Array) -> Array:
        """Deviations (n_sd,) in the coordinates of points."""
        return np.asarray(deviations * np.diag(R)[: self.n_sd])

    def unscaled(self, point: Point, R: Array) -> Array:
        """Deviations (n_sd,) in the user's units."""
        return np.asarray(point.deviations() / np.diag(R)[: self.n_sd])

    def sdcor(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        return sigma * self.unscaled(point, R), self.par(point, R)[self.n_sd :]

    def varcov(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        sds, rest = self.sdcor(point, R, sigma)
        return sds**2, rest

    def profiled_par(self, point: Point, R: Array) -> Array:
        return self.par(point, R)

"""Uncorrelated effects: one standard deviation a column, or one for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array
from .point import Point


@dataclass(frozen=True, eq=False)
class Diagonal:
    """Sigma = diag(d)^2, or d^2 I where `d` has one entry for all columns (hom)."""

    d: Array
    width: int

    @property
    def size(self) -> int:
        return int(self.d.size)

    def template(self) -> Array:
        return np.diag(np.broadcast_to(self.d, self.width))

    def _units(self) -> Array:
        if self.d.size == self.width:
            return np.eye(self.width)
        return np.ones((1, self.width))

    def tangents(self) -> Array:
        units = self._units()
        return np.asarray((2.0 * units * self.d[:, None])[:, :, None] * np.eye(self.width))

    def curvature(self, G: Array) -> Array:
        return np.diag(2.0 * self._units() @ np.diag(G))

    def shifted(self, step: Array) -> Diagonal:
        return Diagonal(self.d + step, self.width)

    def moved(self, step: Array) -> Diagonal:
        return self.shifted(step)

    def zeroed(self, tolerance: float) -> Diagonal:
        return Diagonal(np.where(np.abs(self.d) < tolerance, 0.0, self.d), self.width)

    def floored(self, floor: float) -> Diagonal:
        return Diagonal(np.maximum(np.abs(self.d), floor), self.width)

    def deviations(self) -> Array:
        return np.abs(self.d)

    def same_chart(self, other: Point) -> bool:
        return True

"""The unstructured covariance, R's default: any positive semidefinite matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array
from .point import Point, lower_entries

SAME_CHART = 0.99  # |cos| between axes of two charts above which second-order information carries over


@dataclass(frozen=True, eq=False)
class Unstructured:
    """Sigma = T T' moved as T + U Delta with Delta lower triangular."""

    T: Array
    U: Array

    @classmethod
    def charted(cls, T: Array, previous: Array | None = None) -> Unstructured:
        """The same Sigma with T = U diag(s); signs of U follow those of `previous`."""
        U, s = (np.where(T < 0, -1.0, 1.0), np.abs(T[0])) if len(T) == 1 else np.linalg.svd(T)[:2]
        if previous is not None:
            U = U * np.where(np.sum(U * previous, axis=0) < 0, -1.0, 1.0)
        return cls(U * s, U)

    @property
    def size(self) -> int:
        return len(self.T) * (len(self.T) + 1) // 2

    def template(self) -> Array:
        return self.T

    @cached_property
    def directions(self) -> Array:
        """dT/da = U e_i e_j': (k, l, l)."""
        width = self.T.shape[0]
        rows, columns = lower_entries(width)
        E = np.zeros((len(rows), width, width))
        for a, (i, j) in enumerate(zip(rows, columns, strict=True)):
            E[a, :, j] = self.U[:, i]
        return E

    def tangents(self) -> Array:
        half = self.directions @ self.T.T
        return np.asarray(half + np.swapaxes(half, 1, 2))

    def curvature(self, G: Array) -> Array:
        E = self.directions.reshape(-1, G.size)
        GE = (G @ self.directions).reshape(-1, G.size)
        return np.asarray(2.0 * E @ GE.T)

    def shifted(self, step: Array) -> Unstructured:
        width = self.T.shape[0]
        Delta = np.zeros((width, width))
        Delta[lower_entries(width)] = step
        return Unstructured(self.T + self.U @ Delta, self.U)

    def moved(self, step: Array) -> Unstructured:
        return Unstructured.charted(self.shifted(step).T, self.U)

    def zeroed(self, tolerance: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.where(s < tolerance, 0.0, s), U)

    def floored(self, floor: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.maximum(s, floor), U)

    def deviations(self) -> Array:
        return np.linalg.svd(self.T, compute_uv=False)

    def same_chart(self, other: Point) -> bool:
        return isinstance(other, Unstructured) and bool(np.all(np.abs(np.sum(self.U * other.U, axis=0)) >= SAME_CHART))

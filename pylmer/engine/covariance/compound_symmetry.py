"""Compound symmetry: every two columns have the same correlation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, Codes
from .correlated import OneCorrelation


class CompoundSymmetry(OneCorrelation):
    """C_ij = rho."""

    @property
    def lowest(self) -> float:
        return -1.0 / (self.width - 1)

    def matrices(self, rho: float) -> tuple[Array, Array, Array]:
        off = 1.0 - np.eye(self.width)
        return np.eye(self.width) + rho * off, off, np.zeros_like(off)

    def equal_variances(self) -> Array:
        return np.array([np.eye(self.width), np.full((self.width, self.width), 1.0 / self.width)])

    @cached_property
    def theta_places(self) -> Codes:
        """Where hom, a column of the template has one number on the diagonal and one below it."""
        if not self.hom:
            return super().theta_places
        rows, columns = np.indices((self.width, self.width))
        return np.where(rows < columns, -1, 2 * columns + (rows > columns))

    def entry_name(self, group: str, columns: Sequence[str], i: int, j: int) -> str:
        return f"{group}.*.{columns[j]}" if self.hom and i > j else super().entry_name(group, columns, i, j)

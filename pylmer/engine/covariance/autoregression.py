"""First-order autoregression: columns a step further apart are less correlated by the factor rho."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, Codes
from .correlated import NEAREST, OneCorrelation


class Autoregression(OneCorrelation):
    """C_ij = rho^|i - j|."""

    @property
    def lowest(self) -> float:
        return -1.0

    def rho(self, eta: float) -> tuple[float, float, float]:
        rho = float(np.tanh(eta))
        return rho, 1 - rho**2, -2 * rho * (1 - rho**2)

    def eta(self, rho: float) -> float:
        return float(np.arctanh(np.clip(rho, -1 + NEAREST, 1 - NEAREST)))

    def matrices(self, rho: float) -> tuple[Array, Array, Array]:
        lag = np.abs(np.subtract.outer(np.arange(self.width), np.arange(self.width))).astype(float)
        first = lag * np.power(rho, np.maximum(lag - 1, 0))
        second = lag * (lag - 1) * np.power(rho, np.maximum(lag - 2, 0))
        return np.power(rho, lag), first, second

    @cached_property
    def theta_places(self) -> Codes:
        """Where hom, all columns of the template but the first have the same numbers, from the diagonal down."""
        if not self.hom:
            return super().theta_places
        rows, columns = np.indices((self.width, self.width))
        lag = rows - columns
        return np.where(lag < 0, -1, np.where(columns == 0, rows, self.width + lag))

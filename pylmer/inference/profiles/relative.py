"""What is held need not be a coordinate of the deviance: x = w exp(-m t - k u) is, with t = log sigma.

A standard deviation w gives x = w exp(-t); a covariance w = sigma^2 c exp(u) gives c = w exp(-2t - u).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array


@dataclass(frozen=True)
class Relative:
    """The powers m of sigma and k of exp(u) that w is divided by; `u` is the number of the coordinate u."""

    m: int
    k: int = 0
    u: int = 0

    def unit(self, t: float, u: float) -> float:
        """dx/dw = x/w."""
        return float(np.exp(-self.m * t - self.k * u))

    def chained(self, g: Array, H: Array, i: int, t: int, w: float, unit: float) -> tuple[Array, Array]:
        """Score and Hessian with w in place of x, coordinate number i; t is the number of log sigma."""
        powers = np.zeros(len(g))
        powers[t] = self.m
        powers[self.u] += self.k
        x, unit_w = w * unit, np.eye(len(g))[i]
        slope = unit * unit_w - x * powers
        bend = x * np.outer(powers, powers) - unit * (np.outer(unit_w, powers) + np.outer(powers, unit_w))
        J = np.eye(len(g))
        J[i] = slope
        return J.T @ g, J.T @ H @ J + g[i] * bend


ITSELF = Relative(0)

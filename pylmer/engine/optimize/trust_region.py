"""The quadratic model of a criterion within a ball: the exact trust-region step (More & Sorensen 1983)."""

from __future__ import annotations

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array


def trust_step(g: Array, H: Array, radius: float) -> tuple[Array, float, bool]:
    """The minimizer of g's + s'Hs/2 over |s| <= radius, the decrease it promises, and whether it lies inside.

    Exact, by eigendecomposition (More & Sorensen 1983); in the hard case the lowest eigenvector leads to the boundary.
    NumericalError where g or H is not finite.
    """
    if len(g) == 0:
        return g, 0.0, True
    if not (np.isfinite(H).all() and np.isfinite(g).all()):
        raise NumericalError("the score or the information is not finite")
    values, vectors = np.linalg.eigh(H)
    c = vectors.T @ g
    inside = bool(values[0] > 0 and np.linalg.norm(c / values) <= radius)
    s = -c / values if inside else boundary_step(c, values, radius)
    return vectors @ s, -float(c @ s + 0.5 * values @ s**2), inside


def boundary_step(c: Array, values: Array, radius: float) -> Array:
    """The step of length `radius` in the eigenvectors' coordinates."""
    scale = max(float(np.max(np.abs(values))), float(np.linalg.norm(c)) / radius, 1e-300)
    low = max(0.0, -values[0])
    lowest = values - values[0] <= 1e-10 * scale
    if values[0] <= 0 and np.linalg.norm(c[lowest]) <= 1e-12 * max(float(np.linalg.norm(c)), scale * radius):
        s = np.where(lowest, 0.0, -c / np.where(lowest, 1.0, values + low))
        length = float(np.linalg.norm(s))
        if length < radius:
            s[0] += np.sqrt(radius**2 - length**2)
            return s
    high = low + float(np.linalg.norm(c)) / radius + 1e-12 * scale
    mu = high
    for _ in range(100):  # Newton on 1 / radius - 1 / |s(mu)|, halving where it leaves the bracket
        shifted = values + mu
        length = float(np.linalg.norm(c / shifted))
        if abs(length - radius) <= 1e-12 * radius or high - low <= 1e-15 * high:
            break
        low, high = (mu, high) if length > radius else (low, mu)
        slope = float(np.sum(c**2 / shifted**3))
        mu = mu + (length / radius - 1) * length**2 / slope if slope > 0 else high  # it may underflow
        if not low < mu < high:
            mu = 0.5 * (low + high)
    return np.asarray(-c / (values + mu))

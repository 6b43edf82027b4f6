"""Trust-region steps of many runs at once: `trust.trust_step` with a leading axis."""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array, transposed
from ..covariance.points import Mask
from ..optimize.trust_region import boundary_step

LEAST = 1e-90  # a shifted eigenvalue whose cube is a number


def trust_steps(g: Array, H: Array, radius: Array) -> tuple[Array, Array, Mask]:
    """Minimizers (m, k) of g's + s'Hs/2 over |s| <= radius, the decreases they promise (m,), whether they lie inside.

    g is (m, k), H (m, k, k), radius (m,).
    """
    values, vectors = np.linalg.eigh(H)
    c = (transposed(vectors) @ g[:, :, None])[:, :, 0]
    positive = values[:, 0] > 0
    s = -c / np.where(positive[:, None], values, 1.0)
    inside = positive & (np.linalg.norm(s, axis=1) <= radius)
    outside = np.flatnonzero(~inside)
    if len(outside):
        s[outside] = _boundary_steps(c[outside], values[outside], radius[outside])
    decrease = -np.sum(c * s + 0.5 * values * s**2, axis=1)
    return (vectors @ s[:, :, None])[:, :, 0], decrease, inside


def _boundary_steps(c: Array, values: Array, radius: Array) -> Array:
    """Steps of length `radius` in the eigenvectors' coordinates: |c / (values + mu)| = radius by Newton on 1 / length.

    The bracket is kept by halving. The hard case, in which c has no part along the lowest eigenvector, is left to the
    step of one run.
    """
    size = np.linalg.norm(c, axis=1)
    scale = np.maximum(np.maximum(np.max(np.abs(values), axis=1), size / radius), 1e-300)
    low = np.maximum(0.0, -values[:, 0])
    high = low + size / radius + 1e-12 * scale
    mu = high.copy()
    for _ in range(100):
        shifted = np.maximum(values + mu[:, None], LEAST)
        length = np.sqrt(np.sum((c / shifted) ** 2, axis=1))
        if np.all((np.abs(length - radius) <= 1e-10 * radius) | (high - low <= 1e-15 * high)):
            break
        low, high = np.where(length > radius, mu, low), np.where(length > radius, high, mu)
        slope = np.maximum(np.sum(c**2 / shifted**3, axis=1), 1e-300)
        trial = mu + (length / radius - 1) * length**2 / slope
        mu = np.where((low < trial) & (trial < high), trial, 0.5 * (low + high))
    s = -c / np.maximum(values + mu[:, None], LEAST)
    for i in np.flatnonzero((values[:, 0] <= 0) & (np.abs(c[:, 0]) <= 1e-8 * np.maximum(size, scale * radius))):
        s[i] = boundary_step(c[i], values[i], float(radius[i]))
    return np.asarray(s)

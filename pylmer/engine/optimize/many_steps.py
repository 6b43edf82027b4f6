"""Steps and secant corrections of many runs at once, as `trust_region` finds those of one.

Arrays have a leading axis of runs: a vector is (m, k), a matrix (m, k, k).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...numerics.linalg import Array, Mask, transposed
from .trust_region import LEAST, ROUNDED, Slopes


def trust_steps(g: Array, H: Array, radius: Any) -> tuple[Array, Any, Any]:
    """Minimizers of g's + s'Hs/2 over |s| <= radius, the decreases they promise, whether they lie inside.

    g is (m, k), H (m, k, k), radius (m,).
    """
    values, vectors = np.linalg.eigh(H)
    c = times(transposed(vectors), g)
    s, inside = _steps_along(c, values, radius)
    return times(vectors, s), -inner(s, c + 0.5 * values * s), inside


def _steps_along(c: Array, values: Array, radius: Any) -> tuple[Array, Any]:
    """The steps in the coordinates of the eigenvectors, in which g is c, and whether they lie inside."""
    s = -c / (values + (values == 0))
    inside = (values[..., 0] > 0) & (np.sqrt(inner(s, s)) <= radius)
    if not inside.all():
        out = np.logical_not(inside)
        s[out] = _boundary_steps(c[out], values[out], np.asarray(radius)[out])
    return s, inside


def _boundary_steps(c: Array, values: Array, radius: Array) -> Array:
    """Steps (m, k) of length `radius` (m,) in the eigenvectors' coordinates, of m runs."""
    size = np.linalg.norm(c, axis=1)
    scale = np.maximum(np.maximum(np.max(np.abs(values), axis=1), size / radius), 1e-300)
    s, hard = _hard_cases(c, values, radius, scale)
    soft = ~hard
    if soft.any():
        mu = _shifts(c[soft], values[soft], radius[soft], scale[soft])
        s[soft] = -c[soft] / np.maximum(values[soft] + mu[:, None], LEAST)
    return s


def _hard_cases(c: Array, values: Array, radius: Array, scale: Array) -> tuple[Array, Mask]:
    """Steps where c has no part along the lowest eigenvectors, which then lead to the boundary; where that is so."""
    flat = values[:, 0] <= 0
    if not flat.any():
        return np.empty_like(c), flat
    lowest = values - values[:, :1] <= 1e-10 * scale[:, None]
    part = np.linalg.norm(np.where(lowest, c, 0.0), axis=1)
    s = np.where(lowest, 0.0, -c / np.where(lowest, 1.0, values + np.maximum(0.0, -values[:, :1])))
    length = np.linalg.norm(s, axis=1)
    none = part <= 1e-12 * np.maximum(np.linalg.norm(c, axis=1), scale * radius)
    hard = flat & none & (length < radius)
    s[:, 0] += np.where(hard, np.sqrt(np.maximum(radius**2 - length**2, 0.0)), 0.0)
    return s, hard


def _shifts(c: Array, values: Array, radius: Array, scale: Array) -> Array:
    """mu with |c / (values + mu)| = radius: Newton on 1 / |s(mu)|, which is concave, from below.

    Halved where rounding leads out of the bracket.
    """
    low = np.maximum(0.0, -values[:, 0])
    high = low + np.linalg.norm(c, axis=1) / radius + 1e-12 * scale
    mu = np.minimum(np.maximum(low, np.max(np.abs(c) / radius[:, None] - values, axis=1)), high)
    for _ in range(100):
        shifted = np.maximum(values + mu[:, None], LEAST)
        ratio = (c / shifted) ** 2
        length = np.sqrt(ratio.sum(axis=1))
        if np.all((np.abs(length - radius) <= ROUNDED * radius) | (high - low <= 1e-15 * high)):
            break
        low, high = np.where(length > radius, mu, low), np.where(length > radius, high, mu)
        slope = np.maximum((ratio / shifted).sum(axis=1), 1e-300)
        trial = mu + (length / radius - 1) * length**2 / slope
        mu = np.where((low < trial) & (trial < high), trial, 0.5 * (low + high))
    return np.asarray(mu)


def secants(E: Array, old: Slopes, new: Slopes, step: Array, same_chart: Mask) -> Array:
    """`trust_region.secant` of each run: E (m, k, k), step (m, k), same_chart (m,)."""
    missed = new.gradient - old.gradient - times((old.information + new.information) / 2 + E, step)
    along = inner(missed, step)
    kept = along**2 <= 1e-12 * inner(missed, missed) * inner(step, step)
    update = missed[:, :, None] * missed[:, None] / np.where(kept, 1.0, along)[:, None, None]
    corrected = np.where(kept[:, None, None], E, E + update)
    large = (largest(corrected) > largest(new.information)) & np.logical_not(kept)
    return np.where((large | np.logical_not(same_chart))[:, None, None], 0.0, corrected)


def inner(a: Array, b: Array) -> Array:
    """a'b of each run: (m,)."""
    return np.asarray(np.sum(a * b, axis=-1))


def times(A: Array, x: Array) -> Array:
    """A x of each run: (m, k)."""
    return np.asarray((A @ x[..., None])[..., 0])


def largest(A: Array) -> Array:
    """The largest entry of A (m, k, k), of each run."""
    return np.asarray(np.abs(A).max(axis=(-2, -1)))

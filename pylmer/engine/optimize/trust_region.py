"""One policy of trust-region Newton: steps, radii, secant corrections and when to stop, of one run or of many at once.

Arrays may have a leading axis of runs: a number of one run is an array (m,) of many, a vector (k,) is (m, k), a matrix
(k, k) is (m, k, k). The descent of one criterion (`newton`) and that of many responses (`many_responses.descent`) ask
the same functions (engine.md section 2, e to h; Conn, Gould & Toint 2000, chapter 6).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Mask, eigen, transposed

STOP = 1e-11  # predicted decrease, in units of the deviance, below which no step is worth taking
KEPT = 1e-4  # part of the promised decrease that a step must keep to be taken
NEAR = 1.0  # promised decrease, in units of the deviance, from which on the quadratic model is corrected
SMALLEST_RADIUS = 0.3  # that a descent begins with
LEAST = 1e-90  # a shifted eigenvalue whose cube is a number
ROUNDED = 1e-12  # relative error of the length of a step to the boundary


class Slopes(Protocol):
    """Where runs stand, as far as corrections ask: score and information."""

    @property
    def gradient(self) -> Array: ...

    @property
    def information(self) -> Array: ...


# --- policy -----------------------------------------------------------------------------------------------------------


def first_radius(extent: Any) -> Any:
    """The radius to begin with, where parameters are as large as `extent`."""
    return np.maximum(0.5 * extent, SMALLEST_RADIUS)


def negligible(decrease: Any, inside: Any, noise: Any, least: float = STOP) -> Any:
    """Whether a step promises no decrease that the arithmetic could show: on the boundary the noise is allowed."""
    return (decrease <= least) | (decrease <= noise * (1 - 0.99 * inside))


def final(inside: Any, radius: Any, extent: Any) -> Any:
    """Whether a negligible step ends a run: on the boundary it shows a flat ridge, unless the radius is small."""
    return inside | (radius >= 0.1 * extent)


def blurred(decrease: Any, noise: Any) -> Any:
    """Whether the promise is so near the noise that values cannot judge a step: the score does, by what it leaves."""
    return decrease < 10 * noise


def stuck(left: Any, decrease: Any) -> Any:
    """Whether a blurred step leaves too much of its promise still to be gained to have been worth taking."""
    return left > 0.5 * decrease


def worst(value: Any, decrease: Any) -> Any:
    """The value that a step must lead below to be taken."""
    return value - KEPT * decrease


def radii(radius: Any, length: Any, ratio: Any) -> Any:
    """The next radius, after a step of this length with this ratio of decrease found to decrease promised."""
    longer = 1 + ((ratio > 0.75) & (length > 0.8 * radius)) * (1 + 2 * (ratio > 0.9))
    failed = ratio < 0.25
    return failed * (length / 4) + (1 - failed) * (radius * longer)


def secants(E: Array, old: Slopes, new: Slopes, step: Array, same_chart: Any, keep: bool = False) -> Array:
    """E, which corrects the information, with a symmetric rank-one correction of what the average information missed.

    Nothing is left of it where the chart has turned, or, unless it is to be kept, where it would outweigh the
    information.
    """
    missed = new.gradient - old.gradient - times((old.information + new.information) / 2 + E, step)
    along = inner(missed, step)
    kept = along**2 <= 1e-12 * inner(missed, missed) * inner(step, step)
    update = missed[..., :, None] * missed[..., None, :] / spread(np.where(kept, 1.0, along), E)
    corrected = chosen(kept, E, E + update)
    large = (largest(corrected) > largest(new.information)) & np.logical_not(kept) & (not keep)
    return chosen(large | np.logical_not(same_chart), np.zeros_like(E), corrected)


# --- one run, or many -------------------------------------------------------------------------------------------------


def inner(a: Array, b: Array) -> Any:
    """a'b of each run, for a, b (k,) or (m, k)."""
    return a @ b if a.ndim == 1 else np.sum(a * b, axis=-1)


def times(A: Array, x: Array) -> Array:
    """A x of each run, for A (k, k) or (m, k, k)."""
    return np.asarray(A @ x if x.ndim == 1 else (A @ x[..., None])[..., 0])


def largest(A: Array) -> Any:
    """The largest entry of A (k, k) or (m, k, k), of each run."""
    return np.abs(A).max() if A.ndim == 2 else np.abs(A).max(axis=(-2, -1))


def spread(number: Any, like: Array) -> Any:
    """A number of each run beside what it has in `like`."""
    return number if np.ndim(number) == 0 else number.reshape(len(number), *(1,) * (like.ndim - 1))


def chosen(condition: Any, one: Array, other: Array) -> Array:
    """`one` of the runs for which the condition holds, `other` of the others."""
    if np.ndim(condition) == 0:
        return one if condition else other
    return np.where(spread(condition, one), one, other)


# --- steps ------------------------------------------------------------------------------------------------------------


def trust_step(g: Array, H: Array, radius: float) -> tuple[Array, float, bool]:
    """`trust_steps` of one run: g (k,), H (k, k). NumericalError where g or H is not finite."""
    if len(g) == 0:
        return g, 0.0, True
    if not (np.isfinite(H).all() and np.isfinite(g).all()):
        raise NumericalError("the score or the information is not finite")
    values, vectors = eigen(H)
    c = g @ vectors
    s, inside = _steps_along(c, values, radius)
    return vectors @ s, float(-(s @ (c + 0.5 * values * s))), bool(inside)


def trust_steps(g: Array, H: Array, radius: Any) -> tuple[Array, Any, Any]:
    """Minimizers of g's + s'Hs/2 over |s| <= radius, the decreases they promise, whether they lie inside.

    Exact, by eigendecomposition (More & Sorensen 1983); g is (m, k), H (m, k, k), radius (m,), or those of one run.
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

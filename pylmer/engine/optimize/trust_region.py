"""One policy of trust-region Newton: steps, radii, secant corrections and when to stop.

The descent of one criterion (`newton`) and that of many responses (`many_responses.descent`) ask the same functions:
where their arguments are `Any`, a number of one run may be an array (m,) of many. Steps and corrections of many runs
are in `many_steps`. Source: engine.md section 2, e to h; Conn, Gould & Toint 2000, chapter 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, eigen

STOP = 1e-12  # predicted decrease, in units of the deviance, below which no step is worth taking
KEPT = 1e-4  # part of the promised decrease that a step must keep to be taken
NEAR = 0.01  # promised decrease, in units of the deviance, from which on the quadratic model is corrected: what longer
# steps miss is the third derivative's, not the information's
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


def secant(E: Array, old: Slopes, new: Slopes, step: Array, same_chart: bool, keep: bool = False) -> Array:
    """E, which corrects the information, with a symmetric rank-one correction of what the average information missed.

    Nothing is left of it where the chart has turned, or, unless it is to be kept, where it would outweigh the
    information.
    """
    if not same_chart:
        return np.zeros_like(E)
    missed = new.gradient - old.gradient - (0.5 * (old.information + new.information) + E) @ step
    along = float(missed @ step)
    if along**2 <= 1e-12 * float(missed @ missed) * float(step @ step):
        return E
    corrected = E + missed[:, None] * (missed / along)
    outweighs = not keep and np.abs(corrected).max() > np.abs(new.information).max()
    return np.zeros_like(E) if outweighs else corrected


# --- steps ------------------------------------------------------------------------------------------------------------


def trust_step(g: Array, H: Array, radius: float) -> tuple[Array, float, bool]:
    """The minimizer s of g's + s'Hs/2 over |s| <= radius, the decrease it promises, whether it lies inside.

    Exact, by eigendecomposition (More & Sorensen 1983), then in plain numbers: parameters are few, and numpy's calls
    cost more than they compute. NumericalError where g (k,) or H (k, k) is not finite.
    """
    if len(g) == 0:
        return g, 0.0, True
    if not math.isfinite(np.add.reduce(H, axis=None) + np.add.reduce(g)) and not _finite(g, H):
        raise NumericalError("the score or the information is not finite")
    return step_along(g, *eigen(H), radius)


def _finite(*arrays: Array) -> bool:
    return all(np.isfinite(each).all() for each in arrays)


def step_along(g: Array, values: Array, vectors: Array, radius: float) -> tuple[Array, float, bool]:
    """`trust_step` where the eigenvalues (k,) and vectors (k, k) of H are known."""
    s, decrease, inside = one_step((g @ vectors).tolist(), values.tolist(), radius)
    return vectors @ np.array(s), decrease, inside


def one_step(c: Sequence[float], values: Sequence[float], radius: float) -> tuple[Sequence[float], float, bool]:
    """The minimizer s of c's + s'diag(values) s/2 over |s| <= radius, the decrease it promises, whether it lies inside.

    values are ascending: eigenvalues, in the coordinates of whose vectors c and s are (More & Sorensen 1983).

    >>> one_step([2.0, -1.0], [1.0, 4.0], 10.0)
    ([-2.0, 0.25], 2.125, True)
    """
    s: Sequence[float] = [-slope / (value or 1.0) for slope, value in zip(c, values, strict=True)]
    inside = values[0] > 0 and math.hypot(*s) <= radius
    if not inside:
        s = _to_boundary(c, values, radius)
    decrease = -math.fsum(step * (slope + 0.5 * value * step) for step, slope, value in zip(s, c, values, strict=True))
    return s, decrease, inside


def _to_boundary(c: Sequence[float], values: Sequence[float], radius: float) -> Sequence[float]:
    size = math.hypot(*c)
    scale = max(-values[0], values[-1], size / radius, 1e-300)
    if values[0] <= 0:
        s = _hard_case(c, values, radius, max(size, scale * radius), 1e-10 * scale)
        if s is not None:
            return s
    mu = _shift(c, values, radius, size, scale)
    return [-slope / max(value + mu, LEAST) for slope, value in zip(c, values, strict=True)]


def _hard_case(
    c: Sequence[float], values: Sequence[float], radius: float, unit: float, same: float
) -> Sequence[float] | None:
    """The step where c has no part along the lowest eigenvectors, which then lead to the boundary; else None."""
    lowest = values[0]
    flat = sum(value - lowest <= same for value in values)
    if math.hypot(*c[:flat]) > 1e-12 * unit:
        return None
    s = [0.0] * flat + [-slope / (value - lowest) for slope, value in zip(c[flat:], values[flat:], strict=True)]
    length = math.hypot(*s)
    if length >= radius:
        return None
    s[0] += math.sqrt(max(radius**2 - length**2, 0.0))
    return s


def _shift(c: Sequence[float], values: Sequence[float], radius: float, size: float, scale: float) -> float:
    """mu with |c / (values + mu)| = radius: Newton on 1 / |s(mu)|, which is concave, from below.

    Halved where rounding leads out of the bracket.
    """
    low = max(0.0, -values[0])
    high = low + size / radius + 1e-12 * scale
    mu = min(max(low, *(abs(slope) / radius - value for slope, value in zip(c, values, strict=True))), high)
    for _ in range(100):
        shifted = [max(value + mu, LEAST) for value in values]
        steps = [slope / each for slope, each in zip(c, shifted, strict=True)]
        length = math.hypot(*steps)
        if abs(length - radius) <= ROUNDED * radius or high - low <= 1e-15 * high:
            break
        low, high = (mu, high) if length > radius else (low, mu)
        slope = math.fsum(step * step / each for step, each in zip(steps, shifted, strict=True))
        trial = mu + (length / radius - 1) * length**2 / max(slope, 1e-300)
        mu = trial if low < trial < high else 0.5 * (low + high)
    return mu

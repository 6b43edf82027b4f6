"""Profile curves: the signed root zeta of a deviance difference as a monotone spline of the held argument.

A curve is kept in the coordinate w in which the argument was held, where it is smooth up to the limits of the
argument: w is the standard deviation itself, the arcsine of a correlation, log sigma, a fixed effect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ...numerics.linalg import Array, Mask

HALVINGS = 60
NEARLY = 0.02  # how far in zeta beyond its knots a curve is continued by a straight line


class Scale(Protocol):
    """An increasing function w -> psi."""

    def psi(self, w: Array) -> Array:
        """The argument in the user's terms."""

    def w(self, psi: Array) -> Array:
        """The inverse."""


@dataclass(frozen=True)
class Linear:
    """psi = origin + unit w.

    >>> Linear(2.0, 1.0).psi(np.array([3.0])).tolist()
    [7.0]
    """

    unit: float
    origin: float = 0.0

    def psi(self, w: Array) -> Array:
        return np.asarray(self.origin + self.unit * w)

    def w(self, psi: Array) -> Array:
        return np.asarray((psi - self.origin) / self.unit)


@dataclass(frozen=True)
class Sine:
    """psi = sin w."""

    def psi(self, w: Array) -> Array:
        return np.asarray(np.sin(w))

    def w(self, psi: Array) -> Array:
        return np.asarray(np.arcsin(np.clip(psi, -1, 1)))


@dataclass(frozen=True)
class Exponential:
    """psi = exp w."""

    def psi(self, w: Array) -> Array:
        return np.exp(w)

    def w(self, psi: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(psi, 0.0))


@dataclass(frozen=True)
class Squared:
    """psi^2 of another scale that is never negative."""

    inner: Scale

    def psi(self, w: Array) -> Array:
        return self.inner.psi(w) ** 2

    def w(self, psi: Array) -> Array:
        return self.inner.w(np.sqrt(np.maximum(psi, 0.0)))


@dataclass(frozen=True)
class Logarithm:
    """log psi of another scale that is never negative."""

    inner: Scale

    def psi(self, w: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(self.inner.psi(w))

    def w(self, psi: Array) -> Array:
        return self.inner.w(np.exp(psi))


@dataclass(frozen=True, eq=False)
class Curve:
    """zeta (r,) and its slope dzeta/dw (r,) at knots w (r,), increasing; cubic between, straight lines beyond.

    lowest, highest are the limits of w, `reached` by nodes or not: zeta may stay flat up to there. A curve without
    knots is that of an argument of which the data say nothing.
    """

    scale: Scale
    knots: Array
    zeta: Array
    slope: Array
    lowest: float
    highest: float
    reached: tuple[bool, bool] = (False, False)

    def forward(self, psi: Array | float) -> Array:
        """The argument in the user's terms -> zeta."""
        return self._zeta(self.scale.w(np.asarray(psi, float)))

    def backward(self, zeta: Array | float) -> Array:
        """zeta -> the argument in the user's terms; NaN beyond the curve."""
        targets = np.asarray(zeta, float)
        width = self.knots[-1] - self.knots[0]  # where zeta is flat, 1 / slope knows no end
        spare = [min(NEARLY / slope, width) if slope > 0 else 0.0 for slope in (self.slope[0], self.slope[-1])]
        low = np.full(targets.shape, max(self.knots[0] - spare[0], self.lowest))
        high = np.full(targets.shape, min(self.knots[-1] + spare[1], self.highest))
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            below = self._zeta(middle) < targets
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        inside = (targets >= self._zeta(low)) & (targets <= self._zeta(high))
        return np.where(inside, self.scale.psi(0.5 * (low + high)), np.nan)

    def limits(self, low: float, high: float) -> tuple[Array, Mask]:
        """The arguments at two values of zeta (2,), and mask (2,) of those that are ends of its range: zeta ends
        before."""
        inner = np.full(2, np.nan)
        if len(self.knots) > 1:
            inner = self.backward(np.array([low, high]))
        ended = np.isnan(inner) & (self.reached if len(self.knots) else True)
        return np.where(ended, self.ends(), inner), ended

    def ends(self) -> Array:
        """The argument's range (2,)."""
        return self.scale.psi(np.array([self.lowest, self.highest]))

    def at_ends(self) -> tuple[float, float]:
        """zeta at the ends of the range, if they were reached: the largest there is."""
        return (float(self.zeta[0]), float(self.zeta[-1])) if len(self.knots) else (0.0, 0.0)

    def on(self, scale: Scale) -> Curve:
        """The same curve in other terms."""
        return replace(self, scale=scale)

    def _zeta(self, w: Array) -> Array:
        """Cubic Hermite interpolation, slopes limited where it would not be monotone (Fritsch & Carlson 1980)."""
        x, y = self.knots, self.zeta
        width, secant = np.diff(x), np.diff(y) / np.diff(x)
        at = np.clip(np.searchsorted(x, w, side="right") - 1, 0, len(x) - 2)
        u = (np.clip(w, x[0], x[-1]) - x[at]) / width[at]
        left = np.clip(self.slope[:-1], 0.0, 3 * secant)[at] * width[at]
        right = np.clip(self.slope[1:], 0.0, 3 * secant)[at] * width[at]
        rise = y[at + 1] - y[at]
        inner = y[at] + u * (left + u * (3 * rise - 2 * left - right + u * (left + right - 2 * rise)))
        beyond = np.where(w < x[0], self.slope[0] * (w - x[0]), np.where(w > x[-1], self.slope[-1] * (w - x[-1]), 0.0))
        return np.asarray(inner + beyond)

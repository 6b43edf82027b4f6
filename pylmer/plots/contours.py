"""Contours of the likelihood of two parameters, from their profile traces (Bates & Watts 1988, appendix 6).

On the scale of zeta a contour at c is written tau_x = c cos(a + d/2), tau_y = c cos(a - d/2), d a periodic function of
the angle a. The traces cross it where tau_x = +-c and where tau_y = +-c: four places at which both angles are known.
For straight traces tau_y = r tau_x, tau_x = r tau_y, as in a normal likelihood, d = arccos r and it is an ellipse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..inference import LikelihoodProfile
from ..inference.profiles.curves import Curve
from ..numerics.linalg import Array

POINTS = 201


@dataclass(frozen=True, eq=False)
class Trace:
    """Where the deviance is smallest with one zeta held: `other` (r,) at `held` (r,), increasing."""

    held: Array
    other: Array

    def __call__(self, tau: Array | float) -> Array:
        """The other zeta; beyond its ends the trace stays."""
        from scipy.interpolate import PchipInterpolator

        inside = np.clip(np.asarray(tau, float), self.held[0], self.held[-1])
        return np.asarray(PchipInterpolator(self.held, self.other)(inside))


@dataclass(frozen=True, eq=False)
class TracePair:
    """Two parameters: their curves, tau_y as a function of tau_x, and tau_x as a function of tau_y."""

    x: Curve
    y: Curve
    y_of_x: Trace
    x_of_y: Trace


def traces(profile: LikelihoodProfile, x: str, y: str) -> TracePair:
    """The traces of two parameters of a profile."""
    curves = profile.curves
    return TracePair(curves[x], curves[y], _trace(profile, x, y), _trace(profile, y, x))


def _trace(profile: LikelihoodProfile, held: str, other: str) -> Trace:
    rows = profile.frame[profile.frame[".par"] == held]
    rows = rows[rows[other].notna()]  # a correlation means nothing where its standard deviation is held at zero
    tau, at = np.unique(rows[".zeta"].to_numpy(), return_index=True)
    if len(tau) < 2:
        raise ArgumentError(
            f"plot_profile(): no trace of {other} with {held} held: logProf() leaves out the rows in which a standard "
            "deviation is zero; draw the pairs of the profile itself, or of varianceProf()"
        )
    return Trace(tau, profile.curves[other].forward(rows[other].to_numpy()[at]))


def contour(found: TracePair, c: float) -> tuple[Array, Array]:
    """The contour at zeta = c: tau_x and tau_y, (POINTS,) each, closed.

    >>> line = Trace(np.array([-3.0, 3.0]), np.array([-1.5, 1.5]))
    >>> tau_x, tau_y = contour(TracePair(None, None, line, line), 2.0)
    >>> bool(np.allclose(tau_x**2 - tau_x * tau_y + tau_y**2, 4 * 0.75))
    True
    """
    from scipy.interpolate import CubicSpline

    right, left = (_angle(found.y_of_x, c, sign) for sign in (1, -1))
    top, bottom = (_angle(found.x_of_y, c, sign) for sign in (1, -1))
    alpha_x = np.array([0.0, top, np.pi, 2 * np.pi - bottom, 2 * np.pi])
    alpha_y = np.array([-right, 0.0, left, np.pi, 2 * np.pi - right])
    d = CubicSpline((alpha_x + alpha_y) / 2, alpha_x - alpha_y, bc_type="periodic")
    a = np.linspace(0, 2 * np.pi, POINTS)
    return c * np.cos(a + d(a) / 2), c * np.cos(a - d(a) / 2)


def _angle(trace: Callable[[float], Array], c: float, sign: int) -> float:
    """arccos(tau / c) of the other parameter where this one is +c or -c."""
    return float(np.arccos(np.clip(trace(sign * c) / c, -0.999, 0.999)))

"""confint of generalized linear models: Wald's limits, and those of the likelihood profile.

The profile holds one coefficient at b and maximizes over the others; zeta(b) = sign(b - b^) sqrt((D(b) - D^)/phi) is
followed to the quantile of the normal law (Venables & Ripley 2002, 8.4) by Newton's method, whose slope needs no
further fit: dD/db = 2 x_k'g at the constrained optimum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..engine.generalized.glm_fit import GlmData, GlmPoint, fit_glm
from ..errors import ArgumentError, NumericalError, note
from ..fit.linear.generalized import GeneralizedFit
from ..numerics.distributions import two_sided_quantile
from ..numerics.linalg import Array
from ..text.arguments import check_level, is_one_of, written
from .intervals import chosen, confint, limit_names, limit_table

STEPS = 60
CLOSE = 1e-10  # |zeta| - quantile at which a limit is found
FARTHEST = 1e4  # standard errors beyond which a limit is none
LONGEST = 4.0  # factor by which a step may lengthen the distance from the estimate


@confint.register(GeneralizedFit)
def generalized_confint(
    fit: GeneralizedFit, parm: Any = None, level: float = 0.95, method: str = "profile"
) -> pd.DataFrame:
    """Limits of the coefficients, as R's confint: "profile", or "Wald" (R's confint.default), from the normal law.

    A profile that never reaches its quantile, as of a separated response, has an infinite limit, and a note says so.
    """
    if not is_one_of(method, METHODS):
        raise ArgumentError(f"method={written(method)}: confint() of a glm knows {', '.join(map(repr, METHODS))}")
    quantile = float(two_sided_quantile(check_level(level), np.inf))
    rows = chosen(fit.names, 0, parm)
    limits = np.array([METHODS[method](fit, k, quantile) for k in rows]).reshape(-1, 2)
    if np.isinf(limits).any():
        note("the profile of a coefficient does not reach its quantile: that limit is infinite")
    low, high = limit_names(level)
    return limit_table({low: limits[:, 0], high: limits[:, 1]}, [fit.names[k] for k in rows])


def _wald(fit: GeneralizedFit, k: int, quantile: float) -> tuple[float, float]:
    half = quantile * math.sqrt(fit.covariance[k, k])
    return float(fit.beta[k] - half), float(fit.beta[k] + half)


def _profiled(fit: GeneralizedFit, k: int, quantile: float) -> tuple[float, float]:
    if k not in fit.kept:
        return math.nan, math.nan
    profile = Profile(fit, int(np.flatnonzero(fit.kept == k)[0]))
    return profile.limit(-quantile), profile.limit(quantile)


METHODS: dict[str, Callable[[GeneralizedFit, int, float], tuple[float, float]]] = {
    "profile": _profiled,
    "Wald": _wald,
}


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile of the coefficient at place k among those that have an estimate."""

    fit: GeneralizedFit
    k: int

    @property
    def centre(self) -> float:
        return float(self.fit.optimum.beta[self.k])

    @property
    def error(self) -> float:
        return math.sqrt(self.fit.dispersion * self.fit.unscaled[self.k, self.k])

    def limit(self, wanted: float) -> float:
        """b with zeta(b) = wanted; infinite where zeta does not get there, NaN without a dispersion."""
        if not (math.isfinite(self.error) and self.error > 0):
            return math.nan
        side, t, at = math.copysign(1.0, wanted), abs(wanted), self.fit.optimum.at
        inside, outside = 0.0, math.inf  # distances in standard errors
        for _ in range(STEPS):
            if t > FARTHEST:
                return side * math.inf
            found = self.constrained(self.centre + side * t * self.error, at)
            zeta = math.inf if found is None else self.zeta(found)
            if abs(zeta - abs(wanted)) < CLOSE:
                break
            inside, outside = (t, outside) if zeta < abs(wanted) else (inside, t)
            t = self._next(t, zeta, abs(wanted), found, side, inside, outside)
            at = at if found is None else found
            if outside - inside < CLOSE * max(1.0, inside):
                break
        return self.centre + side * t * self.error

    def _next(
        self, t: float, zeta: float, wanted: float, found: GlmPoint | None, side: float, inside: float, outside: float
    ) -> float:
        """Newton's step within the bracket, else its middle; no more than so many times as far."""
        slope = math.nan if found is None else self.slope(found, zeta, side)
        step = t + (wanted - zeta) / slope if slope > 0 else math.nan
        if inside < step < min(outside, LONGEST * t):
            return step
        return min(0.5 * (inside + outside), LONGEST * t)

    def constrained(self, b: float, near: GlmPoint) -> GlmPoint | None:
        """The optimum with the coefficient held at b, begun at another point; None where there is none."""
        data = self.fit.optimum.at.data
        others = np.delete(np.arange(data.X.shape[1]), self.k)
        held = replace(data, X=data.X[:, others], offset=data.offset + b * data.X[:, self.k])
        start = self._along(b)[others]
        for given in (start, near.beta if len(near.beta) == len(others) else None):
            try:
                return fit_glm(held, given if _inside(held, given) else None).at
            except NumericalError:
                continue
        return None

    def _along(self, b: float) -> Array:
        """The coefficients to which the quadratic model of the likelihood leads."""
        column = self.fit.unscaled[:, self.k]
        return np.asarray(self.fit.optimum.beta + (b - self.centre) * column / column[self.k])

    def zeta(self, at: GlmPoint) -> float:
        return math.sqrt(max(at.deviance - self.fit.deviance, 0.0) / self.fit.dispersion)

    def slope(self, at: GlmPoint, zeta: float, side: float) -> float:
        """d zeta / d t at a constrained optimum; that of the quadratic model at the estimate."""
        if zeta <= CLOSE:
            return 1.0
        fall = float(self.fit.optimum.at.data.X[:, self.k] @ at.g)
        return side * self.error * fall / (self.fit.dispersion * zeta)


def _inside(data: GlmData, beta: Array | None) -> bool:
    return beta is not None and data.at(beta) is not None

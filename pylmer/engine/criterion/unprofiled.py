"""The ML deviance with nothing profiled out but the fixed effects: a function of covariances, log sigma and, if asked
for, one combination of fixed effects. It is what a likelihood profile minimizes with one of its arguments held.

    d(t) = log|V| + n (log 2 pi + 2 t) + r2 exp(-2 t),    t = log sigma        (`deviance`)

A combination delta of the fixed effects is held through the columns of X: turned so that delta is the coefficient of
the last one, r2(delta) = r2 + lambda^2 (delta - delta-hat)^2 with lambda the last pivot of the Cholesky factor of
X'V^-1X.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.linalg import Array, symmetric
from ..covariance.points import Points
from .deviance import curvature, deviance_at, joint_hessian, log_sigma_slope
from .profiled import At, Criterion


@dataclass(frozen=True, eq=False)
class Unprofiled(At):
    """The deviance at one place: `t` is log sigma, `delta` the value of the last column's coefficient or None (free).

    Coordinates of `score` and `hessian`: those of the points, then t, then delta if it has a value.
    """

    t: float
    delta: float | None

    @cached_property
    def s2(self) -> float:
        """sigma^2."""
        return float(np.exp(2 * self.t))

    @cached_property
    def _last(self) -> tuple[float, float]:
        """lambda and delta-hat."""
        fixed = self.factorization.fixed
        return float(fixed.L_X[-1, -1]), float(fixed.beta[-1])

    @property
    def r2(self) -> float:
        """The penalized residual sum of squares, delta held."""
        if self.delta is None:
            return self.factorization.fixed.r2
        pivot, best = self._last
        return self.factorization.fixed.r2 + (pivot * (self.delta - best)) ** 2

    @cached_property
    def value(self) -> float:
        """d."""
        gram = self.criterion.gram
        return float(deviance_at(self.factorization.fixed.logdet_V - gram.sum_log_weights, self.r2, gram.n, self.t))

    @cached_property
    def v(self) -> Array:
        """(-beta, 1) with delta held."""
        beta = self.factorization.fixed.beta
        if self.delta is not None:
            beta = beta + self._slope * (self.delta - self._last[1])
        return np.append(-beta, 1.0)

    @cached_property
    def _slope(self) -> Array:
        """dbeta/ddelta: (p,)."""
        L = self.factorization.fixed.L_X
        return np.append(-np.linalg.solve(L[:-1, :-1].T, L[-1, :-1]), 1.0)

    @cached_property
    def Phi(self) -> Array:
        """(X'V^-1X)^-1 of the free coefficients, zero for a held one: (p, p)."""
        L = self.factorization.fixed.L_X
        free = len(L) - (self.delta is not None)
        half = np.linalg.inv(L[:free, :free])
        out = np.zeros(L.shape)
        out[:free, :free] = half.T @ half
        return out

    @cached_property
    def score(self) -> Array:
        """Derivatives of d in all coordinates."""
        own = [log_sigma_slope(self.r2, self.criterion.gram.n, self.s2)]
        if self.delta is not None:
            own.append(self._r2_delta / self.s2)
        return np.concatenate([self.gradient, own])

    @property
    def _r2_delta(self) -> float:
        pivot, best = self._last
        return 2 * pivot**2 * ((self.delta or 0.0) - best)

    @cached_property
    def hessian(self) -> Array:
        """Second derivatives in all coordinates, traces averaged as in `At.information`."""
        WPW, r2_a = self._working
        k, s2 = len(r2_a), self.s2
        out = np.zeros((k + 1 + (self.delta is not None),) * 2)
        out[: k + 1, : k + 1] = joint_hessian(curvature(self.curvature, WPW, s2), r2_a, self.r2, s2)
        if self.delta is not None:
            out[:k, k + 1] = self._mixed / s2
            out[k, k + 1] = -2 * self._r2_delta / s2
            out[k + 1, k + 1] = 2 * self._last[0] ** 2 / s2
        out[k:, :k] = out[:k, k:].T
        out[k + 1 :, k] = out[k, k + 1 :]
        return symmetric(out)

    @property
    def _mixed(self) -> Array:
        """d2 r2 / da ddelta (k,): Z'Py is linear in delta."""
        slope = np.append(-self._slope, 0.0)
        q = self.factorization.modes(slope[:, None])[2]
        out = []
        for term, point in enumerate(self.points):
            factor, here = self.criterion.gram.place[term]
            K = q[factor][:, here, 0].T @ self.ZtPy[factor][:, here]
            out.append(-2 * np.tensordot(point.tangents(), K, axes=2))
        return np.concatenate(out)


def unprofiled(criterion: Criterion, points: Points, t: float, delta: float | None) -> Unprofiled:
    """The deviance at covariances, log sigma, and the coefficient of the last column of X."""
    return Unprofiled(criterion, points, criterion.engine.factorize([point.template() for point in points]), t, delta)

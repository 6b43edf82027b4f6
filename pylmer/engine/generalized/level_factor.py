"""V = A^-1 + Z Sigma Z' of one grouping factor at a template, as a generalized criterion asks for it.

With A = Z'WZ, C = Z'WX of every level and M = I + T'A T: K = T M^-1 T', what is left of the sums, (I - A K) [A C] =
Z'V^-1[Z X], and X'V^-1X = X'WX - sum of C'K C. Of one column all of it is division by the numbers M.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, products_between
from ...numerics.stacks import sum_of_logs
from ..factorization.one_factor import eliminate, scalar_pivots
from .level_arrays import product_from, summed


@dataclass(frozen=True, eq=False)
class LevelFactor:
    """A and C as given; K, left = I - A K, N = Z'V^-1Z (L, L, J), NC = Z'V^-1X (L, p, J); X'V^-1X; log|V|."""

    A: Array
    C: Array
    K: Array
    left: Array
    N: Array
    NC: Array
    XVX: Array
    logdet_V: float

    @classmethod
    def of(cls, T: Array, AC: Array, XWX: Array) -> LevelFactor:
        """At the template T (L, L), [A C] (L, L + p, J); NumericalError where one M is not positive definite."""
        L = len(T)
        if L == 1:
            return cls._of_numbers(float(T[0, 0]), AC, XWX)
        ACI = _with_unit(AC)
        BAh = (T.T @ ACI.reshape(L, -1)).reshape(ACI.shape)
        pivots = eliminate(np.matmul(T.T, BAh[:, :L]), BAh)
        left, BC, B = ACI, BAh[:, L:-L], BAh[:, -L:]
        for row in BAh:
            left -= row[:L, None] * row
        return cls(
            AC[:, :L],
            AC[:, L:],
            product_from(B, B),
            left[:, -L:],
            left[:, :L],
            left[:, L:-L],
            XWX - summed(BC, BC),
            sum_of_logs(pivots),
        )

    @classmethod
    def _of_numbers(cls, t: float, AC: Array, XWX: Array) -> LevelFactor:
        A, C = AC[:, :1], AC[:, 1:]
        pivots = scalar_pivots(t, A)
        left = 1.0 / pivots
        K, NC = left * (t * t), C * left
        return cls(A, C, K, left, A * left, NC, XWX - products_between(C[0] * K[0], C[0]), sum_of_logs(pivots))


def _with_unit(AC: Array) -> Array:
    """[A C I] of every level, (L, L + p, J) -> (L, L + p + L, J)."""
    L, width, J = AC.shape
    out = np.zeros((L, width + L, J))
    out[:, :width] = AC
    for a in range(L):
        out[a, width + a] = 1.0
    return out

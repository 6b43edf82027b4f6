"""The criterion of one grouping factor with two effects at many covariances at once: everything known at a glance.

With A = Z'Z (2, 2) and C = Z'[X y] of a level, and Sigma (2, 2),

    |V| = |I + A Sigma| = 1 + tr(A Sigma) + |A| |Sigma|,
    (I + Sigma A)^-1 Sigma = (Sigma + |Sigma| adj(A)) / |V|,

so that |V| and |V| [X y]'V^-1[X y] are linear in w = (Sigma_11, Sigma_12, Sigma_22, |Sigma|): a thousand covariances,
of whatever rank, are three products of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np

from ...numerics.linalg import Array, Codes, product_by_rows
from ..criterion.deviance import leaves_nothing
from ..criterion.profiled import Criterion
from ..factorization.contract import FixedNumbers

CELLS = 1_000_000  # numbers held at once


@dataclass(frozen=True, eq=False)
class PairMap:
    """Coefficients of w in |V| - 1 of each level (4, J), and in |V| C'KC, on and above its diagonal (J, 4 P)."""

    criterion: Criterion
    determinants: Array
    squares: Array

    @classmethod
    def of(cls, criterion: Criterion) -> PairMap:
        """The sums of a single factor with two columns."""
        (sums,) = criterion.gram.factors
        a, b, c = sums.ZtZ[:, 0, 0], sums.ZtZ[:, 0, 1], sums.ZtZ[:, 1, 1]
        one, two = sums.ZtXy[:, 0], sums.ZtXy[:, 1]
        rows, columns = _above(one.shape[1])
        own = one[:, rows] * one[:, columns], two[:, rows] * two[:, columns]
        crossed = one[:, rows] * two[:, columns] + two[:, rows] * one[:, columns]
        adjoint = c[:, None] * own[0] - b[:, None] * crossed + a[:, None] * own[1]
        determinants = np.array([a, 2 * b, c, np.maximum(a * c - b * b, 0.0)])
        return cls(criterion, determinants, np.concatenate([own[0], crossed, own[1], adjoint], axis=1))

    def values(self, w: Array) -> Array:
        """The criterion at w (m, 4): (m,), infinite where the arithmetic fails."""
        if not len(w):
            return np.zeros(0)
        size = max(1, CELLS // (sum(self.squares.shape) + self.determinants.shape[1]))
        return np.concatenate([self._values(w[at : at + size]) for at in range(0, len(w), size)])

    def _values(self, w: Array) -> Array:
        criterion, gram = self.criterion, self.criterion.gram
        V = product_by_rows(w, self.determinants) + 1.0
        taken = product_by_rows(1.0 / V, self.squares).reshape(len(w), 4, -1)
        rest = gram.XytXy[_above(gram.p + 1)][:, None] - np.matmul(w[:, None], taken)[:, 0].T
        logdet_XtVX, r2 = _eliminated(rest, gram.p)
        r2 = np.where(leaves_nothing(r2, gram.y_square), np.nan, r2)
        d = criterion.deviance(FixedNumbers(r2, np.log(V).sum(axis=1), logdet_XtVX))
        return np.where(np.isfinite(d), d, np.inf)


def squared(T: Array) -> Array:
    """w of Sigma = T T' for T (m, 2, 2): (m, 4).

    >>> squared(np.array([[[2.0, 0.0], [1.0, 3.0]]]))
    array([[ 4.,  2., 10., 36.]])
    """
    a, b, c, d = T[:, 0, 0], T[:, 0, 1], T[:, 1, 0], T[:, 1, 1]
    return np.column_stack([a * a + b * b, a * c + b * d, c * c + d * d, (a * d - b * c) ** 2])


@lru_cache(maxsize=32)
def _above(width: int) -> tuple[Codes, Codes]:
    """Rows and columns of the entries on and above a diagonal, row by row."""
    return np.triu_indices(width)


def _eliminated(rest: Array, p: int) -> tuple[Array, Array]:
    """log|X'V^-1X| and r2 (m,) from the entries of [X y]'V^-1[X y] on and above the diagonal (P, m)."""
    M = dict(zip(combinations_with_replacement(range(p + 1), 2), rest, strict=True))
    logdet = np.zeros(rest.shape[1])
    for k in range(p):
        pivot = np.where(M[k, k] > 0, M[k, k], np.nan)
        logdet += np.log(pivot)
        for i, j in combinations_with_replacement(range(k + 1, p + 1), 2):
            M[i, j] = M[i, j] - M[k, i] * (M[k, j] / pivot)
    return logdet, M[p, p]

"""Where the effects of one factor's levels, each estimated by itself, place their covariance.

Within levels, beta is that of X and Z together, every level having effects of its own; what it leaves of the response
gives b_j = K_j Z_j'(y - X beta) with K_j = (Z_j'Z_j)^-1, which vary by sigma^2 (Sigma + K_j) (Swamy 1970). Columns of X
that are the levels' own (an intercept, predictors of levels) take degrees of freedom from these, others from the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, eigen, products_of_rows
from ..sums.gram import FactorSums, Gram
from .one_factor import eliminate, inverse_roots, squared

RIDGE = 1e-12  # of what a level knows of an effect on average, added to what each knows
WIDE = 100  # columns of X from which there are no moments
OF_LEVELS = 1e-6  # part of a direction of X outside the span of Z up to which it is the levels' own
UNSURE = 5.0  # times the median variance of a level's own effects from which they are left out
FEWEST = 0.5  # degrees of freedom within levels and between them: there is one, or none
LEAST = 0.01  # smallest relative variance of a start
ALIKE = 1 + 1e-6  # the largest tr K over the smallest up to which all levels weigh the same
IGNORED = 1e-10  # of what all levels know of the covariance, added to what they know of each of its entries
MANY = 1_000  # levels from which weighing them costs as much as a step of the descent


@dataclass(frozen=True, eq=False)
class OwnEffects:
    """The levels by themselves, with K = (A + delta I)^-1 of A = Z'Z.

    half   H (L, L, J) with H'H = K;  h  H Z'[X y] of all levels side by side (p + 1, L J)
    sizes  tr K (J,)
    spent  degrees of freedom of all effects, those that no row speaks of left out
    """

    half: Array
    h: Array
    sizes: Array
    spent: float

    @classmethod
    def of(cls, sums: FactorSums, delta: float) -> OwnEffects:
        """Of the sums of one factor, delta being nothing beside what most levels know."""
        L, width = sums.L, sums.ZtXy.shape[2]
        W = np.empty((L, L + width, sums.J))
        W[:, :L], W[:, L:] = np.eye(L)[:, :, None], sums.ZtXy.transpose(1, 2, 0)
        eliminate(sums.ZtZ.transpose(1, 2, 0) / delta, W)
        W /= math.sqrt(delta)
        half = W[:, :L]
        sizes = np.add.reduce(half * half, axis=(0, 1))
        spent = sums.q - delta * float(np.add.reduce(sizes))
        return cls(half, W[:, L:].swapaxes(0, 1).reshape(width, -1), sizes, spent)


def moment_template(gram: Gram, REML: bool) -> Array | None:
    """A square root (L, L) of the relative covariance of one factor's effects, from moments; None of too few rows.

    Where all levels have the same rows, and X no columns but theirs, this is the optimum.
    """
    (sums,), p = gram.factors, gram.p
    delta = RIDGE * float(sums.total.trace()) / sums.q
    if not delta > 0 or p > WIDE:
        return None
    own = OwnEffects.of(sums, delta)
    beta, rest, of_levels = _within(gram, products_of_rows(own.h))
    rows, effects = gram.n - own.spent, float(sums.q)
    if REML:
        rows, effects = rows - (p - of_levels), effects - of_levels
    if min(rows, effects) < FEWEST or rest <= 0:
        return None
    return _root(own, own.h[-1] - beta @ own.h[:-1], rest / rows, effects / sums.q)


def _within(gram: Gram, S: Array) -> tuple[Array, float, int]:
    """beta (p,) within levels, the squares that it leaves there, how many directions of X are the levels' own.

    S is h h' (p + 1, p + 1). X'X is n I, and X'y nothing: columns are scaled, the response is shifted by its fit.
    """
    n, p = gram.n, gram.p
    values, axes = eigen(n * np.eye(p) - S[:p, :p])
    of_levels = int(np.count_nonzero(values <= OF_LEVELS * n))
    values, axes = values[of_levels:], axes[:, of_levels:]
    c = S[p, :p] @ axes
    return -axes @ (c / values), float(gram.XytXy[p, p] - S[p, p] - c @ (c / values)), of_levels


def _root(own: OwnEffects, hy: Array, s2: float, known: float) -> Array:
    """A root (L, L) of the mean over levels of S = b b' / (s2 `known`) - K, weighted where levels differ."""
    half, (L, _, J) = own.half, own.half.shape
    b = np.add.reduce(half * hy.reshape(L, 1, J), axis=0)
    K = squared(half)
    S = b[:, None] * b / (s2 * known) - K
    least, most = np.minimum.reduce(own.sizes), np.maximum.reduce(own.sizes)
    sure = own.sizes <= UNSURE * (least if most <= UNSURE * least else np.partition(own.sizes, J // 2)[J // 2])
    root = _positive(np.add.reduce(S[:, :, sure], axis=2) / np.count_nonzero(sure))
    if J > MANY or most <= ALIKE * least:
        return root
    return _positive(_weighted(S, K, root @ root.T))


def _positive(Sigma: Array) -> Array:
    """A root of the nearest covariance (L, L) that is none too small."""
    values, axes = eigen(Sigma)
    return np.asarray(axes * np.sqrt(np.maximum(values, LEAST)))


def _weighted(S: Array, K: Array, Sigma: Array) -> Array:
    """Sigma after a step of scoring, for S (L, L, J) about Sigma: the sum of W (S - Sigma) W is 0, W = (Sigma + K)^-1.

    Directions of which no level knows anything stay as they are.
    """
    L, _, J = S.shape
    W = squared(inverse_roots(Sigma[:, :, None] + K - np.eye(L)[:, :, None]))
    stack = W.transpose(2, 0, 1)
    slope = np.add.reduce(stack @ (S - Sigma[:, :, None]).transpose(2, 0, 1) @ stack, axis=0)
    WW = products_of_rows(W.reshape(L * L, J)).reshape(L, L, L, L).transpose(0, 3, 1, 2).reshape(L * L, L * L)
    WW = WW + IGNORED * WW.trace() * np.eye(L * L)
    return Sigma + np.linalg.solve(WW, slope.ravel()).reshape(L, L)

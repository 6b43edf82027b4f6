"""Where the effects of one factor's levels, each estimated by itself, place their covariance (Swamy 1970)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...numerics.linalg import Array, eigen
from ..sums.gram import FactorSums, Gram
from .one_factor import eliminate

RIDGE = 1e-10  # of what a level knows of an effect on average, added to what each knows
UNSURE = 5.0  # times the median variance of a level's own effects from which they are left out
FEWEST = 0.5  # degrees of freedom within levels and between them: there is one, or none
LEAST = 0.01  # smallest relative variance of a start


class Own(NamedTuple):
    """The levels by themselves, with K = (A + delta I)^-1 of A = Z'Z and C = Z'[X y].

    half   H (L, L, J) with H'H = K
    h      H C (L, p + 1, J)
    sizes  tr K (J,)
    spent  degrees of freedom of all effects, those that no row speaks of left out
    """

    half: Array
    h: Array
    sizes: Array
    spent: float


def moment_template(gram: Gram, REML: bool) -> Array | None:
    """A square root (L, L) of the relative covariance of one factor's effects, from moments; None of too few rows.

    The effects b_j = K_j Z_j'y, of what X leaves of y, vary by sigma^2 (Sigma + K_j), about; levels that say little of
    their own are left out. Where all levels have the same rows, and X no columns but theirs, this is the optimum.
    """
    own, q = _own(gram.factors[0]), gram.factors[0].q
    if own is None:
        return None
    between, p = (_between(gram, own.h[:, :-1]), gram.p) if REML else (0.0, 0)
    within = gram.n - own.spent - (p - between)
    rest = float(gram.XytXy[-1, -1]) - _squares(own.h[:, -1])
    return None if min(within, q - between) < FEWEST or rest <= 0 else _root(own, rest / within, 1 - between / q)


def _own(sums: FactorSums) -> Own | None:
    L, delta = sums.L, RIDGE * float(sums.total.trace()) / sums.q
    if not delta > 0:
        return None
    W = np.empty((L, L + sums.ZtXy.shape[2], sums.J))
    W[:, :L], W[:, L:] = np.eye(L)[:, :, None], sums.ZtXy.transpose(1, 2, 0)
    eliminate(sums.ZtZ.transpose(1, 2, 0) / delta, W)
    W /= math.sqrt(delta)
    half = W[:, :L]
    sizes = np.add.reduce(half * half, axis=(0, 1))
    return Own(half, W[:, L:], sizes, sums.q - delta * float(np.add.reduce(sizes)))


def _between(gram: Gram, h: Array) -> float:
    """The degrees of freedom that effects share with X: tr (X'X)^-1 X'Z (Z'Z)^-1 Z'X; h (L, p, J), X'X = n I."""
    return _squares(h) / gram.n


def _squares(h: Array) -> float:
    return float(np.add.reduce(h * h, axis=None))


def _root(own: Own, s2: float, known: float) -> Array:
    """The root of the mean over levels of b b' / (s2 `known`) - K: (L, L)."""
    half, y = own.half, own.h[:, -1:]
    if np.maximum.reduce(own.sizes) > UNSURE * np.minimum.reduce(own.sizes):
        sure = own.sizes <= UNSURE * np.partition(own.sizes, len(own.sizes) // 2)[len(own.sizes) // 2]
        half, y = half[:, :, sure], y[:, :, sure]
    L, _, J = half.shape
    b, flat = np.add.reduce(half * y, axis=0), half.swapaxes(0, 1).reshape(L, -1)
    values, axes = eigen((b @ b.T / (s2 * known) - flat @ flat.T) / J)
    return np.asarray(axes * np.sqrt(np.maximum(values, LEAST)))

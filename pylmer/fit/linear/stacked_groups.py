"""The same least squares in each of many groups: groups of one size are factorized as a stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...numerics.linalg import Array, Codes, read_only, transposed
from ...numerics.rank import CLEAR, independent_columns
from .least_squares import LeastSquares, least_squares

TOGETHER = 4_000_000  # numbers of one stack


def least_squares_in_groups(
    X: Array, y: Array, rows: Sequence[Codes], weights: Array | None = None, offset: Array | None = None
) -> list[LeastSquares | None]:
    """`least_squares` on the rows of each group, None for a group without rows; arguments as there.

    rows  per group, positions among the n rows of X (n, p)
    """
    found: list[LeastSquares | None] = [None] * len(rows)
    for groups in _stacks(rows, X.shape[1]):
        at = np.array([rows[group] for group in groups])
        for group, solution in zip(groups, _together(X, y, at, weights, offset), strict=True):
            found[group] = _alone(X, y, rows[group], weights, offset) if solution is None else solution
    return found


def _alone(X: Array, y: Array, rows: Codes, weights: Array | None, offset: Array | None) -> LeastSquares:
    own = [None if column is None else column[rows] for column in (weights, offset)]
    return least_squares(X[rows], y[rows], independent_columns(X[rows]), *own)


def _stacks(rows: Sequence[Codes], p: int) -> list[Codes]:
    """Groups of one size, so many at a time."""
    sizes = np.array([len(each) for each in rows])
    stacks: list[Codes] = []
    for size in np.unique(sizes[sizes > 0]):
        groups, together = np.flatnonzero(sizes == size), max(1, TOGETHER // (int(size) * max(1, p)))
        stacks.extend(groups[k : k + together] for k in range(0, len(groups), together))
    return stacks


def _together(
    X: Array, y: Array, at: Codes, weights: Array | None, offset: Array | None
) -> Sequence[LeastSquares | None]:
    """The fits of groups with rows `at` (k, m); None where columns may depend on each other, or nothing is finite."""
    (k, m), p = at.shape, X.shape[1]
    shifted = (y if offset is None else y - offset)[at]
    root = np.ones((k, m)) if weights is None else np.sqrt(weights[at])
    Xs = X[at]
    weighted = root[:, :, None] * Xs
    if m < p or not p or not np.isfinite(weighted).all():
        return [None] * k
    Q, R = np.linalg.qr(weighted)
    clear = _clear(R, weighted)
    R = np.where(clear[:, None, None], R, np.eye(p))
    inverse = np.triu(np.linalg.inv(R))
    beta = (inverse @ (transposed(Q) @ (root * shifted)[:, :, None]))[:, :, 0]
    fitted = (Xs @ beta[:, :, None])[:, :, 0]
    residuals = shifted - fitted
    with np.errstate(over="ignore", invalid="ignore"):
        rss = np.sum((root * residuals) ** 2, axis=1)
    clear &= np.isfinite(rss)
    unscaled, used, kept = inverse @ transposed(inverse), np.count_nonzero(root, axis=1), read_only(np.arange(p))
    if offset is not None:
        fitted = fitted + offset[at]
    arrays = map(read_only, (beta, unscaled, fitted, residuals))  # so are their parts, which need no views of their own
    parts = zip(clear.tolist(), *arrays, rss.tolist(), used.tolist(), strict=True)
    return [LeastSquares(b, kept, V, f, e, r, n) if good else None for good, b, V, f, e, r, n in parts]


def _clear(R: Array, weighted: Array) -> Array:
    """Whether every column keeps a part of its length outside the span of those before, far from R's tolerance (k,)."""
    length = np.sqrt(np.sum(weighted**2, axis=1))
    pivots = np.abs(np.diagonal(R, axis1=1, axis2=2))
    return np.asarray(((length > 0) & (pivots**2 > CLEAR * length**2)).all(axis=1))

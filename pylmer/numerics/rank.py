"""Which columns of X are linear combinations of earlier ones, as R finds them.

R uses LINPACK's QR with limited pivoting: from left to right, a column is left out if its part outside the span of
those kept so far is shorter than 1e-7 of its length. Tall matrices are first reduced to the triangular factor of a
QR, which has the same columns in other coordinates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, sparse

from .linalg import Array, dense, products_of_rows

TOLERANCE = 1e-7
CLEAR = 1e-6  # squared pivot of scaled X'X above which no column comes near the tolerance
BLOCK = 65_536  # rows taken at a time
MOST = 0.5  # of the columns


def independent_columns(X: Any, tolerance: float = TOLERANCE) -> Array:
    """Positions (rank,) of the columns of X (n, p), dense or sparse, that R keeps.

    >>> independent_columns(np.array([[1.0, 2, 0], [1, 2, 1], [1, 2, 5]]))
    array([0, 2])
    """
    p = X.shape[1]
    if p == 0 or clearly_independent(X):
        return np.arange(p)
    return np.array(left_to_right(triangle(X), tolerance), dtype=np.int64)


def clearly_independent(X: Any) -> bool:
    """Whether a Cholesky of X'X, scaled to ones on the diagonal, has large pivots throughout."""
    if not isinstance(X, np.ndarray) and _clearly_independent_beside(X):
        return True
    with np.errstate(over="ignore"):
        XtX = crossproduct(X)
    return X.shape[0] >= X.shape[1] and clear_factor(XtX) is not None


def clear_factor(XtX: Array) -> Array | None:
    """R (p, p), upper triangular, R'R = X'X, where all columns are far from depending on each other; else None."""
    length = np.sqrt(XtX.diagonal())
    if not np.minimum.reduce(length, initial=1.0) > 0 or not np.isfinite(XtX).all():
        return None
    factor, info = linalg.lapack.dpotrf(XtX / (length[:, None] * length))
    if info or not np.minimum.reduce(factor.diagonal(), initial=1.0) ** 2 > CLEAR:
        return None
    return np.asarray(factor * length)


def _clearly_independent_beside(X: Any) -> bool:
    """The same where most columns never meet in a row, as those of a wide factor: all pivots, whatever their order.

    With ones on the diagonal X'X = [[I, E], [E', F]], and (X'X)^-1 has S^-1 = (F - E'E)^-1 and I + E S^-1 E' on its own
    diagonal: one over them are the squared lengths of the columns outside the span of all others.
    """
    from .disjoint import disjoint_run  # late: of wide factors

    first, end = disjoint_run(X)
    if end - first < MOST * X.shape[1] or X.shape[0] < X.shape[1]:
        return False
    XtX = sparse.csr_array(X.T @ X)
    length = np.sqrt(XtX.diagonal())
    if not np.all(length > 0) or not np.isfinite(XtX.data).all():
        return False
    others = np.delete(np.arange(X.shape[1]), np.arange(first, end))
    if not len(others):
        return True
    E = XtX[first:end][:, others].toarray() / np.outer(length[first:end], length[others])
    F = XtX[others][:, others].toarray() / np.outer(length[others], length[others])
    factor, info = linalg.lapack.dpotrf(F - E.T @ E, lower=1)
    if info:
        return False
    half = linalg.lapack.dtrtri(factor, lower=1)[0]
    inverse = [1 + np.sum((E @ half.T) ** 2, axis=1), np.sum(half**2, axis=0)]
    return bool(np.max(np.concatenate(inverse)) * CLEAR < 1)


def crossproduct(X: Any) -> Array:
    """X'X (p, p), dense."""
    return products_of_rows(X.T) if isinstance(X, np.ndarray) else dense(X.T @ X)


def triangle(X: Any) -> Array:
    """R (min(n, p), p) of a QR of X, by blocks of rows, so that no second X is made."""
    R = np.empty((0, X.shape[1]))
    for start in range(0, X.shape[0], BLOCK):
        R = np.asarray(linalg.qr(np.vstack([R, dense(X[start : start + BLOCK])]), mode="r")[0][: X.shape[1]])
    return R


def left_to_right(R: Array, tolerance: float) -> list[int]:
    """Columns that keep at least `tolerance` of their length outside the span of those kept before."""
    largest = np.max(np.abs(R), axis=0, initial=0.0)
    R = R / np.where(largest > 0, largest, 1.0)  # lengths that neither overflow nor vanish
    Q = np.empty((R.shape[0], 0))
    kept: list[int] = []
    for place, column in enumerate(R.T):
        rest = column - Q @ (Q.T @ column)
        rest = rest - Q @ (Q.T @ rest)  # twice is enough (Kahan)
        length = float(np.linalg.norm(rest))
        if len(kept) < R.shape[0] and length > 0 and length >= tolerance * float(np.linalg.norm(column)):
            kept.append(place)
            Q = np.column_stack([Q, rest / length])
    return kept

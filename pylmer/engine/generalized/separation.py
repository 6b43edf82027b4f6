"""Separation: a direction d of the coefficients along which the likelihood of a binomial model rises for ever.

It exists exactly where x_i'd >= 0 in rows with successes alone, <= 0 in rows with failures alone, = 0 in rows with
both, and not all are 0 (Albert & Anderson 1984): a linear program (Konis 2007), here that of the shortest such d. For
counts with a log link rows of y > 0 stand still and rows of y = 0 may sink (Correia, Guimaraes & Zylkin 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...families.family import in_every_row
from ...numerics.linalg import Array, Codes, cholesky_of_one, inverse_of_lower

FEASIBLE = 1e-7  # of the largest |x_i'd|: what counts as 0
RANK = 1e-10  # singular values, relative to the largest, that are 0
CLEAR = 1e-3  # of a residual, what rounding may take from it
LOGISTIC_STEPS = 4  # after which the linear program is asked
FEW = 5_000  # distinct rows that one linear program takes
SHOWN = 4  # coefficients of a direction that a message shows


@dataclass(frozen=True, eq=False)
class Separation:
    """direction (p,), its largest |x_i'd| 1; moved (n,): the rows whose fitted means run to the end of their range."""

    direction: Array
    moved: Array

    def described(self, names: Sequence[str]) -> str:
        """The direction in words, coefficient by coefficient, the largest first."""
        size = np.abs(self.direction)
        order = [i for i in np.argsort(-size, kind="stable") if size[i] > FEASIBLE * size.max()]
        parts = [f"{self.direction[i]:+.3g} {names[i]}" for i in order[:SHOWN]]
        return ", ".join(parts) + (", ..." if len(order) > SHOWN else "")


def find_separation(X: Array, y: Array, w: Array | float = 1.0, counts: bool = False) -> Separation | None:
    """The direction (p,) of the coefficients that separates the rows, None if there is none.

    X (n, p), y (n,) proportions of successes, w (n,) weights or trials: rows of weight 0 say nothing.
    `counts`: y are counts of a model with a log link.

    >>> found = find_separation(np.array([[1.0, 1], [1, 2], [1, 4], [1, 5]]), np.array([0.0, 0, 1, 1]))
    >>> found.described(["(Intercept)", "x"])
    '-0.667 (Intercept), +0.333 x'
    """
    used = in_every_row(w, y) > 0
    rises = np.where((y >= 1) & (not counts), 1.0, 0.0)
    sign = np.where(y <= 0, -1.0, rises)
    columns, wanted = (X.T, sign) if used.all() else (X[used].T, sign[used])
    scale = np.abs(columns).max(axis=1, initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    scaled = np.divide(columns, scale[:, None], order="C")
    if _overlapping(scaled, wanted):
        return None
    free, still = _distinct(np.ascontiguousarray(scaled.T), wanted)
    if not len(free) or len(still) == X.shape[1]:
        return None
    d = _shortest(free, still)
    if d is not None:
        d = _of_one_column(free, still, np.ptp(X[used], axis=0) == 0, d)
    return None if d is None else _checked(d / scale, X, np.where(used, sign, 0.0), used)


def _overlapping(Xt: Array, sign: Array) -> bool:
    """Whether a few steps of logistic regression of the signs on X (its columns are the rows of Xt) show that nothing
    separates.

    With fitted means mu, V = mu (1 - mu) and a step s, e = y - mu - V X s has X'e = 0. Where each e_i is on the side of
    its sign, x_i'd of one sign in every such row would make d'X'e a sum of terms of one sign, so all are 0. Most data
    are settled by this, at a tenth of the program's cost.
    """
    still, eta = sign == 0, np.zeros(len(sign))
    y = 0.5 + 0.5 * sign
    if not np.logical_or.reduce(sign > 0):
        y[still] = 1.0  # of rows that stand still any y will do
    for _ in range(LOGISTIC_STEPS):
        mu = 1.0 / (1.0 + np.exp(-eta))
        V, r = mu * (1 - mu), y - mu
        try:
            half = inverse_of_lower(cholesky_of_one((Xt * V) @ Xt.T))
        except NumericalError:
            return False
        step = (half.T @ (half @ (Xt @ r))) @ Xt
        Vs = V * step
        if np.logical_and.reduce((sign * (r - 1.1 * Vs) > 0) | still):
            e = r - Vs
            rounding = V * ((half.T @ (half @ (Xt @ e))) @ Xt)
            if np.logical_and.reduce((np.abs(rounding) < CLEAR * np.abs(e)) | still):
                return True
        eta += np.minimum(np.maximum(step, -4.0), 4.0)
    return False


def _distinct(X: Array, sign: Array) -> tuple[Array, Array]:
    """Signed distinct rows with one sign, x_i'd >= 0 wanted, and a basis (r, p) of the others, x_i'd = 0 wanted."""
    rows, which = _numbered(X)
    up, down = (np.bincount(which, weights, len(rows)) for weights in (sign >= 0, sign <= 0))
    free = rows[down == 0], -rows[up == 0]
    R = np.linalg.svd(rows[(up > 0) & (down > 0)], full_matrices=False)
    return np.vstack(free), R[2][R[1] > RANK * max(1.0, R[1].max(initial=0.0))]


def _numbered(X: Array) -> tuple[Array, Codes]:
    """The distinct rows of X (n, p), and which of them each row is (n,).

    Rows are told apart by one number, a sum of their entries with random factors: sorting rows takes ten times as long.
    """
    number = np.zeros(len(X))
    factors: Array = np.random.default_rng(X.shape[1]).normal(size=(X.shape[1],))
    for column, factor in zip(X.T, factors, strict=True):
        number += factor * column
    _, first, which = np.unique(number, return_index=True, return_inverse=True)
    if not np.array_equal(X[first][which], X):  # two rows with the same number, which chance does not bring about
        rows, which = np.unique(X, axis=0, return_inverse=True)
        return rows, which.ravel()
    return X[first], which


def _shortest(free: Array, still: Array) -> Array | None:
    """The d of least sum |d_j| with free d >= 0, of mean 1, and still d = 0; from growing sets of rows, if many."""
    if len(free) <= FEW:
        return _program(free, still)
    rng = np.random.default_rng(len(free))
    chosen = rng.permutation(len(free))[:FEW]
    while True:
        d = _program(free[chosen], still)
        if d is None:
            settled = np.linalg.matrix_rank(np.vstack([free[chosen], still])) == free.shape[1]
            return None if settled or len(chosen) == len(free) else _program(free, still)
        t = free @ d
        broken = np.flatnonzero(t < -FEASIBLE * np.abs(t).max())
        if not len(broken):
            return d
        chosen = np.union1d(chosen, broken[np.argsort(t[broken])[:FEW]])


def _of_one_column(free: Array, still: Array, constant: Array, d: Array) -> Array:
    """The same with one column beside the constant, where one suffices: the first that does, else d."""
    for j in np.flatnonzero(~constant & (d != 0)):
        at = np.append(np.flatnonzero(constant), j)
        alone = _shortest(free[:, at], still[:, at]) if np.any(free[:, at]) else None
        if alone is not None:
            d = np.zeros_like(d)
            d[at] = alone
            return d
    return d


def _program(free: Array, still: Array) -> Array | None:
    """The linear program in d = a - b, a and b >= 0."""
    from scipy.optimize import linprog  # takes a tenth of a second to import

    equal = np.vstack([still, free.mean(axis=0)])
    right = np.append(np.zeros(len(still)), 1.0)
    both = [np.hstack([A, -A]) for A in (-free, equal)]
    found = linprog(
        np.ones(2 * free.shape[1]), A_ub=both[0], b_ub=np.zeros(len(free)), A_eq=both[1], b_eq=right, method="highs"
    )
    return None if found.x is None else np.asarray(found.x[: free.shape[1]] - found.x[free.shape[1] :])


def _checked(d: Array, X: Array, sign: Array, used: Array) -> Separation | None:
    """The direction, if the rows bear it out."""
    t = X @ d
    largest = float(np.max(np.abs(t[used])))
    t = np.where(used, t / largest, 0.0)
    if np.any(sign * t < -FEASIBLE) or np.any(np.abs(t[used & (sign == 0)]) > FEASIBLE):
        return None
    return Separation(d / largest, np.abs(t) > FEASIBLE)

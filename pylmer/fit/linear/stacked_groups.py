"""The same least squares in each of many groups: groups of one size are factorized as a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ...numerics.linalg import Array, Codes, Mask, seal, transposed
from ...numerics.rank import CLEAR, independent_columns
from .least_squares import LeastSquares, least_squares
from .members import RowsByLevel

TOGETHER = 4_000_000  # numbers of one stack


@dataclass(frozen=True, eq=False)
class GroupSolutions(Sequence[LeastSquares | None]):
    """The fits of J groups, those of most in arrays of all; one of them is made a record when it is asked for.

    members     positions of each group's rows among the n rows
    together    (J,) groups whose p columns, the same in all, are independent: their numbers are in
    beta        (J, p) and unscaled (J, p, p), as `LeastSquares` has them
    alone       fits of other groups, by number; a group in neither has none
    fitted, residuals  (n,) NaN in rows of groups without a fit
    rss, n_obs, rank   (J,) 0 for groups without a fit
    """

    members: RowsByLevel
    together: Mask
    beta: Array
    unscaled: Array
    alone: Mapping[int, LeastSquares]
    fitted: Array
    residuals: Array
    rss: Array
    n_obs: Codes
    rank: Codes

    def __post_init__(self) -> None:
        seal(self)

    def __len__(self) -> int:
        return len(self.together)

    def __getitem__(self, group: Any) -> Any:
        if isinstance(group, slice):
            return tuple(self[each] for each in range(len(self))[group])
        at = range(len(self))[group]
        if not self.together[at]:
            return self.alone.get(at)
        rows, kept = self.members[at], np.arange(self.beta.shape[1])
        own = (self.beta[at], kept, self.unscaled[at], self.fitted[rows], self.residuals[rows])
        return LeastSquares(*own, float(self.rss[at]), int(self.n_obs[at]))

    def __iter__(self) -> Iterator[LeastSquares | None]:
        return (self[group] for group in range(len(self)))

    @property
    def exist(self) -> Mask:
        """Which groups have a fit (J,)."""
        there = self.together.copy()
        there[list(self.alone)] = True
        return there

    @property
    def df_residual(self) -> Codes:
        """Residual degrees of freedom of each group (J,)."""
        return self.n_obs - self.rank

    @property
    def sigma(self) -> Array:
        """The residual standard deviation of each group (J,); NaN without a fit or residual degrees of freedom."""
        df = self.df_residual
        return np.asarray(np.sqrt(np.divide(self.rss, df, out=np.full(len(df), np.nan), where=df > 0)))

    def each(self, together: Array, read: Callable[[LeastSquares], Array]) -> Iterator[tuple[Codes, Array]]:
        """Numbers of groups (k,) and their values (k, p): of those in `together` (J, p), others by `read`."""
        if self.together.any():
            stacked = np.flatnonzero(self.together)
            yield stacked, together[stacked]
        for group, fit in self.alone.items():
            yield np.array([group]), read(fit)[None]


class StackOfFits(NamedTuple):
    """Fits of k groups of m rows each: beta (k, p), unscaled (k, p, p), fitted, residuals (k, m), rss, n_obs (k,)."""

    beta: Array
    unscaled: Array
    fitted: Array
    residuals: Array
    rss: Array
    n_obs: Codes


def least_squares_in_groups(
    X: Array, y: Array, members: RowsByLevel, weights: Array | None = None, offset: Array | None = None
) -> GroupSolutions:
    """`least_squares` on the rows of each group that has some; X (n, p) and the rest as there."""
    J, (n, p) = len(members), X.shape
    together, beta, unscaled, rss = np.zeros(J, dtype=bool), np.full((J, p), np.nan), np.zeros((J, p, p)), np.zeros(J)
    fitted, residuals, n_obs = np.full(n, np.nan), np.full(n, np.nan), np.zeros(J, dtype=np.int64)
    alone: dict[int, LeastSquares] = {}
    for groups in _stacks(members.sizes, p):
        at = members.alike(groups)
        clear, fits = _together(X, y, at, weights, offset)
        for group in groups[~clear].tolist():
            alone[group] = _alone(X, y, members[group], weights, offset)
        if fits is not None:
            some, rows = groups[clear], at[clear]
            together[some], beta[some], unscaled[some] = True, fits.beta[clear], fits.unscaled[clear]
            fitted[rows], residuals[rows] = fits.fitted[clear], fits.residuals[clear]
            rss[some], n_obs[some] = fits.rss[clear], fits.n_obs[clear]
    rank = np.where(together, p, 0)
    return _with_alone(GroupSolutions(members, together, beta, unscaled, alone, fitted, residuals, rss, n_obs, rank))


def separate_solutions(members: RowsByLevel, n: int, alone: Mapping[int, LeastSquares]) -> GroupSolutions:
    """Fits of groups that have columns of their own, by number."""
    J, none = len(members), np.full(n, np.nan)
    nothing = (np.zeros(J, dtype=bool), np.zeros((J, 0)), np.zeros((J, 0, 0)))
    zero = np.zeros(J, dtype=np.int64)
    return _with_alone(GroupSolutions(members, *nothing, alone, none, none, np.zeros(J), zero, zero))


def _with_alone(fits: GroupSolutions) -> GroupSolutions:
    """The arrays over rows and groups with what the groups alone have."""
    if not fits.alone:
        return fits
    arrays = fits.fitted, fits.residuals, fits.rss, fits.n_obs, fits.rank
    fitted, residuals, rss, n_obs, rank = map(np.array, arrays)
    for group, fit in fits.alone.items():
        rows = fits.members[group]
        fitted[rows], residuals[rows] = fit.fitted, fit.residuals
        rss[group], n_obs[group], rank[group] = fit.rss, fit.n_obs, fit.rank
    return replace(fits, fitted=fitted, residuals=residuals, rss=rss, n_obs=n_obs, rank=rank)


def _alone(X: Array, y: Array, rows: Codes, weights: Array | None, offset: Array | None) -> LeastSquares:
    own = [None if column is None else column[rows] for column in (weights, offset)]
    return least_squares(X[rows], y[rows], independent_columns(X[rows]), *own)


def _stacks(sizes: Codes, p: int) -> list[Codes]:
    """Groups of one size, so many at a time."""
    stacks: list[Codes] = []
    for size in np.unique(sizes[sizes > 0]).tolist():
        groups, together = np.flatnonzero(sizes == size), max(1, TOGETHER // (size * max(1, p)))
        stacks.extend(groups[k : k + together] for k in range(0, len(groups), together))
    return stacks


def _together(
    X: Array, y: Array, at: Codes, weights: Array | None, offset: Array | None
) -> tuple[Mask, StackOfFits | None]:
    """Which groups with rows `at` (k, m) have columns clearly independent, and all numbers finite; and their fits."""
    (k, m), p = at.shape, X.shape[1]
    Xs, shifted = X[at], (y if offset is None else y - offset)[at]
    root = None if weights is None else np.sqrt(weights[at])
    weighted, right = (Xs, shifted) if root is None else (root[:, :, None] * Xs, root * shifted)
    if m < p or not p or not np.isfinite(weighted).all():
        return np.zeros(k, dtype=bool), None
    Q, R = np.linalg.qr(weighted)
    clear = _clear(R, weighted)
    R = np.where(clear[:, None, None], R, np.eye(p))
    inverse = np.triu(np.linalg.inv(R))
    beta = (inverse @ (transposed(Q) @ right[:, :, None]))[:, :, 0]
    fitted = (Xs @ beta[:, :, None])[:, :, 0]
    residuals = shifted - fitted
    with np.errstate(over="ignore", invalid="ignore"):
        rss = np.sum((residuals if root is None else root * residuals) ** 2, axis=1)
    used = np.full(k, m) if root is None else np.count_nonzero(root, axis=1)
    if offset is not None:
        fitted = fitted + offset[at]
    return clear & np.isfinite(rss), StackOfFits(beta, inverse @ transposed(inverse), fitted, residuals, rss, used)


def _clear(R: Array, weighted: Array) -> Array:
    """Whether every column keeps a part of its length outside the span of those before, far from R's tolerance (k,)."""
    length = np.sqrt(np.sum(weighted**2, axis=1))
    pivots = np.abs(np.diagonal(R, axis1=1, axis2=2))
    return np.asarray(((length > 0) & (pivots**2 > CLEAR * length**2)).all(axis=1))

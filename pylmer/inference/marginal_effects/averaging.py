"""Weighted averages of predictions and of slopes over rows, in groups, with their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import sparse

from ...errors import DataError, note
from ...functions import Logical, Strings, Value
from ...numerics.linalg import Array, Codes
from ..marginal_means.records import Level
from .differentiation import derivatives
from .predictor import Predictor
from .rows import AveragedRows

Setting = Callable[[AveragedRows], AveragedRows]
Share = tuple[Array, Array]  # values (n,), gradients (n, P)


@dataclass(frozen=True, eq=False)
class Averages:
    """Of groups: values (..., g) and gradients (..., g, P), NaN where the data do not determine them."""

    values: Array
    gradients: Array


@dataclass(frozen=True, eq=False)
class Groups:
    """Which of `count` groups each row is in (n,), -1 for none."""

    codes: Codes
    count: int

    def some(self, at: Codes) -> Groups:
        return Groups(self.codes[at], self.count)

    def sums(self, weights: Array, values: Array) -> Array:
        """Weighted sums of the rows (n, ...) of each group."""
        inside = np.flatnonzero(self.codes >= 0)
        shape = (self.count, len(self.codes))
        return np.asarray(sparse.csr_array((weights[inside], (self.codes[inside], inside)), shape=shape) @ values)


def unchanged(rows: AveragedRows) -> AveragedRows:
    """The rows as they are."""
    return rows


@dataclass(frozen=True)
class SetTo:
    """Every row with one value of a variable."""

    name: str
    level: Level

    def __call__(self, rows: AveragedRows) -> AveragedRows:
        return rows.having(self.name, constant(self.level, rows.n))


@dataclass(frozen=True)
class Raised:
    """Every row with a variable that is larger by a step."""

    name: str
    step: float

    def __call__(self, rows: AveragedRows) -> AveragedRows:
        return rows.having(self.name, np.asarray(rows.columns[self.name], float) + self.step)


@dataclass(frozen=True)
class Together:
    """Several settings, one after the other."""

    settings: tuple[Setting, ...]

    def __call__(self, rows: AveragedRows) -> AveragedRows:
        for each in self.settings:
            rows = each(rows)
        return rows


def constant(level: Level, n: int) -> Value:
    """A column of one value."""
    if isinstance(level, bool | np.bool_):
        return Logical(np.full(n, int(level), np.int8))
    if isinstance(level, str):
        return Strings(np.zeros(n, np.int64), (level,))
    return np.full(n, float(level))


def complete(predictor: Predictor, rows: AveragedRows, groups: Groups) -> tuple[AveragedRows, Groups]:
    """The rows without missing values, with a note of how many have some; DataError if none is left."""
    known = np.concatenate([np.isfinite(predictor.matrix(part)).all(axis=1) for _, part in rows.parts()])
    kept = np.flatnonzero(known & (groups.codes >= 0))
    if len(kept) == rows.n:
        return rows, groups
    if not len(kept):
        raise DataError(f"all of {rows.what} have missing values: there is nothing to average")
    note(f"{rows.n - len(kept):,} of {rows.what} have missing values, and are left out of the averages")
    return replace(rows.some(kept), what=f"{len(kept):,} of {rows.what}"), groups.some(kept)


def average_predictions(
    predictor: Predictor, rows: AveragedRows, groups: Groups, settings: Sequence[Setting]
) -> Averages:
    """Averages of the predictions under each setting."""

    def share(part: AveragedRows, setting: Setting) -> Share:
        M = predictor.matrix(setting(part))
        eta = predictor.value(M)
        values = np.where(predictor.estimable(M), predictor.scale(eta, 0), np.nan)
        return values, predictor.scale(eta, 1)[:, None] * M[:, :-1]

    return _averaged(rows, groups, [partial(share, setting=each) for each in settings])


def average_slopes(predictor: Predictor, rows: AveragedRows, groups: Groups, name: str, size: float) -> Averages:
    """Averages of the slopes of the predictions in a variable, whose range is `size`."""

    def share(part: AveragedRows) -> Share:
        x = np.asarray(part.columns[name], float)
        found = derivatives(lambda at, values: predictor.matrix(part.some(at).having(name, values)), x, size)
        if found.poor.any():
            note(
                f"the slope of {name!r} is not sure to six digits in {int(found.poor.sum()):,} rows: something made of "
                "it jumps there, or has no value beside it"
            )
        M, dM = predictor.matrix(part), found.values
        eta = predictor.value(M)
        slope = dM[:, predictor.basis.kept] @ predictor.basis.beta + dM[:, -1]
        h1, h2 = predictor.scale(eta, 1), predictor.scale(eta, 2)
        known = predictor.estimable(dM) & (predictor.estimable(M) if predictor.back is not None else True)
        gradient = (h2 * slope)[:, None] * M[:, :-1] + h1[:, None] * dM[:, :-1]
        return np.where(known, h1 * slope, np.nan), gradient

    return _averaged(rows, groups, [share])


def _averaged(rows: AveragedRows, groups: Groups, shares: Sequence[Callable[[AveragedRows], Share]]) -> Averages:
    """Sums over parts of the rows, over the sum of the weights."""
    total = groups.sums(rows.weights, np.ones(rows.n))
    values: list[Array] = [np.zeros(groups.count) for _ in shares]
    gradients: list[Array | float] = [0.0 for _ in shares]
    for at, part in rows.parts():
        here = groups.some(at)
        for k, share in enumerate(shares):
            value, gradient = share(part)
            values[k] = values[k] + here.sums(part.weights, value)
            gradients[k] = gradients[k] + here.sums(part.weights, gradient)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Averages(np.array(values) / total, np.array(gradients) / total[:, None])

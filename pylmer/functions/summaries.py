"""Functions that make one number, or one per group, of a column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arrays import Array, nan_mask
from .factors import as_factor, cross, drop_unused
from .grouping import level_means, summary_of
from .matching import Promise
from .quantiles import quantiles
from .table import r_function
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    length,
    logical,
    numeric,
    scalar,
    strings_of,
    vector,
    whole,
)

Summary = Callable[[Array], float]


def _present(x: Value, na_rm: Value, what: str) -> Array:
    """The numbers, without NA if so wished; otherwise NA makes the summary NA."""
    left_out = flag(na_rm, "na.rm", False)
    numbers = numeric(x, what).astype(float).ravel()
    absent = nan_mask(numbers)
    return numbers if absent is None or not left_out else numbers[~absent]


def _one(summary: Summary, numbers: Array, fewest: int = 1) -> Array:
    """The summary as a vector of length one, NaN of too few numbers."""
    return np.array([summary(numbers) if numbers.shape[0] >= fewest else np.nan])


@r_function("mean")
def mean(x: Value, trim: Value = None, na_rm: Value = None) -> Array:
    """Mean, or that of the middle without a fraction `trim` at either end."""
    numbers = _present(x, na_rm, "mean()")
    share = _trim(trim)
    if share <= 0 or nan_mask(numbers) is not None:
        return _one(_mean, numbers)
    if share >= 0.5:
        return _one(_median, numbers)
    cut = int(numbers.shape[0] * share)
    return _one(_mean, np.sort(numbers)[cut : numbers.shape[0] - cut])


def _trim(trim: Value) -> float:
    if isinstance(trim, Logical):
        raise RefusedError("the second argument of mean() is trim, a fraction; to leave out NA write na.rm = TRUE")
    share = 0.0 if trim is None else scalar(trim, "trim")
    if np.isnan(share):
        raise RefusedError("trim must be a number, not NA")
    return share


def _mean(numbers: Array) -> float:
    """In two passes, as R does."""
    mean = float(numbers.mean())
    return mean + float((numbers - mean).mean()) if np.isfinite(mean) else mean


def _median(numbers: Array) -> float:
    return float(np.median(numbers))


@r_function("sd", package="stats")
def standard_deviation(x: Value, na_rm: Value = None) -> Array:
    """Standard deviation, with n - 1."""
    return _one(lambda numbers: float(numbers.std(ddof=1)), _present(x, na_rm, "sd()"), 2)


@r_function("var", package="stats")
def variance(x: Value, y: Value = None, na_rm: Value = None, use: Value = None) -> Array:
    """Variance, with n - 1."""
    if y is not None or use is not None:
        raise RefusedError("var() takes one variable here, without y and use; to leave out NA write na.rm = TRUE")
    return _one(lambda numbers: float(numbers.var(ddof=1)), _present(vector(x, "var()"), na_rm, "var()"), 2)


@r_function("median", package="stats")
def median(x: Value, na_rm: Value = None) -> Array:
    """The middle value, or the mean of the two."""
    return _one(_median, _present(x, na_rm, "median()"))


@r_function("mad", package="stats")
def median_deviation(
    x: Value,
    center: Value = None,
    constant: Value = None,
    na_rm: Value = None,
    low: Value = None,
    high: Value = None,
) -> Array:
    """`constant` (1.4826) times the median distance from the median, or from `center`; low and high as R's medians."""
    numbers = _present(x, na_rm, "mad()")
    middle = _median(numbers) if center is None and numbers.size else scalar(center, "center") if numbers.size else 0.0
    factor = 1.4826 if constant is None else scalar(constant, "constant")
    distances = np.abs(numbers - middle)
    lower, upper = flag(low, "low", False), flag(high, "high", False)
    if lower and upper:
        raise RefusedError("low and high cannot both be TRUE")
    if not (lower or upper):
        return factor * _one(_median, distances)
    place = numbers.shape[0] // 2 if upper else (numbers.shape[0] - 1) // 2
    return factor * _one(lambda found: float(np.sort(found)[place]), distances)


@r_function("IQR", package="stats")
def interquartile_range(x: Value, na_rm: Value = None, type: Value = None) -> Array:
    """Distance of the quartiles."""
    numbers = _present(x, na_rm, "IQR()")
    if nan_mask(numbers) is not None:
        raise RefusedError("IQR() does not take missing values; say na.rm = TRUE")
    lower, upper = quantiles(numbers, np.array([0.25, 0.75]), whole(type, "type", 7)).tolist()
    return np.array([upper - lower])


def _enter_many(name: str, summary: Summary) -> None:
    def apply(*dots: Promise, na_rm: Value = None) -> Array:
        parts = [_present(promise.value, na_rm, f"{name}()") for promise in dots]
        numbers = np.concatenate(parts) if parts else np.empty(0)
        if not numbers.shape[0] and name in ("min", "max"):
            raise RefusedError(f"{name}() of nothing")
        return np.array([summary(numbers)])

    r_function(name)(apply)


for _name, _action in (
    ("sum", lambda numbers: float(numbers.sum())),
    ("prod", lambda numbers: float(numbers.prod())),
    ("min", lambda numbers: float(numbers.min())),
    ("max", lambda numbers: float(numbers.max())),
):
    _enter_many(_name, _action)


@r_function("range")
def value_range(*dots: Promise, na_rm: Value = None, finite: Value = None) -> Array:
    """Smallest and largest of all arguments; with finite = TRUE of the finite ones."""
    is_finite = flag(finite, "finite", False)
    numbers = np.concatenate([_present(promise.value, na_rm, "range()") for promise in dots] or [np.empty(0)])
    numbers = numbers[np.isfinite(numbers)] if is_finite else numbers
    if not numbers.size:
        raise RefusedError("range() of nothing")
    return np.array([numbers.min(), numbers.max()])


@r_function("quantile", package="stats")
def quantile(
    x: Value, probs: Value = None, na_rm: Value = None, names: Value = None, type: Value = None, digits: Value = None
) -> Array:
    """Quantiles of R's types 1 to 9 (7 by default); `names` and `digits` only label them in R."""
    numbers = _present(x, na_rm, "quantile()")
    if nan_mask(numbers) is not None:
        raise RefusedError("quantile() does not take missing values; say na.rm = TRUE")
    shares = np.arange(5) / 4 if probs is None else numeric(probs, "probs").astype(float)
    return quantiles(numbers, shares, whole(type, "type", 7))


@r_function("length")
def number_of_elements(x: Value) -> Array:
    """Number of elements."""
    return np.array([length(x) if not isinstance(x, Matrix) else x.numbers.size])


@r_function("nlevels")
def number_of_levels(x: Value) -> Array:
    """Number of levels of a factor, 0 for anything else."""
    return np.array([len(x.levels) if isinstance(x, Factor) else 0])


@r_function("levels")
def levels(x: Value) -> Strings | None:
    """Labels of a factor's levels."""
    return strings_of(x.levels.labels()) if isinstance(x, Factor) else None


@r_function("any")
def any_true(*dots: Promise, na_rm: Value = None) -> Logical:
    """Whether some element is TRUE; NA where that depends on a missing one."""
    return _decided(dots, na_rm, 1)


@r_function("all")
def all_true(*dots: Promise, na_rm: Value = None) -> Logical:
    """Whether every element is TRUE; NA where that depends on a missing one."""
    return _decided(dots, na_rm, 0)


def _decided(dots: tuple[Promise, ...], na_rm: Value, deciding: int) -> Logical:
    """`deciding` where it occurs, else NA where something is missing, else the other."""
    codes = [logical(_flat(promise.value)).codes for promise in dots if promise.value is not None]
    occurring = {int(code) for part in codes for code in np.unique(part)}
    unknown = -1 in occurring and not flag(na_rm, "na.rm", False)
    answer = deciding if deciding in occurring else -1 if unknown else 1 - deciding
    return Logical(np.array([answer], dtype=np.int8))


def _flat(value: Value) -> Value:
    return value.numbers.ravel(order="F") if isinstance(value, Matrix) else value


@r_function("ave", package="stats")
def group_summary(x: Value, *dots: Promise, FUN: Value = None) -> Array:
    """For each row the mean of its group (`ave(x, g)`), or another summary (`FUN = sd`)."""
    numbers = vector(x, "ave()").astype(float)
    groups = _joint(dots, numbers.shape[0])
    if FUN is None:
        return level_means(groups, numbers)[groups.codes]
    out = np.empty_like(numbers)
    for group in range(len(groups.levels)):
        rows = groups.codes == group
        out[rows] = _fitting(summary_of(FUN, numbers[rows]), int(rows.sum()))
    return out


def _fitting(made: Array, n: int) -> Array:
    if made.shape[0] not in (1, n):
        raise RefusedError(f"FUN gave {made.shape[0]} values for a group of {n}; wanted one, or one for each row")
    return made


def _joint(dots: tuple[Promise, ...], n: int) -> Factor:
    factor = Factor(np.zeros(n, dtype=np.int64), as_factor(np.zeros(1)).levels)
    for promise in dots:
        group = drop_unused(as_factor(promise.value))
        if length(group) != n:
            raise RefusedError(f"ave() has {n} values and {length(group)} groups")
        factor = cross(factor, group)
    if factor.codes.size and factor.codes.min() < 0:
        raise RefusedError("ave() does not take missing groups")
    return factor

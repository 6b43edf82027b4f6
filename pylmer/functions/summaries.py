"""Functions that make one number, or one per group, of a column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from .arrays import Array, nan_mask
from .factors import as_factor, cross, drop_unused
from .matching import Promise, r_function
from .values import (
    Factor,
    Function,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    length,
    logical_of,
    numeric,
    strings_of,
    vector,
)

Summary = Callable[[Array], float]


def _present(x: Value, na_rm: Value, what: str) -> Array:
    """The numbers, without NA if so wished; otherwise NA makes the summary NA."""
    numbers = numeric(x, what).astype(float).ravel()
    absent = nan_mask(numbers)
    if absent is None or not flag(na_rm, "na.rm", False):
        return numbers
    return numbers[~absent]


def _enter(name: str, summary: Summary, fewest: int = 1) -> None:
    def apply(x: Value, na_rm: Value = None) -> Array:
        numbers = _present(x, na_rm, f"{name}()")
        return np.array([summary(numbers) if numbers.shape[0] >= fewest else np.nan])

    r_function(name)(apply)


def _mean(numbers: Array) -> float:
    """In two passes, as R does."""
    mean = float(numbers.mean())
    return mean + float((numbers - mean).mean()) if np.isfinite(mean) else mean


for _name, _action, _fewest in (
    ("mean", _mean, 1),
    ("sd", lambda numbers: float(numbers.std(ddof=1)), 2),
    ("var", lambda numbers: float(numbers.var(ddof=1)), 2),
    ("median", lambda numbers: float(np.median(numbers)), 1),
    ("mad", lambda numbers: 1.4826 * float(np.median(np.abs(numbers - np.median(numbers)))), 1),
    ("IQR", lambda numbers: float(np.subtract(*np.quantile(numbers, [0.75, 0.25]))), 1),
):
    _enter(_name, _action, _fewest)


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
def value_range(x: Value, na_rm: Value = None) -> Array:
    """Smallest and largest."""
    numbers = _present(x, na_rm, "range()")
    return np.array([numbers.min(), numbers.max()])


@r_function("quantile")
def quantile(x: Value, probs: Value = None, na_rm: Value = None) -> Array:
    """R's type 7."""
    numbers = _present(x, na_rm, "quantile()")
    if nan_mask(numbers) is not None:
        raise RefusedError("quantile() does not take missing values; say na.rm = TRUE")
    return np.quantile(numbers, np.arange(5) / 4 if probs is None else numeric(probs))


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
def any_true(x: Value) -> Logical:
    """Whether some element is TRUE."""
    return logical_of(np.array([bool(np.any(numeric(x, "any()") == 1))]))


@r_function("all")
def all_true(x: Value) -> Logical:
    """Whether every element is TRUE."""
    return logical_of(np.array([bool(np.all(numeric(x, "all()") == 1))]))


@r_function("rank")
def rank(x: Value) -> Array:
    """Ranks; ties share their mean."""
    return np.asarray(pd.Series(vector(x, "rank()")).rank(), dtype=float)


@r_function("ave")
def group_summary(x: Value, *dots: Promise, FUN: Value = None) -> Array:
    """For each row the mean of its group (`ave(x, g)`), or another summary (`FUN = sd`)."""
    numbers = vector(x, "ave()").astype(float)
    groups = _joint(dots, numbers.shape[0])
    if FUN is None:
        sums = np.bincount(groups, weights=numbers)
        return np.asarray((sums / np.bincount(groups))[groups])
    if not isinstance(FUN, Function):
        raise RefusedError("FUN must be a function")
    out = np.empty_like(numbers)
    for group in np.unique(groups).tolist():
        rows = groups == group
        out[rows] = _applied(FUN, numbers[rows])
    return out


def _joint(dots: tuple[Promise, ...], n: int) -> Array:
    factor = Factor(np.zeros(n, dtype=np.int64), as_factor(np.zeros(1)).levels)
    for promise in dots:
        group = drop_unused(as_factor(promise.value))
        if length(group) != n:
            raise RefusedError(f"ave() has {n} values and {length(group)} groups")
        factor = cross(factor, group)
    if factor.codes.size and factor.codes.min() < 0:
        raise RefusedError("ave() does not take missing groups")
    return factor.codes


def _applied(function: Function, numbers: Array) -> Array:
    if function.python:
        return np.asarray(function.call(numbers), dtype=float)
    if function.parameters[0] == "...":
        return numeric(function.call(Promise(None, None, lambda: numbers)))
    return numeric(function.call(numbers))

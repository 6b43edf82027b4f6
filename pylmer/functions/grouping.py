"""Summaries of a column by group: what ave() and reorder() have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Array
from .matching import Promise, bind
from .series import value_of
from .values import Factor, Function, RefusedError, Value, vector


def summary_of(function: Value, numbers: Array, more: Sequence[Promise] = ()) -> Array:
    """What the function `FUN` makes of some numbers; `more` are its further arguments."""
    if not isinstance(function, Function):
        raise RefusedError("FUN must be a function")
    if function.python:
        return vector(value_of(function.call(numbers), f"the result of {function.name}()"), "FUN")
    positional, named = bind(function, [Promise(None, None, lambda: numbers), *more])
    if function.stateful:
        named["state"] = {}
    return vector(function.call(*positional, **named), f"the result of {function.name}()")


def level_summaries(groups: Factor, numbers: Array, function: Value, more: Sequence[Promise]) -> Array:
    """One number for each level, its mean without a `function`: (levels,), NaN where the level has no row."""
    if numbers.shape[0] != groups.codes.shape[0]:
        raise RefusedError(f"{numbers.shape[0]} values for {groups.codes.shape[0]} rows")
    if function is None and not more:
        return level_means(groups, numbers)
    pieces = [numbers[groups.codes == level] for level in range(len(groups.levels))]
    scores = [summary_of(function, piece, more) if piece.size else np.array([np.nan]) for piece in pieces]
    if any(score.shape[0] != 1 for score in scores):
        raise RefusedError("FUN must give one number for each level")
    return np.array([float(score[0]) for score in scores])


def level_means(groups: Factor, numbers: Array) -> Array:
    """Mean of each level (levels,), NaN where it has no row."""
    known = groups.codes >= 0
    codes, n = groups.codes[known], len(groups.levels)
    sums = np.bincount(codes, weights=numbers[known].astype(float), minlength=n)
    return np.asarray(sums / np.bincount(codes, minlength=n))

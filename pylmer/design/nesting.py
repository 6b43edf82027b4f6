"""Whether one grouping factor is nested in another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..functions import as_factor, common_labels, drop_unused, vector
from ..functions.factors import pairs_that_occur
from ..functions.series import value_of
from ..functions.values import Factor, RefusedError, length


def _factor(given: Any, name: str) -> Factor:
    try:
        return drop_unused(as_factor(value_of(given, name)))
    except RefusedError as refused:
        raise ArgumentError(f"isNested(): {name}: {refused}") from None


def isNested(f1: Any, f2: Any) -> bool:
    """Whether every level of `f1` occurs with one level of `f2` only, as lme4's `isNested`.

    f1  the finer column (n,): an array, a Series, a Categorical or a list
    f2  the coarser one, likewise (n,)

    Rows in which one is missing do not count. Two Series go by their labels.
    Raises ArgumentError for different lengths, DataError for what is no column.

    >>> isNested(["a1", "a2", "b1"], list("aab")), isNested(["1", "2", "1"], list("aab"))
    (True, False)
    """
    f2 = vector(f2, common_labels([f1]), "f2", "f1")
    inner, outer = _factor(f1, "f1"), _factor(f2, "f2")
    if length(inner) != length(outer):
        raise ArgumentError(f"isNested(): f1 has {length(inner)} rows, f2 has {length(outer)}")
    first = pairs_that_occur(inner, outer) // len(outer.levels)
    return bool(np.unique(first).shape[0] == first.shape[0])

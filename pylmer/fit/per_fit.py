"""Results that belong to a fit, computed when first asked for and kept as long as the fit lives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

Kind = TypeVar("Kind")
Result = TypeVar("Result")


def once_per_fit(function: Callable[[Kind], Result]) -> Callable[[Kind], Result]:
    """`function` of a fit, called once for each fit: a fit is frozen, so its answers never change."""
    kept: WeakKeyDictionary[Kind, Result] = WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(fit: Kind) -> Result:
        if fit not in kept:
            kept[fit] = function(fit)
        return kept[fit]

    return remembered

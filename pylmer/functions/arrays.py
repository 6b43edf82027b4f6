"""Small facts about numeric arrays that need no mask of the rows."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def has_nan(values: Array) -> bool:
    """Whether any value is missing; the minimum propagates NaN, so no mask is made."""
    if values.size == 0 or values.dtype.kind not in "fM":
        return False
    smallest = np.minimum.reduce(values, axis=None)
    return bool(np.isnat(smallest) if values.dtype.kind == "M" else np.isnan(smallest))


def all_finite(values: Array) -> bool:
    """Whether all values are finite numbers."""
    if values.size == 0 or values.dtype.kind != "f":
        return True
    return math.isfinite(np.minimum.reduce(values, axis=None)) and math.isfinite(np.maximum.reduce(values, axis=None))


def nan_mask(values: Array) -> Array | None:
    """Rows with a missing value (n,), or None if there are none."""
    if not has_nan(values):
        return None
    absent = np.asarray(np.isnat(values) if values.dtype.kind == "M" else np.isnan(values))
    return np.asarray(absent.any(axis=1)) if absent.ndim == 2 else absent


def either(first: Array | None, second: Array | None) -> Array | None:
    """Union of two masks, None meaning no row."""
    if first is None or second is None:
        return second if first is None else first
    return np.asarray(first | second)

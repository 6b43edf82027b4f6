"""lme4's check of the scales of predictors: standard deviations that are far apart make an ill-conditioned problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..functions.arrays import Array
from ..numerics.linalg import dot
from ..options import Control
from .checks import settle

LARGEST_RATIO = 1e3  # of two standard deviations, or of one to 1
SMALLEST = np.finfo(float).tiny
CLEAR = 1e-4  # of a column's sum of squares, left about its mean, from which their difference has digits enough
LOOK = 1000  # rows that tell most numeric columns from indicators


def check_scale(X: Any, names: Sequence[str], control: Control) -> list[str]:
    """Columns of X, but for zeros and ones, whose standard deviations are far apart, or far from 1."""
    if control.check_scaleX == "ignore" or X.shape[0] < 2:
        return []
    return scale_notes(_spreads(X) if isinstance(X, np.ndarray) else sparse_spreads(X), names, control)


def scale_notes(found: Sequence[float | None], names: Sequence[str], control: Control) -> list[str]:
    """What is to be said of columns by their standard deviations, None for columns of zeros and ones."""
    spread = sorted((sd, name) for sd, name in zip(found, names, strict=True) if sd is not None)
    if not spread:
        return []
    (small, smallest), (large, largest) = spread[0], spread[-1]
    reach = max(large, 1.0) / max(min(small, 1.0), SMALLEST) if len(spread) == 1 else _reach(small, large)
    if reach <= LARGEST_RATIO:
        return []
    of_two = f"that of {smallest!r} {small:.3g}" if len(spread) > 1 else "far from 1"
    text = f"predictors are on very different scales: the standard deviation of {largest!r} is {large:.3g}, {of_two}"
    return settle([(control.check_scaleX, f"{text}; consider rescaling")])


def _reach(small: float, large: float) -> float:
    """The largest of large / small, large / 1 and 1 / small."""
    lowest = max(small, SMALLEST)
    return max(large / lowest, large, 1 / lowest)


def _spreads(X: Array) -> list[float | None]:
    """Standard deviation of every column, None for those of zeros and ones."""
    with np.errstate(over="ignore", invalid="ignore"):
        return [_spread(column) for column in X.T]


def _spread(column: Array) -> float | None:
    if _is_indicator(column[:LOOK]) and (len(column) <= LOOK or _is_indicator(column)):
        return None
    squares, total = dot(column, column), float(np.add.reduce(column))
    about_mean = squares - total * (total / len(column))
    if math.isfinite(squares) and about_mean > CLEAR * squares:
        return math.sqrt(about_mean / (len(column) - 1))
    apart = column - column.mean()
    sd = math.sqrt(dot(apart, apart) / (len(column) - 1))
    if math.isfinite(sd):
        return sd
    largest = float(np.max(np.abs(column)))
    return largest * float((column / largest).std(ddof=1))


def _is_indicator(values: Array) -> bool:
    low, high = float(np.minimum.reduce(values)), float(np.maximum.reduce(values))
    if low == high or low < 0 or high > 1:
        return low == high and low in (0.0, 1.0)
    return bool(np.logical_and.reduce((values == 0) | (values == 1)))


def sparse_spreads(X: Any) -> list[float | None]:
    """The same for every column of a csr matrix, from its entries alone."""
    n, p = X.shape
    present = np.bincount(X.indices, minlength=p)
    mean = np.bincount(X.indices, weights=X.data, minlength=p) / n
    squares = np.bincount(X.indices, weights=(X.data - mean[X.indices]) ** 2, minlength=p)
    sd = np.sqrt((squares + (n - present) * mean**2) / (n - 1))
    others = np.bincount(X.indices, weights=(X.data != 0) & (X.data != 1), minlength=p)
    return [float(value) if count else None for value, count in zip(sd, others, strict=True)]

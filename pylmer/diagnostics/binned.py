"""Residuals of 0/1 responses averaged in bins of the fitted probability (Gelman & Hill 2007, 5.6), as arm's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..numerics.linalg import Array

FEWEST, MIDDLE, MANY = 10, 100, 10  # rows from which on the bins are n / 2, then sqrt(n); bins of fewer rows


@dataclass(frozen=True, eq=False)
class Binned:
    """Of each bin (m,) the mean of x and of the residual, and half the interval: two standard errors."""

    x: Array
    residual: Array
    half: Array

    @property
    def inside(self) -> float:
        """The share of the bins whose mean residual is within its interval."""
        return float(np.mean(np.abs(self.residual) <= self.half))


def binned(x: Array, residual: Array, bins: int | None = None) -> Binned:
    """Bins of equal numbers of rows in the order of x (n,); None: as many as arm takes, sqrt(n) of 100 rows or more.

    >>> found = binned(np.array([0.1, 0.2, 0.3, 0.4]), np.array([-0.1, 0.3, 0.1, 0.1]), bins=2)
    >>> found.x.round(2).tolist(), found.residual.round(2).tolist(), found.half.round(2).tolist()
    ([0.15, 0.35], [0.1, 0.1], [0.4, 0.0])
    """
    n, order = len(x), np.argsort(x, kind="stable")
    number = usual(n) if bins is None else bins
    number = max(1, min(number, n))
    parts = np.split(order, n * np.arange(1, number) // number)
    half = [2 * np.std(residual[rows], ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.inf for rows in parts]
    centre, mean = (np.array([np.mean(values[rows]) for rows in parts]) for values in (x, residual))
    return Binned(centre, mean, np.array(half))


def usual(n: int) -> int:
    """arm's number of bins: sqrt(n) of 100 rows or more, 10 of fewer, n / 2 of ten or fewer."""
    if n >= MIDDLE:
        return int(np.sqrt(n))
    return MANY if n > FEWEST else n // 2

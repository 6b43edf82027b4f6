"""Normal quantiles, and the line through the quartiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from ..numerics.linalg import Array
from .canvas import BLUE, DOT, GREY, THIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Standard normal quantiles"


def quantiles(n: int) -> Array:
    """Normal quantiles of (i - 1/2) / n: (n,).

    >>> quantiles(2).round(3).tolist()
    [-0.674, 0.674]
    """
    return np.asarray(special.ndtri((np.arange(n) + 0.5) / n))


def plotting_points(n: int) -> Array:
    """Normal quantiles of R's ppoints: (i - 3/8) / (n + 1/4) up to ten values, then (i - 1/2) / n: (n,)."""
    return np.asarray(special.ndtri((np.arange(n) + 0.625) / (n + 0.25))) if n <= 10 else quantiles(n)


def plot_quantiles(ax: Axes, values: Array) -> None:
    """Sorted values against normal quantiles, with the line through both quartiles."""
    ax.axline(*_quartiles(values), color=GREY, lw=THIN, zorder=0)
    ax.plot(plotting_points(len(values)), np.sort(values), "o", ms=DOT, mew=0, alpha=0.7, color=BLUE)
    ax.set_xlabel(TITLE)


def _quartiles(values: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two points of the line: the quartiles of the normal distribution and of the values."""
    at = float(special.ndtri(0.75))
    low, high = np.quantile(values, [0.25, 0.75])
    return (-at, float(low)), (at, float(high))

"""Normal quantiles, and the line through the quartiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from ..diagnostics.standard_residuals import order_limits
from ..numerics.linalg import Array
from .canvas import BLUE, DOT, GREY, MANY, PALE, THIN

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
    x, many = plotting_points(len(values)), len(values) > MANY
    ax.plot(x, np.sort(values), "o", ms=DOT, mew=0, alpha=0.7, color=BLUE, rasterized=many)
    ax.set_xlabel(TITLE)


def _quartiles(values: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two points of the line: the quartiles of the normal distribution and of the values."""
    at = float(special.ndtri(0.75))
    low, high = np.quantile(values, [0.25, 0.75])
    return (-at, float(low)), (at, float(high))


def plot_envelope(ax: Axes, values: Array, level: float = 0.95) -> None:
    """Quantiles with the band that holds each ordered value, if they are normal, with the probability `level`.

    The band is about the line through the quartiles. Source: Atkinson (1985), Plots, Transformations and Regression,
    for the envelope; its limits are those of ordered uniform values, Beta(i, n + 1 - i).
    """
    (x0, low), (x1, high) = _quartiles(values)
    slope = (high - low) / (x1 - x0)
    middle = low - slope * x0
    below, above = (middle + slope * end for end in order_limits(len(values), level))
    ax.fill_between(quantiles(len(values)), below, above, color=PALE, alpha=0.35, lw=0, zorder=0)
    plot_quantiles(ax, values)

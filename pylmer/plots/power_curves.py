"""Power against the size of the design, as simr's plot of a power curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..power_analysis import PowerCurve
from .canvas import BLUE, DOT, FEW, GREY, MEDIUM, THIN, axes_for
from .residuals import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USUAL = 0.8  # the power that studies are planned for


@plot.register(PowerCurve)
def plot_power_curve(curve: PowerCurve, ax: Axes | None = None) -> Axes:
    """Power with its Clopper-Pearson interval at each size, and a line at 80 %; returns the Axes."""
    ax = axes_for(ax)
    table = curve.as_frame()
    x = np.array([float(label) for label in curve.labels.values()])
    below, above = table["mean"] - table["lower"], table["upper"] - table["mean"]
    ax.axhline(USUAL, color=GREY, linewidth=THIN, linestyle="--")
    ax.errorbar(
        x, table["mean"], [below, above], color=BLUE, linewidth=MEDIUM, elinewidth=THIN, marker="o", markersize=DOT
    )
    if len(x) <= FEW:
        ax.set_xticks(x, list(curve.labels.values()))
    ax.set(ylim=(-0.02, 1.02), xlabel=curve.along, ylabel=f"power for {next(iter(curve.values())).effect}")
    return ax

"""Pictures of the random effects: dotplot(ranef(fit)), qqmath(ranef(fit)) and plot(ranef(fit))."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import Ranef
from ..inference.profiles.profiling import quantile
from ..numerics.linalg import Array
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MEDIUM, PALE, THIN, WIDTH, panels_for
from .choosing import one_group
from .quantiles import TITLE, plotting_points, quantiles
from .residuals import plot, qqmath

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.17  # height of a level with its name, in inches
NAMED = 120  # levels up to which their names are written


@plain
def dotplot(
    modes: Ranef, group: str | None = None, *, level: float = 0.95, axes: Iterable[Axes] | None = None
) -> list[Axes]:
    """Caterpillar plot of the random effects of one grouping factor, as lattice's `dotplot(ranef(fit))`.

    modes  what `ranef` returned
    group  the grouping factor; None, the default: the one there is
    level  coverage of the intervals, between 0 and 1; default 0.95
    axes   where to draw: matplotlib Axes, one for each column; None, the default: a new figure

    A panel for each column, a row for each level, levels in the order of the first column: the conditional mode with
    its interval of +- z standard deviations (none for `ranef(fit, condVar=False)`). The panels have their own scales.
    The names of more than 120 levels are not written.

    Returns the panels. Raises ArgumentError for several grouping factors without `group`, and unless a panel is given
    for each column.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> intercepts, slopes = pylmer.dotplot(pylmer.ranef(fit))
    >>> slopes.get_xlabel(), intercepts.get_ylabel()
    ('Days', 'Subject')
    """
    name, frame, half = _chosen(modes, group, level, "dotplot")
    order = np.argsort(frame.iloc[:, 0].to_numpy(), kind="stable")
    rows, count = np.arange(len(frame)), frame.shape[1]
    drawn = panels_for(axes, count, count, 0.8 * WIDTH, max(2.0, ROW * min(len(frame), NAMED) + 0.7), sharey=True)
    for k, (ax, column) in enumerate(zip(drawn, frame.columns, strict=True)):
        _dots(ax, frame.to_numpy()[order, k], rows, None if half is None else half[order, k])
        ax.set_xlabel(str(column))
        ax.set_ylim(-0.8, len(frame) - 0.2)
    drawn[0].set_ylabel(name)
    if len(frame) > NAMED:
        drawn[0].set_yticks([])
    else:
        drawn[0].set_yticks(rows, [str(frame.index[k]) for k in order])
        drawn[0].tick_params(axis="y", length=0, labelsize="x-small" if len(frame) > 40 else "small")
    return drawn


@qqmath.register(Ranef)
def qqmath_modes(
    modes: Ranef, group: str | None = None, *, level: float = 0.95, axes: Iterable[Axes] | None = None
) -> list[Axes]:
    """Normal quantiles of the random effects, with their intervals; see `qqmath`."""
    name, frame, half = _chosen(modes, group, level, "qqmath")
    drawn = panels_for(axes, frame.shape[1], frame.shape[1], 0.8 * WIDTH, sharey=True)
    for k, (ax, column) in enumerate(zip(drawn, frame.columns, strict=True)):
        values = frame.to_numpy()[:, k]
        order = np.argsort(values, kind="stable")
        _dots(ax, values[order], quantiles(len(values)), None if half is None else half[order, k])
        ax.set_xlabel(f"{column} | {name}")
    drawn[0].set_ylabel(TITLE)
    return drawn


@plot.register(Ranef)
def plot_modes(modes: Ranef, group: str | None = None, *, axes: Iterable[Axes] | None = None) -> list[Axes]:
    """Normal quantiles of one column, or a scatter plot for each pair of columns; see `plot`."""
    name, frame, _ = _chosen(modes, group, 0.95, "plot")
    pairs = list(combinations(range(frame.shape[1]), 2))
    if not pairs:
        return _one_column(frame, name, axes)
    drawn = panels_for(axes, len(pairs), 3)
    for ax, (first, second) in zip(drawn, pairs, strict=True):
        ax.axhline(0, color=GREY, lw=THIN, zorder=0)
        ax.axvline(0, color=GREY, lw=THIN, zorder=0)
        ax.plot(frame.iloc[:, second], frame.iloc[:, first], "o", ms=DOT, color=BLUE)
        ax.set(xlabel=str(frame.columns[second]), ylabel=str(frame.columns[first]))
    return drawn


def _one_column(frame: pd.DataFrame, name: str, axes: Iterable[Axes] | None) -> list[Axes]:
    drawn = panels_for(axes, 1, 1)
    values = np.sort(frame.iloc[:, 0].to_numpy())
    drawn[0].plot(plotting_points(len(values)), values, "o", ms=DOT, color=BLUE)
    drawn[0].set(xlabel=TITLE, ylabel=f"{frame.columns[0]} | {name}")
    return drawn


def _chosen(modes: Any, group: str | None, level: float, word: str) -> tuple[str, pd.DataFrame, Array | None]:
    """Name of the factor, its modes (J, l), and half the lengths of their intervals (J, l) if variances are there."""
    if not isinstance(modes, Ranef):
        raise ArgumentError(f"{word}() wants random effects, as ranef(fit) gives them; found {type(modes).__name__}")
    name = one_group(modes, group, word)
    if modes.cond_var is None:
        return name, modes[name], None
    deviations = np.sqrt(np.diagonal(modes.cond_var[name], axis1=1, axis2=2))
    return name, modes[name], np.asarray(quantile(level) * deviations)


def _dots(ax: Axes, values: Array, places: Array, half: Array | None) -> None:
    ax.axvline(0, color=GREY, lw=THIN, zorder=0)
    ax.errorbar(values, places, xerr=half, fmt="o", ms=DOT, color=BLUE, ecolor=PALE, elinewidth=MEDIUM)

"""Axes to draw on, and the quiet look that all pictures share.

matplotlib is an extra: it is imported when a picture is drawn, `rcParams` are read and never set, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Blue and orange keep apart for every kind of colour vision, and in grey; what is drawn in both differs in shape too.
BLUE, PALE, ORANGE, GREY, LIGHT = "#1f4e79", "#8fb3d9", "#d55e00", "0.55", "0.85"
PALETTE = (BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00")
THIN, MEDIUM = 0.7, 1.2  # widths of lines, in points
DOT = 4.0  # diameter of a point, in points
MANY = 5000  # points from which on a vector graphic holds their picture
FEW = 10  # distinct numbers up to which points are jittered and whole numbers marked
WIDTH, HEIGHT = 4.5, 3.6  # of one panel of a new figure, in inches


def pyplot() -> Any:
    """matplotlib.pyplot; MissingExtraError if it is not installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError('pictures need matplotlib: pip install "pylmer[plot]"') from None
    return plt


def axes_for(ax: Axes | None, width: float = WIDTH, height: float = HEIGHT) -> Axes:
    """`ax`, or the axes of a new figure of this size in inches, made quiet; ArgumentError if `ax` is no Axes."""
    plt = pyplot()
    return quiet(plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else checked(ax))


def panels_for(
    axes: Iterable[Axes] | None,
    count: int,
    columns: int,
    width: float = WIDTH,
    height: float = HEIGHT,
    **shared: Any,
) -> list[Axes]:
    """`count` axes: those given, or those of a new figure, row by row, its panels of this size in inches.

    `shared` (sharex, sharey) goes to `subplots`. Raises ArgumentError if another number of axes, or no axes, is given.
    """
    plt, columns = pyplot(), min(columns, count)
    if axes is None:
        rows = -(-count // columns)
        figure = plt.figure(figsize=(columns * width, rows * height), layout="constrained")
        made = list(figure.subplots(rows, columns, squeeze=False, **shared).flat)
        for spare in made[count:]:
            spare.remove()
        for k, ax in enumerate(made[:count] if shared.get("sharex") else []):
            ax.tick_params(labelbottom=k >= count - columns)  # also where the panel below is a spare one
        return [quiet(ax) for ax in made[:count]]
    given = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(given) != count:
        raise ArgumentError(f"axes: wanted {count}, one for each panel, found {len(given)}")
    return [quiet(checked(ax)) for ax in given]


def checked(ax: Any) -> Axes:
    """`ax`; ArgumentError if it is no matplotlib Axes."""
    pyplot()
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise ArgumentError(f"ax: wanted the Axes of a matplotlib figure, found {type(ax).__name__}")
    return ax


def quiet(ax: Axes) -> Axes:
    """The axes with thin lines, without those above and on the right."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_linewidth(THIN)
    ax.tick_params(width=THIN, length=3, labelsize="small")
    return ax


def name_outer(drawn: Sequence[Axes], y: str, x: str = "") -> None:
    """Name the axes of a grid of panels: y on the left of each row, x, if there is one for all, below each column."""
    spec = drawn[0].get_subplotspec()
    columns = 1 if spec is None else spec.get_gridspec().ncols
    for ax in drawn[::columns]:
        ax.set_ylabel(y)
    for ax in drawn[-columns:] if x else []:
        ax.set_xlabel(x)


def ends_of_rows(drawn: Sequence[Axes]) -> list[Axes]:
    """The panels of a grid at the right end of their rows."""
    spec = drawn[0].get_subplotspec()
    columns = 1 if spec is None else spec.get_gridspec().ncols
    return [ax for k, ax in enumerate(drawn, start=1) if k % columns == 0 or k == len(drawn)]


def mark_whole(ax: Axes, values: Any) -> None:
    """Ticks at the values themselves, where these are a few whole numbers."""
    distinct = np.unique(values)
    if len(distinct) <= FEW and np.array_equal(distinct, np.round(distinct)):
        ax.set_xticks(distinct, [f"{value:.0f}" for value in distinct])


def size_axis(ax: Axes, n: Any, group: str) -> None:
    """The horizontal axis as group sizes on a log scale, marked at 1, 2, 5, 10, ... or, over a wide range, 1, 3, 10."""
    ax.set_xscale("log")
    low, high = 0.85 * np.min(n), 1.18 * np.max(n)
    steps = (1, 2, 5) if high < 30 * low else (1, 3)
    marks = [step * 10**power for power in range(10) for step in steps if low <= step * 10**power <= high]
    marks = marks or [int(np.min(n)), int(np.max(n))]
    ax.set_xticks(marks, [f"{mark:,}" for mark in marks])
    ax.set_xticks([], minor=True)
    ax.set(xlim=(low, high), xlabel=f"sample size in {group}")

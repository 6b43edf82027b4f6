"""Interaction plots of marginal means: emmip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.regression import LinearFit
from ..fit.words import word_of
from ..inference.marginal_means import EmmGrid, EmmList, emmeans
from ..inference.marginal_means.grids import first_grid
from ..inference.marginal_means.records import level_text
from ..inference.marginal_means.reference_grid import predictors
from ..inference.marginal_means.specs import Traces, parse_traces
from ..inference.marginal_means.summaries import summarize
from ..numerics.linalg import Array
from .canvas import DOT, MEDIUM, PALETTE, THIN, axes_for, panels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "os^Dv"
LINES = ("-", "--", "-.", ":")
COLUMNS = 3  # panels side by side
DODGE = 0.08  # between traces whose intervals would lie on each other, in distances of levels


@word_of(
    FittedModel,
    GeneralizedFittedModel,
    LinearFit,
    EmmGrid,
    EmmList,
    wanted="a fit of lmer(), glmer() or lm(), or marginal means",
)
def emmip(
    fit: FittedModel | GeneralizedFittedModel | LinearFit | EmmGrid | EmmList,
    /,
    formula: str,
    *,
    CIs: bool = False,
    style: str | None = None,
    type: str | None = None,
    level: float | None = None,
    ax: Axes | None = None,
    axes: Iterable[Axes] | None = None,
    **options: Any,
) -> Axes | list[Axes]:
    """Interaction plot of marginal means of a fit of `lmer`, `glmer` or `lm`, or of what `emmeans` returned: `emmip`.

    fit      a fit of `lmer`, `glmer` or `lm`, or marginal means (of two parts, the means are taken)
    formula  "recipe ~ temperature": means against temperature, a trace for each recipe; "~ temperature": one trace;
             "recipe ~ temperature | group": a panel for each group. Several variables on a side are combined
    CIs      whether to draw confidence intervals; default False
    style    "factor": places of equal distance; "numeric": a number's own scale; None, the default: the latter if it
             has several values
    type     "response" to transform back, see `summary`; None, the default: as the means have it
    level    coverage of the intervals, between 0 and 1; None, the default: as the means have it, 0.95
    ax       where to draw: matplotlib Axes; None, the default: a new figure
    axes     of a formula with "|" in place of `ax`: Axes, one for each panel; None, the default: a new figure
    options  of a fit: those of `emmeans`: at, weights, lmer_df, ...

    Returns the Axes, with "|" the list of them. Raises FormulaError, ArgumentError.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe * temperature + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> ax = pylmer.emmip(fit, "recipe ~ temperature")
    >>> ax.get_xlabel(), ax.get_ylabel(), len(ax.lines)
    ('Levels of temperature', 'Linear prediction', 3)
    """
    grid, wanted = _means_and_traces(fit, formula, options)
    return _drawn(grid, wanted, PlotStyle(CIs, style, type, level), ax, axes)


def _means_and_traces(
    given: FittedModel | GeneralizedFittedModel | LinearFit | EmmGrid | EmmList, formula: str, options: dict[str, Any]
) -> tuple[EmmGrid, Traces]:
    """The means to draw, those of a fit by `emmeans` with its options, and what the formula makes of them."""
    if isinstance(given, FittedModel | GeneralizedFittedModel | LinearFit):
        wanted = parse_traces(formula, list(predictors(given.design)))
        return first_grid(emmeans(given, [*wanted.traces, *wanted.across, *wanted.by], **options)), wanted
    if options:
        raise ArgumentError(f"emmip(): no argument {next(iter(options))!r} for means: give it to emmeans()")
    grid = first_grid(given)
    names = [axis.name for axis in grid.axes]
    wanted = parse_traces(formula, names)
    left_out = [name for name in names if name not in (*wanted.traces, *wanted.across, *wanted.by)]
    if any(len(grid.axis(name).values) > 1 for name in left_out):
        raise ArgumentError(
            f"emmip(): the formula leaves out {', '.join(left_out)}; take means over them with emmeans()"
        )
    return grid, wanted


@dataclass(frozen=True)
class PlotStyle:
    """What is drawn, and how; see `emmip`."""

    intervals: bool
    style: str | None
    type: str | None
    level: float | None


def _drawn(
    grid: EmmGrid, wanted: Traces, look: PlotStyle, ax: Axes | None, axes: Iterable[Axes] | None
) -> Axes | list[Axes]:
    numeric = _is_numeric(grid, wanted.across, look.style)
    frame, means = _points(grid, wanted, look, numeric)
    panels = list(dict.fromkeys(frame["panel"]))
    drawn = panels_for(axes, len(panels), COLUMNS, sharex=True, sharey=True) if wanted.by else [axes_for(ax)]
    for panel, here in zip(panels, drawn, strict=True):
        _panel(here, frame[frame["panel"] == panel], numeric, look.intervals)
        here.set(
            xlabel=wanted.across[0] if numeric else f"Levels of {' '.join(wanted.across)}",
            ylabel=means,
            title=panel,
        )
    if wanted.traces:
        title = " ".join(wanted.traces)
        drawn[-1].legend(title=title, frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return drawn if wanted.by else drawn[0]


def _points(grid: EmmGrid, wanted: Traces, look: PlotStyle, numeric: bool) -> tuple[pd.DataFrame, str]:
    """The means with their place, trace and panel; and what they are: the linear prediction, a response, prob, ..."""
    table = summarize(grid, infer=(look.intervals, False), level=look.level, by=None, type=look.type)
    columns: dict[str, Any] = {
        "y": table[table.label],
        "x": _labels(table, wanted.across),
        "trace": _labels(table, wanted.traces),
        "panel": _labels(table, wanted.by, named=True),
    }
    if look.intervals:
        columns |= {"low": table.iloc[:, -2], "high": table.iloc[:, -1]}
    if numeric:
        columns["at"] = table[wanted.across[0]].to_numpy(float)
    return pd.DataFrame(columns), "Linear prediction" if table.label == grid.label else f"Predicted {table.label}"


def _is_numeric(grid: EmmGrid, across: Sequence[str], style: str | None) -> bool:
    """Whether means stand at the values of a number, not at places of equal distance."""
    if style not in (None, "factor", "numeric"):
        raise ArgumentError(f"style={style!r}: wanted 'factor' or 'numeric'")
    if len(across) != 1 or grid.axis(across[0]).kind != "numeric":
        if style == "numeric":
            raise ArgumentError("style='numeric' wants one numeric variable on the right of the formula")
        return False
    return style == "numeric" or (style is None and len(grid.axis(across[0]).values) > 1)


def _labels(table: pd.DataFrame, names: Sequence[str], named: bool = False) -> list[str]:
    """The levels of each row, one blank apart; with their variables' names "a = 1, b = 2"."""
    columns = [[f"{name} = {level_text(v)}" if named else level_text(v) for v in table[name]] for name in names]
    joined = [(", " if named else " ").join(row) for row in zip(*columns, strict=True)]
    return joined or [""] * len(table)


def _panel(ax: Axes, frame: pd.DataFrame, numeric: bool, intervals: bool) -> None:
    """One line for each trace."""
    levels = list(dict.fromkeys(frame["x"]))
    traces = list(dict.fromkeys(frame["trace"]))
    looks = zip(cycle(PALETTE), cycle(MARKERS), cycle(LINES), strict=False)
    for number, (trace, (color, marker, line)) in enumerate(zip(traces, looks, strict=False)):
        part = frame[frame["trace"] == trace]
        x = part["at"].to_numpy(float) if numeric else np.array([levels.index(each) for each in part["x"]], float)
        if intervals and not numeric:
            x = x + DODGE * (number - (len(traces) - 1) / 2)
        _trace(ax, x, part, {"color": color, "marker": None if numeric else marker, "ls": line, "label": trace})
    if not numeric:
        ax.set_xticks(range(len(levels)), levels)


def _trace(ax: Axes, x: Array, part: pd.DataFrame, look: dict[str, Any]) -> None:
    ax.plot(x, part["y"], lw=MEDIUM, ms=DOT, **look)
    if "low" in part:
        ax.vlines(x, part["low"], part["high"], color=look["color"], lw=2 * THIN, alpha=0.6)

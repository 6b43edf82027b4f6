"""plot_group_predictor: coefficients of the groups against a predictor of the groups (Gelman & Hill, figure 12.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..extract import coef, fixef, se_ranef
from ..language import plain_name
from ..text.arguments import plain
from .canvas import BLUE, DOT, MEDIUM, ORANGE, PALE, axes_for
from .choosing import known
from .levels import INTERCEPT, grouping_factor, level_values, random_column
from .scales import Fitted, response_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@plain
def plot_group_predictor(
    fit: Fitted,
    predictor: str,
    coefficient: str = INTERCEPT,
    group: str | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Estimated coefficients of the groups +- one standard error against a group-level predictor, and the fitted line.

    fit          a fit of `lmer` or `glmer`
    predictor    a fixed effect that is constant in each group, such as log_uranium in
                 log_radon ~ floor + log_uranium + (1 | county)
    coefficient  a coefficient that varies over the groups, by default "(Intercept)"; of a slope x the predictor is that
                 of the interaction x:predictor, and the line is flat if the model has none
    group        the grouping factor; None, the default: the one there is
    ax           where to draw: matplotlib Axes; None, the default: a new figure

    A point is fixef + the predictor's part + the conditional mode; the bar is the standard deviation of the mode
    (`se_ranef`). Of `glmer` all is on the scale of the linear predictor; an intercept has the means on a second axis.

    Returns the Axes. Raises ArgumentError for a predictor that the model has not or that varies within groups, a
    coefficient that does not vary, and several grouping factors without `group`.
    Source: Gelman & Hill (2007), figures 12.6 and 13.2.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + log_uranium + (1 | county)", pylmer.datasets.load("radon"))
    >>> ax = pylmer.plot_group_predictor(fit, "log_uranium")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('log_uranium', '(Intercept) | county')
    """
    word = "plot_group_predictor"
    chosen = grouping_factor(fit, group, word)
    column = random_column(fit, chosen, coefficient, word)
    name = known([name for name in fit.design.X_names if name != INTERCEPT], predictor, f"{word}(): predictor")
    u, fixed = level_values(fit, chosen, name), fixef(fit)
    slope = _slope(fit, name, column)
    ax = axes_for(ax)
    values = coef(fit)[chosen][column].to_numpy() + slope * u
    ax.errorbar(u, values, se_ranef(fit)[chosen][column], fmt="o", ms=DOT, color=BLUE, ecolor=PALE, elinewidth=MEDIUM)
    ends = np.array([u.min(), u.max()])
    ax.plot(ends, fixed.get(column, 0.0) + slope * ends, color=ORANGE, lw=MEDIUM)
    ax.set(xlabel=plain_name(name), ylabel=f"{column} | {chosen}")
    response_axis(ax, fit, column == INTERCEPT)
    return ax


def _slope(fit: Fitted, predictor: str, column: str) -> float:
    """How the coefficient changes with the predictor."""
    fixed = fixef(fit)
    names = [predictor] if column == INTERCEPT else [f"{column}:{predictor}", f"{predictor}:{column}"]
    return float(sum(fixed.get(name, 0.0) for name in names))

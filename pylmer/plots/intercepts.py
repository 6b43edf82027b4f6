"""plot_intercepts: estimates of the groups by their size (Gelman & Hill, figures 12.1 and 12.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..numerics.linalg import Array
from ..partial_pooling import pooling
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MEDIUM, PALE, THIN, panels_for, size_axis
from .levels import INTERCEPT, by_coefficient, common_mean, grouping_factor
from .scales import Fitted, at_border, response_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@plain
def plot_intercepts(
    fit: Fitted, coefficient: str = INTERCEPT, group: str | None = None, *, axes: Iterable[Axes] | None = None
) -> list[Axes]:
    """Estimates of the groups +- one standard error by sample size, in two panels: no pooling, and multilevel.

    fit          a fit of `lmer` or `glmer`
    coefficient  one that varies over the groups; default "(Intercept)"
    group        the grouping factor; None, the default: the one there is
    axes         where to draw: two matplotlib Axes; None, the default: a new figure

    Sizes are on a log scale, each moved a little so that equal ones do not hide each other. The numbers are those of
    `pooling`: no pooling is least squares with a coefficient for each group (none where its rows do not determine it),
    the multilevel standard error is `se_ranef`. The line is complete pooling on the left, the fixed effect on the
    right; there is none where group-level predictors give each group a mean of its own. Of `glmer` estimates are on the
    scale of the linear predictor, intercepts with the means on a second axis; a triangle at the border is a group whose
    responses are all at one end, which has no finite estimate without pooling.

    Returns both panels. Raises ArgumentError for a coefficient that does not vary over the groups, and for several
    grouping factors without `group`. Source: Gelman & Hill (2007), figures 12.1 and 12.3.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> [ax.get_title() for ax in pylmer.plot_intercepts(fit)]
    ['no pooling', 'multilevel']
    """
    chosen = grouping_factor(fit, group, "plot_intercepts")
    found = by_coefficient(pooling(fit, chosen), coefficient, "plot_intercepts")
    drawn = panels_for(axes, 2, 2, sharey=True)
    mean = common_mean(fit, coefficient, found)
    lines = (None, None) if mean is None else (found["complete"].iloc[0], mean)
    estimates = (("no pooling", "no_pooling", "se_no"), ("multilevel", "multilevel", "se_multi"))
    for ax, (title, estimate, error), line in zip(drawn, estimates, lines, strict=True):
        _panel(ax, found, estimate, error)
        if line is not None:
            ax.axhline(line, color=GREY, lw=THIN, zorder=0)
        ax.set_title(title, fontsize="medium")
        size_axis(ax, found["n"].to_numpy(), chosen)
    drawn[0].set_ylabel(f"{coefficient} | {chosen}")
    response_axis(drawn[1], fit, coefficient == INTERCEPT)
    return drawn


def _panel(ax: Axes, found: pd.DataFrame, estimate: str, error: str) -> None:
    known = np.isfinite(found[estimate].to_numpy())
    there, x = found[known], spread(found["n"].to_numpy())
    ax.errorbar(
        x[known], there[estimate], there[error], fmt="o", ms=0.9 * DOT, color=BLUE, ecolor=PALE, elinewidth=MEDIUM
    )
    at_border(ax, x, found[estimate].to_numpy())


def spread(n: Array) -> Array:
    """Sizes moved by up to a tenth, the same way each time."""
    return np.asarray(n * np.exp(np.random.default_rng(1).uniform(-0.1, 0.1, len(n))))

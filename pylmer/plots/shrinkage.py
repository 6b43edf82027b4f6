"""plot_shrinkage: from no pooling to partial pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..fit.words import several
from ..numerics.linalg import Array
from ..partial_pooling import pooling
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MEDIUM, ORANGE, PALE, axes_for, size_axis
from .intercepts import spread
from .levels import INTERCEPT, by_coefficient, common_mean, grouping_factor
from .scales import Fitted, at_border, response_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORD = "plot_shrinkage"


@plain
def plot_shrinkage(
    fit: Fitted,
    coefficients: str | Sequence[str] | None = None,
    group: str | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Arrows from the estimates without pooling to the multilevel ones, group by group.

    fit           a fit of `lmer` or `glmer`
    coefficients  two that vary over the groups give a plane, one gives its estimates by sample size (log scale);
                  None, the default: the first two, or the one there is
    group         the grouping factor; None, the default: the one there is
    ax            where to draw: matplotlib Axes; None, the default: a new figure

    The orange diamond (or line) is what the fixed effects say of every group; it is left out where group-level
    predictors give each group a mean of its own. A group whose rows do not determine its coefficients has no arrow.
    The numbers are those of `pooling`, of `glmer` on the scale of the linear predictor, single intercepts with the
    means on a second axis; there triangles at the border are groups without a finite estimate.

    Returns the Axes. Raises ArgumentError for unknown coefficients or more than two, and for several grouping factors
    without `group`. Source: Gelman & Hill (2007), 12.2 and 13.1; Bates et al. (2015), section 2.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> ax = pylmer.plot_shrinkage(fit)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('(Intercept) | Subject', 'Days | Subject')
    """
    chosen = grouping_factor(fit, group, WORD)
    found = pooling(fit, chosen)
    names = list(found.coefficients[:2]) if coefficients is None else _listed(coefficients)
    tables = [by_coefficient(found, name, WORD) for name in names]
    ax, labels = axes_for(ax), [f"{name} | {chosen}" for name in names]
    means = [common_mean(fit, name, table) for name, table in zip(names, tables, strict=True)]
    if len(names) == 2:
        _arrows(ax, *(table[column].to_numpy() for column in ("no_pooling", "multilevel") for table in tables))
        if means[0] is not None and means[1] is not None:
            ax.plot(means[0], means[1], "D", ms=1.8 * DOT, color=ORANGE, mew=0, label="fixed effects")
        ax.set(xlabel=labels[0], ylabel=labels[1])
    else:
        x = spread(tables[0]["n"].to_numpy())
        _arrows(ax, x, tables[0]["no_pooling"].to_numpy(), x, tables[0]["multilevel"].to_numpy())
        at_border(ax, x, tables[0]["no_pooling"].to_numpy(), "no finite estimate")
        size_axis(ax, tables[0]["n"].to_numpy(), chosen)
        if means[0] is not None:
            ax.axhline(means[0], color=ORANGE, lw=MEDIUM, zorder=0, label="fixed effect")
        ax.set_ylabel(labels[0])
        response_axis(ax, fit, names[0] == INTERCEPT)
    ax.legend(frameon=False, fontsize="small")
    return ax


def _listed(coefficients: str | Sequence[str]) -> list[str]:
    names = several(coefficients)
    if len(names) not in (1, 2):
        raise ArgumentError(f"{WORD}(): coefficients: wanted one or two, found {len(names)}")
    return names


def _arrows(ax: Axes, x: Array, y: Array, to_x: Array, to_y: Array) -> None:
    """Arrows from (x, y), pale, to (to_x, to_y), where all of them are known."""
    there = np.isfinite(x) & np.isfinite(y)
    ax.quiver(
        x[there], y[there], (to_x - x)[there], (to_y - y)[there],
        angles="xy", scale_units="xy", scale=1, color=GREY, width=0.0025, headwidth=5, headlength=6, zorder=1,
    )  # fmt: skip
    ax.plot(x[there], y[there], "o", ms=DOT, color=PALE, mew=0, label="no pooling")
    ax.plot(to_x, to_y, "o", ms=DOT, color=BLUE, mew=0, label="multilevel")

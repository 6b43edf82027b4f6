"""plot_lines: data and regression lines of some groups (Gelman & Hill, figures 12.2, 12.4, 12.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import ranef
from ..fit.generalized import GeneralizedFittedModel
from ..fit.words import several
from ..numerics.linalg import Array
from ..partial_pooling import at_theta, complete_coefficients, pooling
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MEDIUM, ORANGE, ends_of_rows, mark_whole, name_outer, panels_for
from .choosing import known
from .levels import by_coefficient, codes, grouping_factor, spread_of_sizes
from .scales import Fitted, at_border, observed, on_scale, response_axis, response_name, scale_of
from .typical import fixed_columns, jittered, level_columns, raw, typical_random_rows, typical_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORD = "plot_lines"
STYLES: dict[str, dict[str, Any]] = {  # drawn in this order
    "complete": {"label": "complete pooling", "color": GREY, "lw": MEDIUM, "ls": (0, (4, 2))},
    "no": {"label": "no pooling", "color": ORANGE, "lw": 1.2 * MEDIUM, "ls": (0, (2, 1))},
    "multilevel": {"label": "multilevel", "color": BLUE, "lw": 1.4 * MEDIUM, "ls": "-"},
}
SHOWN = 8  # levels
COLUMNS = 4  # of panels
PLACES = 51  # of a line
INK = "0.35"  # of the data
POINTS: dict[str, Any] = {"marker": "o", "ls": "", "ms": DOT, "mew": 0, "color": INK, "alpha": 0.6}


@plain
def plot_lines(
    fit: Fitted,
    predictor: str | None = None,
    levels: Sequence[str] | None = None,
    group: str | None = None,
    *,
    estimates: Sequence[str] = tuple(STYLES),
    type: str | None = None,
    axes: Iterable[Axes] | None = None,
) -> list[Axes]:
    """Data and regression lines of some groups, a panel for each: complete pooling, no pooling, and multilevel.

    fit        a fit of `lmer` or `glmer`
    predictor  a number in the fixed part that goes along the horizontal axis; None, the default: the only one that
               varies within groups. Few distinct values are moved a little, so that points do not hide each other
    levels     labels of the groups to show; None, the default: eight from the smallest to the largest
    group      the grouping factor; None, the default: the one there is. Other factors' effects are not in the lines
    estimates  which lines; default all: "complete", "no", "multilevel"
    type       of `glmer`: "response", the default (None): means, with the responses; "link": linear predictors,
               without. Of `lmer` both are one
    axes       where to draw: matplotlib Axes, one for each group; None, the default: a new figure

    Other numbers are held at the group's means, other factors averaged as they occur in it: a group-level predictor
    has the group's own value. No pooling is missing where a group's rows do not determine its coefficients; where its
    responses are all at one end, it is that end. Responses of 0 and 1 are moved a little into the picture; an offset
    with a log link is taken out of them, with other links there are none.

    Returns the panels. Raises ArgumentError for an unknown predictor or level, one that is no number, several
    predictors or grouping factors where none is chosen. Source: Gelman & Hill (2007), figures 12.2, 12.4 and 12.5.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> drawn = pylmer.plot_lines(fit, levels=["AITKIN", "ST LOUIS"])
    >>> [ax.get_title() for ax in drawn]
    ['AITKIN (n = 4)', 'ST LOUIS (n = 116)']
    """
    chosen = grouping_factor(fit, group, WORD)
    labels = list(ranef(fit, condVar=False)[chosen].index)
    shown = spread_of_sizes(fit, chosen, SHOWN) if levels is None else _listed(levels, labels)
    kinds = [known(STYLES, kind, f"{WORD}(): estimates") for kind in several(estimates)]
    rows, level = raw(fit), codes(fit, chosen)
    x = _predictor(fit, rows, chosen, predictor)
    lines = [(kind, *_estimates(fit, chosen, kind)) for kind in kinds]
    drawn = panels_for(axes, len(shown), COLUMNS, 2.3, 2.1, sharex=True, sharey=True)
    scale = scale_of(type, WORD)
    y = observed(fit) if scale == "response" or not isinstance(fit, GeneralizedFittedModel) else None
    places = np.linspace(rows[x].min(), rows[x].max(), PLACES)
    moved = jittered(rows[x].to_numpy(float)) if rows.groupby(level)[x].nunique().sum() < len(rows) else rows[x]
    for ax, label in zip(drawn, shown, strict=True):
        j = labels.index(label)
        here = level == j
        ax.plot(moved[here], np.full(here.sum(), np.nan) if y is None else y[here], **POINTS)
        X, Z = typical_rows(fit, rows[here], x, places), typical_random_rows(fit, chosen, rows[here], x, places)
        for kind, beta, effects in lines:
            ax.plot(places, on_scale(fit, X @ beta + _of_level(Z, effects[j]), scale), **STYLES[kind])
            if scale == "link" and len(effects[j]) == 1:
                at_border(ax, places[[PLACES // 2]], effects[j])
        ax.set_title(f"{label} (n = {here.sum()})", fontsize="small")
        mark_whole(ax, rows[x])
    name_outer(drawn, response_name(fit, scale), x)
    if scale == "link":
        for ax in ends_of_rows(drawn):
            response_axis(ax, fit)
    _legend(drawn, alone=axes is None)
    return drawn


def _listed(levels: Sequence[str], labels: list[str]) -> list[str]:
    names = [str(level) for level in several(levels)]
    if not names:
        raise ArgumentError(f"{WORD}(): levels: wanted at least one, found none")
    return [known(labels, name, f"{WORD}(): level") for name in names]


def _predictor(fit: Fitted, rows: pd.DataFrame, group: str, predictor: str | None) -> str:
    """The column along the horizontal axis: the one chosen, or the only number that varies within groups."""
    names = fixed_columns(fit)
    by_level = level_columns(fit, rows[names])
    numbers = [name for name in names if name not in by_level and rows[name].dtype.kind in "iuf"]
    if predictor is not None:
        meant = known(names, predictor, f"{WORD}(): predictor")
        if meant not in numbers:
            raise ArgumentError(f"{WORD}(): predictor={predictor!r} is a factor: wanted a number, for a line")
        return meant
    within = [name for name in numbers if rows.groupby(codes(fit, group))[name].nunique().max() > 1]
    if len(within) != 1:
        found = f"{' and '.join(within)} vary" if within else "no number varies"
        raise ArgumentError(f"{WORD}(): {found} within {group}; choose one: predictor=")
    return within[0]


def _estimates(fit: Fitted, group: str, kind: str) -> tuple[Array, Array]:
    """beta (p,) and what is added in each level (J, L)."""
    modes = ranef(fit, condVar=False)[group].to_numpy()
    if kind == "multilevel":
        return fit.beta, modes
    if kind == "complete":
        return _complete(fit, group), np.zeros_like(modes)
    found = pooling(fit, group)
    beta = found.slopes.reindex(fit.design.X_names, fill_value=0.0).to_numpy()
    return beta, np.column_stack([by_coefficient(found, name, WORD)["no_pooling"] for name in found.coefficients])


def _complete(fit: Fitted, group: str) -> Array:
    if isinstance(fit, GeneralizedFittedModel):
        return complete_coefficients(fit, group)
    return np.asarray(at_theta(fit, _without(fit, group)).beta)


def _of_level(Z: Array, effects: Array) -> Array:
    """Z b of one level; where a single coefficient is infinite, its sign counts, where one of several is, nothing."""
    if len(effects) == 1 and np.isinf(effects[0]):
        with np.errstate(invalid="ignore"):
            return np.where(Z[:, 0] == 0, 0.0, Z[:, 0] * effects[0])
    return np.asarray(Z @ np.where(np.isfinite(effects), effects, np.nan))


def _without(fit: Fitted, group: str) -> Array:
    """theta with zeros in the places of one grouping factor."""
    others = [label.group != group for label in fit.covariances.labels]
    return np.where(np.repeat(others, fit.covariances.sizes), fit.par, 0.0)


def _legend(drawn: list[Axes], alone: bool) -> None:
    """Above the panels of a new figure, else in the first panel."""
    handles = drawn[0].get_lines()[1:]
    if alone:
        drawn[0].figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False, fontsize="small")
    else:
        drawn[0].legend(handles=handles, frameon=False, fontsize="x-small")

"""plot_model: one or several fits on one page, as sjPlot's plot_model and plot_models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import ranef
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..fit.words import several
from ..text.arguments import check_level, is_one_of, plain, written
from . import forest
from .canvas import axes_for, checked, panels_for, pyplot, quiet
from .choosing import known
from .effects import plot_effect
from .modes import NAMED, ROW, dotplot
from .scales import AnyFit
from .texts import shortened
from .typical import fixed_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TAKES = {  # what each picture takes besides fits, type, level and axes
    "est": ("terms", "intercept", "exponentiate", "sort", "labels"),
    "std": ("terms", "intercept", "exponentiate", "sort", "labels"),
    "re": ("group",),
    "eff": ("terms",),
    "pred": ("terms",),
}
FIT_KINDS = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit
WANTED = "a fit of lmer(), glmer(), lm() or glm(), several in a list, or a dict name -> fit"
INTERCEPT = "(Intercept)"
FOREST_WIDTH = 5.6
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 3.6, 3.0, 3
TALLEST = 30.0  # a figure, in inches


@plain
def plot_model(
    fits: Any,
    type: str = "est",
    *,
    terms: str | Sequence[str] | None = None,
    intercept: bool = False,
    exponentiate: bool | None = None,
    sort: bool = False,
    labels: Mapping[str, str] | None = None,
    group: str | None = None,
    level: float = 0.95,
    axes: Iterable[Axes] | None = None,
) -> list[Axes]:
    """One or several fits on one page: coefficients, random effects, or effects of all predictors; as sjPlot's.

    fits          a fit of `lmer`, `glmer`, `lm` or `glm`; for coefficients also several in a list, or a dict of them by
                  name: side by side in each row, a colour and a marker each
    type          "est", the default: coefficients with their intervals; "std": the same times the standard deviation
                  of the numbers in their term and, of `lmer` and `lm`, over that of the response; "re": conditional
                  modes of all grouping factors, see `dotplot`; "eff": a panel for each predictor, see `plot_effect`,
                  other factors averaged; "pred": the same, other factors at their first levels
    terms         coefficients, or of "eff" and "pred" predictors, in the order in which they are wanted; None, the
                  default: all
    intercept     True: also the intercept; default False
    exponentiate  True: exp(estimate) on a log axis; None, the default: where all fits have a log or logit link; False:
                  never
    sort          True: the largest coefficient of the first fit on top; default False: in the order of the fits
    labels        coefficient -> what is written for it; None, the default: their names
    group         of "re": one grouping factor; None, the default: all
    level         coverage of the intervals, between 0 and 1; default 0.95
    axes          where to draw: matplotlib Axes, of coefficients one, else one for each panel; None, the default: a new
                  figure

    Intervals are those of `tidy` for mixed models (t with Satterthwaite's degrees of freedom of `lmer`, Wald's of
    `glmer`), of `confint` for `lm` and `glm` (Wald's). What reaches far beyond all estimates is cut, as are names of
    more than two lines. Standardized coefficients are those of a fit to standardized columns, but that numbers in
    interactions are not centred.

    Returns the panels, of coefficients a list of one. Raises ArgumentError for what is no fit, unknown coefficients,
    predictors and factors, an argument that the picture does not take, and several fits where one is wanted.

    >>> import pylmer
    >>> radon = pylmer.datasets.load("radon")
    >>> fits = {"floor": pylmer.lmer("log_radon ~ floor + (1 | county)", radon),
    ...         "uranium": pylmer.lmer("log_radon ~ floor + log_uranium + (1 | county)", radon)}
    >>> [ax] = pylmer.plot_model(fits)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['floor', 'log_uranium']
    >>> [ax.get_xlabel() for ax in pylmer.plot_model(fits["uranium"], "eff")]
    ['floor', 'log_uranium']
    """
    if not is_one_of(type, TAKES):
        raise ArgumentError(f"plot_model(): type={written(type)}: wanted one of {', '.join(map(repr, TAKES))}")
    given = {"terms": terms, "exponentiate": exponentiate, "labels": labels, "group": group}
    given |= {"intercept": intercept or None, "sort": sort or None}
    for name in (name for name, value in given.items() if value is not None and name not in TAKES[type]):
        raise ArgumentError(f"plot_model(): {name}= is nothing for type={type!r}, which takes {', '.join(TAKES[type])}")
    named, share = named_fits(fits), check_level(level)
    if type in ("est", "std"):
        ratio = forest.ratio_name(list(named.values()))
        if exponentiate is not None:
            ratio = (ratio or "exp(estimate)") if exponentiate else None
        found = [forest.Intervals(name, _table(fit, type, share)) for name, fit in named.items()]
        shown = _shown(found, terms, intercept, sort)
        return [_forest(found, shown, _labels(labels, found), ratio, type, _one_ax(axes))]
    fit = _single(named, type)
    if type == "re":
        return _modes(fit, group, share, axes)
    return _effects(fit, terms, share, "first" if type == "pred" else "averaged", axes)


def named_fits(fits: Any) -> dict[str, AnyFit]:
    """The fits by name, those of a list "model 1", "model 2", ...; ArgumentError for anything else."""
    if isinstance(fits, FIT_KINDS):
        return {"": fits}
    if isinstance(fits, Mapping):
        found = {str(name): fit for name, fit in fits.items()}
    elif isinstance(fits, list | tuple):
        found = {f"model {k}": fit for k, fit in enumerate(fits, start=1)}
    else:
        raise ArgumentError(f"plot_model() wants {WANTED}; found {fits.__class__.__name__}")
    if not found:
        raise ArgumentError(f"plot_model() wants {WANTED}; found none")
    for name, fit in found.items():
        if not isinstance(fit, FIT_KINDS):
            raise ArgumentError(f"plot_model() wants {WANTED}; {name!r} is {fit.__class__.__name__}")
    return found


def _single(named: dict[str, AnyFit], type: str) -> AnyFit:
    if len(named) > 1:
        raise ArgumentError(f"plot_model(): type={type!r} is of one fit, found {len(named)}")
    return next(iter(named.values()))


def _one_ax(axes: Iterable[Axes] | None) -> Axes | None:
    return None if axes is None else panels_for(axes, 1, 1)[0]


# --- coefficients ----------------------------------------------------------------------------------------------------


def _table(fit: AnyFit, type: str, level: float) -> pd.DataFrame:
    table = forest.intervals(fit, level)
    return forest.standardized(fit, table) if type == "std" else table


def _shown(found: Sequence[forest.Intervals], terms: Any, intercept: bool, sort: bool) -> list[str]:
    """The coefficients from top to bottom."""
    there = list(dict.fromkeys(name for each in found for name in each.table.index))
    if terms is not None:
        shown = list(dict.fromkeys(known(there, name, "plot_model(): terms") for name in several(terms)))
    else:
        shown = [name for name in there if intercept or name != INTERCEPT]
    if not shown:
        why = "no coefficients" if INTERCEPT not in there else "no coefficients but the intercept: intercept=True"
        raise ArgumentError("plot_model(): terms: wanted one or more" if terms is not None else f"plot_model(): {why}")
    if sort:
        first = found[0].table["estimate"].reindex(shown)
        shown = [shown[k] for k in np.argsort(-first.fillna(-np.inf).to_numpy(), kind="stable")]
    return shown


def _labels(labels: Any, found: Sequence[forest.Intervals]) -> dict[str, str]:
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise ArgumentError(f"plot_model(): labels={written(labels)}: wanted a dict coefficient -> text")
    there = [name for each in found for name in each.table.index]
    return {known(there, name, "plot_model(): labels"): str(text) for name, text in labels.items()}


def _forest(
    found: Sequence[forest.Intervals], shown: list[str], labels: dict[str, str], ratio: str | None, type: str, ax: Any
) -> Axes:
    alone = ax is None
    drawn = axes_for(ax, FOREST_WIDTH, min(TALLEST, forest.height(len(shown), len(found))))
    forest.draw(drawn, found, shown, labels, ratio is not None)
    drawn.set_xlabel(f"{'Standardized ' if type == 'std' else ''}{(ratio or 'Estimate')}".capitalize())
    if len(found) > 1 and alone:
        handles, names = drawn.get_legend_handles_labels()
        drawn.figure.legend(
            handles, [shortened(name, 40) for name in names], loc="outside upper center", frameon=False,
            fontsize="small", ncols=1 if max(map(len, names)) > 18 else min(4, len(names)),
        )  # fmt: skip
    elif len(found) > 1:
        drawn.legend(frameon=False, fontsize="x-small")
    return drawn


# --- random effects, effects -----------------------------------------------------------------------------------------


def _modes(fit: AnyFit, group: str | None, level: float, axes: Iterable[Axes] | None) -> list[Axes]:
    if isinstance(fit, LinearFit | GeneralizedFit):
        raise ArgumentError("plot_model(): type='re' is of random effects, and a fit of lm() or glm() has none")
    modes = ranef(fit)
    groups = list(factors(fit)) if group is None else [known(factors(fit), group, "plot_model(): group")]
    widths = {name: modes[name].shape[1] for name in groups}
    panels = (
        _grid(groups, widths, {name: len(modes[name]) for name in groups}) if axes is None else _given(axes, widths)
    )
    for name in groups:
        dotplot(modes, name, level=level, axes=panels[name])
        for ax in panels[name]:
            ax.locator_params(axis="x", nbins=5)
        for ax in panels[name][1:]:
            ax.tick_params(axis="y", left=False, labelleft=False)
    return [ax for name in groups for ax in panels[name]]


def _given(axes: Iterable[Axes], widths: dict[str, int]) -> dict[str, list[Axes]]:
    given = iter(panels_for(axes, sum(widths.values()), 1))
    return {name: [next(given) for _ in range(width)] for name, width in widths.items()}


def _grid(groups: list[str], widths: dict[str, int], sizes: dict[str, int]) -> dict[str, list[Axes]]:
    """A row of panels for each factor, as tall as it has levels."""
    tall = [max(2.0, ROW * min(sizes[name], NAMED) + 0.7) for name in groups]
    columns = max(widths.values())
    figure = pyplot().figure(figsize=(PANEL_WIDTH * columns, min(TALLEST, sum(tall))), layout="constrained")
    made = figure.subplots(len(groups), columns, squeeze=False, sharey="row", height_ratios=tall)
    for row, name in zip(made, groups, strict=True):
        for spare in row[widths[name] :]:
            spare.remove()
    return {name: [quiet(checked(ax)) for ax in row[: widths[name]]] for row, name in zip(made, groups, strict=True)}


def _effects(fit: AnyFit, terms: Any, level: float, others: str, axes: Iterable[Axes] | None) -> list[Axes]:
    there = fixed_columns(fit)
    if not there:
        raise ArgumentError("plot_model(): the fixed part has no predictors, whose effects there would be")
    shown = there if terms is None else [known(there, name, "plot_model(): terms") for name in several(terms)]
    if not shown:
        raise ArgumentError(f"plot_model(): terms: wanted one or more of {', '.join(there)}, found none")
    columns = 2 if len(shown) in (2, 4) else COLUMNS
    drawn = panels_for(axes, len(shown), columns, PANEL_WIDTH, PANEL_HEIGHT)
    for ax, name in zip(drawn, shown, strict=True):
        plot_effect(fit, name, level=level, others=others, ax=ax)
    return drawn

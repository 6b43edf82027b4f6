"""Pictures of the residuals: plot(fit), qqmath(fit), plot_diagnostics(fit)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from ..diagnostics.standard_residuals import normal_residuals
from ..extract import fitted, ranef, resid
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..fit.words import word_of
from ..numerics.linalg import Array
from ..simulation.drawing import Seed
from .canvas import BLUE, DOT, FEW, GREY, MANY, MEDIUM, ORANGE, PALETTE, THIN, axes_for, panels_for
from .choosing import known
from .quantiles import TITLE, plot_quantiles, plotting_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "os^Dv"
SPAN = 2 / 3  # of the points that a place of the smooth line looks at
PLACES = 60  # of the smooth line
ALIKE = 10  # decimals to which fitted values are the same
Mixed = FittedModel | GeneralizedFittedModel


@word_of(FittedModel, GeneralizedFittedModel, wanted="a fit of lmer() or glmer(), a profile or random effects")
def plot(fit: FittedModel | GeneralizedFittedModel, *, ax: Axes | None = None) -> Any:
    """The picture that R's plot gives of a fit, of a profile, or of random effects.

    fit    a fit of `lmer` or `glmer`: Pearson residuals against fitted values. What `profile` returned: see
           `plot_profile`. What `powerCurve` returned: power against the size of the design. What `ranef` returned: of
           one column its normal quantiles, of several a scatter plot for each pair
    ax     of a fit and of `powerCurve`: where to draw, matplotlib Axes; None, the default: a new figure
    group  of `ranef`: the grouping factor; None, the default: the one there is
    axes   of `ranef` and `profile`: Axes, one for each panel; None, the default: a new figure
    kind   of `profile`: "zeta" (the default), "density" or "pairs"
    which  of `profile`: parameters, as there; None, the default: all that were profiled

    Returns the Axes, of `ranef` and `profile` the list of them. Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> ax = pylmer.plot(fit)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('fitted(.)', 'resid(., type = "pearson")')
    """
    ax = axes_for(ax)
    scatter(ax, fitted(fit).to_numpy(), resid(fit, "pearson").to_numpy())
    ax.axhline(0, color=GREY, lw=THIN, zorder=0)
    ax.set(xlabel="fitted(.)", ylabel='resid(., type = "pearson")')
    return ax


@word_of(FittedModel, GeneralizedFittedModel, wanted="a fit of lmer() or glmer(), or random effects")
def qqmath(fit: Mixed, *, ax: Axes | None = None) -> Any:
    """Normal quantiles, as lattice's qqmath of a fit or of its random effects.

    fit    a fit of `lmer` or `glmer`: Pearson residuals over sigma, with the line through the quartiles (of counts see
           also `plot_quantile_residuals`). What `ranef` returned: a panel for each column, conditional modes, with
           their intervals, across; quantiles of (i - 1/2) / J upwards
    ax     of a fit: where to draw, matplotlib Axes; None, the default: a new figure
    group  of `ranef`: the grouping factor; None, the default: the one there is
    level  of `ranef`: coverage of the intervals, between 0 and 1; default 0.95
    axes   of `ranef`: Axes, one for each column; None, the default: a new figure

    Returns the Axes, of `ranef` the list of them. Raises ArgumentError for anything else, and for several grouping
    factors without `group`.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.qqmath(fit).get_ylabel(), len(pylmer.qqmath(pylmer.ranef(fit)))
    ('Standardized residuals', 2)
    """
    ax = axes_for(ax)
    plot_quantiles(ax, resid(fit, "pearson", scaled=True).dropna().to_numpy())
    ax.set_ylabel("Standardized residuals")
    return ax


@word_of(FittedModel, GeneralizedFittedModel)
def plot_diagnostics(fit: Mixed, group: str | None = None, *, axes: Iterable[Axes] | None = None) -> list[Axes]:
    """Four panels: residuals against fitted values, scale against location, normal quantiles of residuals and effects.

    fit    a fit of `lmer` or `glmer`
    group  the grouping factor whose effects are shown; None, the default: those of all
    axes   where to draw: four matplotlib Axes; None, the default: a new figure

    Standardized residuals are Pearson residuals over sigma; effects are conditional modes over the standard deviation
    that the model gives them, those with a standard deviation of zero left out. The orange lines are local linear
    smooths (tricube weights on two thirds of the points), or means where there are ten places or fewer: flat, if mean
    and variance are as the model says.

    Of a fit of `glmer` Pearson residuals are drawn against the linear predictor, as in R's plot of a glm; the next two
    panels have quantile residuals, turned normal, which are standard normal if the model is right, be the response
    counts or 0/1 (`resid`, `type="quantile"`; Pearson residuals where the link has none): their scale against the
    linear predictor of the fixed effects, and their quantiles.

    Returns the panels. Raises ArgumentError for an unknown grouping factor, and unless `axes` are four.
    Source: the panels are those of R's plot.lm; the smooth is Cleveland (1979), J. Amer. Statist. Assoc. 74, without
    its robust iterations.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> [ax.get_ylabel() for ax in pylmer.plot_diagnostics(fit)[:2]]
    ['Residuals', 'Square root of |standardized residuals|']
    """
    groups = list(factors(fit))
    if group is not None:
        groups = [known(groups, group, "plot_diagnostics(): group")]
    drawn = panels_for(axes, 4, 2)
    clouds = residual_clouds(fit)
    clouds.mean.drawn(drawn[0])
    drawn[0].axhline(0, color=GREY, lw=THIN, zorder=0)
    clouds.variance.drawn(drawn[1])
    plot_quantiles(drawn[2], clouds.normal.y)
    drawn[2].set_ylabel(clouds.normal.name)
    _effects(drawn[3], fit, groups)
    return drawn


@dataclass(frozen=True, eq=False)
class Cloud:
    """Residuals y (n,) and what they are drawn against, with their names."""

    x: Array
    y: Array
    place: str
    name: str

    def drawn(self, ax: Axes) -> None:
        """Points with a smooth line."""
        scatter(ax, self.x, self.y)
        ax.plot(*self.trend(), color=ORANGE, lw=MEDIUM)
        ax.set(xlabel=self.place, ylabel=self.name)

    def trend(self) -> tuple[Array, Array]:
        """Places and the smooth there; where x has few values, their means, between which nothing can be said."""
        distinct, code = np.unique(np.round(self.x, ALIKE), return_inverse=True)
        if len(distinct) <= FEW:
            return distinct, np.bincount(code, self.y) / np.bincount(code)
        places = np.linspace(self.x.min(), self.x.max(), PLACES)
        return places, smooth(self.x, self.y, places)


@dataclass(frozen=True, eq=False)
class Clouds:
    """Residuals that show the mean, the variance, and whether they are normal."""

    mean: Cloud
    variance: Cloud
    normal: Cloud


@singledispatch
def residual_clouds(fit: Any, seed: Seed = 1) -> Clouds:
    """What of the residuals is drawn; `seed` of those that are random."""
    return _of_linear(fit, fit.mu)


@residual_clouds.register(LinearFit)
def _(fit: LinearFit, seed: Seed = 1) -> Clouds:
    return _of_linear(fit, fit.solution.fitted)


def _of_linear(fit: Any, mu: Array) -> Clouds:
    name, pearson = "Fitted values", resid(fit, "pearson").dropna().to_numpy()
    normal = Cloud(mu, normal_residuals(fit)[0], name, "Standardized residuals")
    return Clouds(Cloud(mu, pearson, name, "Residuals"), _spread(normal), normal)


@residual_clouds.register(GeneralizedFittedModel)
@residual_clouds.register(GeneralizedFit)
def _(fit: GeneralizedFittedModel | GeneralizedFit, seed: Seed = 1) -> Clouds:
    place = "Linear predictor"
    pearson = Cloud(fit.eta, resid(fit, "pearson").dropna().to_numpy(), place, "Residuals")
    values, quantile = normal_residuals(fit, seed)
    if not quantile:
        normal = Cloud(fit.eta, values, place, "Standardized residuals")
    elif isinstance(fit, GeneralizedFit):
        normal = Cloud(fit.eta, values, place, "Normal quantile residuals")
    else:
        at, place = fit.optimum.fixed_predictor, "Linear predictor of the fixed effects"
        normal = Cloud(at, values, place, "Normal quantile residuals")
    return Clouds(pearson, _spread(normal), normal)


def _spread(normal: Cloud) -> Cloud:
    """The roots of their sizes."""
    name = f"Square root of |{normal.name[0].lower()}{normal.name[1:]}|"
    return replace(normal, y=np.sqrt(np.abs(normal.y)), name=name)


def scatter(ax: Axes, x: Array, y: Array) -> None:
    """Points, the more transparent the more there are."""
    alpha = float(np.clip(300 / len(x), 0.15, 0.7))
    ax.plot(x, y, "o", ms=DOT, mew=0, alpha=alpha, color=BLUE, rasterized=len(x) > MANY)


def smooth(x: Array, y: Array, places: Array) -> Array:
    """Local straight lines through (x, y) at `places`, tricube weights on the nearest two thirds of the points."""
    count = max(2, int(SPAN * len(x)))
    out = np.empty(len(places))
    for k, place in enumerate(places):
        distance = np.abs(x - place)
        width = 1.001 * np.partition(distance, count - 1)[count - 1]
        w = np.clip(1 - (distance / width) ** 3, 0, None) ** 3 if width > 0 else (distance == 0).astype(float)
        mean = np.average(x, weights=w)
        spread = np.sum(w * (x - mean) ** 2)
        slope = np.sum(w * (x - mean) * y) / spread if spread > 0 else 0.0
        out[k] = np.average(y, weights=w) + slope * (place - mean)
    return out


def _effects(ax: Axes, fit: Mixed, groups: list[str]) -> None:
    effects = {name: values for group in groups for name, values in _standardized_effects(fit, group).items()}
    for (name, values), marker, color in zip(effects.items(), cycle(MARKERS), cycle(PALETTE), strict=False):
        ax.plot(plotting_points(len(values)), values, marker, color=color, ms=DOT, mew=0, alpha=0.8, label=name)
    ax.axline((0, 0), slope=1, color=GREY, lw=THIN, zorder=0)
    ax.set(xlabel=TITLE, ylabel="Standardized effects" if len(effects) != 1 else f"Standardized {next(iter(effects))}")
    if len(effects) > 1:
        ax.legend(frameon=False, fontsize="small")


def _standardized_effects(fit: Mixed, group: str) -> dict[str, Array]:
    """Sorted conditional modes over their standard deviations, by "column | group"; none where that is zero."""
    modes = ranef(fit, condVar=False)[group]
    deviations = np.concatenate([fit.sigma * np.linalg.norm(fit.solution.T[i], axis=1) for i in factors(fit)[group]])
    free = [(column, sd) for column, sd in zip(modes.columns, deviations, strict=True) if sd > 0]
    return {f"{column} | {group}": np.sort(modes[column].to_numpy()) / sd for column, sd in free}

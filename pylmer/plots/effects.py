"""plot_effect: what the fixed effects say of one predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import fitted, vcov
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..inference.profiles.profiling import quantile
from ..numerics.linalg import Array
from ..text.arguments import is_one_of, plain, written
from .canvas import BLUE, DOT, GREY, MANY, MEDIUM, PALE, axes_for, mark_whole
from .choosing import known
from .scales import AnyFit, is_generalized, observed, on_scale, response_axis, response_name, scale_of
from .texts import shortened
from .typical import at_first_levels, fixed_columns, jittered, level_columns, raw, typical_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACES = 101  # of the line of a number
LINE, LONGEST = 50, 16  # characters of names beside each other, and of one name aslant
OTHERS = ("averaged", "first")


@dataclass(frozen=True, eq=False)
class Effect:
    """x'beta (G,) at G typical rows x, and half the length of its interval."""

    centre: Array
    half: Array


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn: the effect of `name` on a scale, intervals of +-z standard errors, of the fit's `rows`.

    typical  the rows that say what the other predictors are
    """

    fit: AnyFit
    rows: pd.DataFrame
    typical: pd.DataFrame
    name: str
    z: float
    type: str

    def effect(self, values: Any) -> Effect:
        """The fixed effects' linear predictor at values of the predictor."""
        X = typical_rows(self.fit, self.typical, self.name, values)
        beta, V = estimated(self.fit)
        return Effect(X @ beta, self.z * np.sqrt(np.einsum("gp,pq,gq->g", X, V, X)))

    def shown(self, eta: Array) -> Array:
        """A linear predictor on the scale of the picture."""
        return on_scale(self.fit, eta, self.type)

    def ends(self, effect: Effect) -> Array:
        """The limits (2, G) of the interval, the lower first."""
        both = np.stack([self.shown(effect.centre + side * effect.half) for side in (-1, 1)])
        return np.sort(both, axis=0)

    def points(self, centre: Array) -> Array | None:
        """A point for each row, `centre` (n,) being the linear predictor there: partial residuals, or responses."""
        fit = self.fit
        if not is_generalized(fit):
            return np.asarray(centre + fit.rows.y - fitted(fit).dropna().to_numpy())
        if self.type == "response":
            return observed(fit)
        return np.asarray(centre + (fit.rows.y - fit.mu) / fit.family.link.inverse(fit.eta, 1))


def estimated(fit: AnyFit) -> tuple[Array, Array]:
    """Estimates and their covariances for the columns of the design; 0 for one that has none."""
    beta, V = np.asarray(fit.beta), vcov(fit).to_numpy()
    if isinstance(fit, LinearFit | GeneralizedFit):
        columns = list(fit.design.spec.fixed_columns)
        beta, V = beta[columns], V[np.ix_(columns, columns)]
    return np.nan_to_num(beta), np.nan_to_num(V)


@plain
def plot_effect(
    fit: Any,
    predictor: str,
    *,
    level: float = 0.95,
    type: str | None = None,
    others: str = "averaged",
    ax: Axes | None = None,
) -> Axes:
    """The fixed effects' line of a predictor with its confidence band, and partial residuals or responses.

    fit        a fit of `lmer`, `glmer`, `lm` or `glm`
    predictor  a column of the data in the fixed part; a number gives a line, a factor a dot and a bar for each level
    level      of the pointwise normal interval x'beta +- z sqrt(x' vcov(beta) x), between 0 and 1; default 0.95
    type       of `glmer` and `glm`: "response", the default (None): line and interval by the inverse link, and the
               responses; "link": the linear predictor, and partial residuals. Of `lmer` and `lm` both are one
    others     the other factors: "averaged", the default, or at their "first" levels, as sjPlot's type="pred"
    ax         where to draw: matplotlib Axes; None, the default: a new figure

    The other numbers are held at their means; over the other factors the line is averaged as they occur, of `glmer`
    before the inverse link is taken. A point is the line at its row plus y - fitted(y), the random effects taken out;
    of `glmer` on the scale of the link plus the working residual, on that of the response y itself (an offset with a
    log link taken out, with other links none; 0 and 1 moved a little). Random effects are at zero: for a group in the
    middle of all, which is not the mean of all groups. An offset is not part of the line.

    Returns the Axes. Raises ArgumentError for a predictor that the fixed part has not, DataError if the fit has kept no
    data.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> ax = pylmer.plot_effect(fit, "Days")
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.lines[-1].get_ydata()[[0, -1]].round(1).tolist()
    ('Days', 'Reaction', [251.4, 345.6])
    """
    if not isinstance(fit, FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit):
        kind = fit.__class__.__name__
        raise ArgumentError(f"plot_effect() wants a fit of lmer(), glmer(), lm() or glm(), found {kind}")
    if not is_one_of(others, OTHERS):
        raise ArgumentError(f"plot_effect(): others={written(others)}: wanted one of {', '.join(map(repr, OTHERS))}")
    name, z = known(fixed_columns(fit), predictor, "plot_effect(): predictor"), quantile(level)
    rows = raw(fit)
    typical = at_first_levels(fit, rows, name) if others == "first" else rows
    picture = Picture(fit, rows, typical, name, z, scale_of(type, "plot_effect"))
    ax = axes_for(ax)
    (_levels if name in level_columns(fit, picture.rows) else _line)(ax, picture)
    ax.set(xlabel=name, ylabel=response_name(fit, picture.type))
    if picture.type == "link":
        response_axis(ax, fit)
    return ax


def _line(ax: Axes, picture: Picture) -> None:
    x = picture.rows[picture.name].to_numpy()
    distinct, code = np.unique(x, return_inverse=True)
    _points(ax, jittered(x), picture.points(picture.effect(distinct).centre[code]))
    places = x.min() + np.linspace(0, 1, PLACES) * (x.max() - x.min())
    effect = picture.effect(places)
    ax.fill_between(places, *picture.ends(effect), color=PALE, alpha=0.5, lw=0)
    ax.plot(places, picture.shown(effect.centre), color=BLUE, lw=1.5 * MEDIUM)
    mark_whole(ax, distinct)


def _levels(ax: Axes, picture: Picture) -> None:
    factor = pd.Categorical(picture.rows[picture.name]).remove_unused_categories()
    effect = picture.effect(factor.categories.to_numpy())
    codes = factor.codes.astype(float)
    moved = codes + np.random.default_rng(1).uniform(-0.12, 0.12, len(codes))
    _points(ax, moved, picture.points(effect.centre[factor.codes]))
    places, centre = np.arange(len(effect.centre)), picture.shown(effect.centre)
    bars = np.abs(picture.ends(effect) - centre)
    ax.errorbar(places, centre, bars, fmt="o", ms=1.5 * DOT, color=BLUE, elinewidth=1.5 * MEDIUM)
    _name_levels(ax, [str(each) for each in factor.categories])
    ax.set_xlim(-0.5, len(places) - 0.5)


def _name_levels(ax: Axes, names: list[str]) -> None:
    """The names of levels below the axis, aslant where they would not fit beside each other."""
    if len(names) * (1 + max(map(len, names))) <= LINE:
        ax.set_xticks(np.arange(len(names)), names)
        return
    shown = [shortened(name, LONGEST) for name in names]
    ax.set_xticks(np.arange(len(names)), shown, rotation=45, ha="right", rotation_mode="anchor")


def _points(ax: Axes, x: Array, y: Array | None) -> None:
    if y is not None:
        ax.plot(x, y, "o", ms=0.7 * DOT, mew=0, color=GREY, alpha=0.6, zorder=0, rasterized=len(x) > MANY)

"""plot_effect: what the fixed effects say of one predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import vcov
from ..fit.fitted_model import FittedModel
from ..inference.profiles.profiling import quantile
from ..language import deparse
from ..numerics.linalg import Array
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MANY, MEDIUM, PALE, axes_for, mark_whole
from .choosing import known
from .typical import fixed_columns, jittered, level_columns, raw, typical_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACES = 101  # of the line of a number


@dataclass(frozen=True, eq=False)
class Effect:
    """x'beta (G,) at G typical rows x, and half the length of its interval."""

    centre: Array
    half: Array


@plain
def plot_effect(fit: FittedModel, predictor: str, *, level: float = 0.95, ax: Axes | None = None) -> Axes:
    """The fixed effects' line of a predictor with its confidence band, and partial residuals.

    fit        a fit of `lmer`
    predictor  a column of the data in the fixed part; a number gives a line, a factor a dot and a bar for each level
    level      of the pointwise normal interval x'beta +- z sqrt(x' vcov(beta) x), between 0 and 1; default 0.95
    ax         where to draw: matplotlib Axes; None, the default: a new figure

    The other numbers are held at their means; over the other factors the line is averaged as they occur. A point is the
    line at its row plus y - fitted(y), the random effects taken out. An offset is not part of the line.

    Returns the Axes. Raises ArgumentError for a predictor that the fixed part has not, DataError if the fit has kept no
    data.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> ax = pylmer.plot_effect(fit, "Days")
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.lines[-1].get_ydata()[[0, -1]].round(1).tolist()
    ('Days', 'Reaction', [251.4, 345.6])
    """
    if not isinstance(fit, FittedModel):
        raise ArgumentError(f"plot_effect() wants a fit of lmer(), found {type(fit).__name__}")
    name, z = known(fixed_columns(fit), predictor, "plot_effect(): predictor"), quantile(level)
    rows, ax = raw(fit), axes_for(ax)
    (_levels if name in level_columns(fit, rows) else _line)(ax, fit, rows, name, z)
    ax.set(xlabel=name, ylabel=deparse(fit.formula.response) if fit.formula.response else "")
    return ax


def _effect(fit: FittedModel, rows: pd.DataFrame, name: str, values: Any, z: float) -> Effect:
    X = typical_rows(fit, rows, name, values)
    return Effect(X @ fit.beta, z * np.sqrt(np.einsum("gp,pq,gq->g", X, vcov(fit).to_numpy(), X)))


def _line(ax: Axes, fit: FittedModel, rows: pd.DataFrame, name: str, z: float) -> None:
    x = rows[name].to_numpy()
    distinct, code = np.unique(x, return_inverse=True)
    _points(ax, jittered(x), _effect(fit, rows, name, distinct, z).centre[code] + fit.rows.y - fit.mu)
    places = x.min() + np.linspace(0, 1, PLACES) * (x.max() - x.min())
    effect = _effect(fit, rows, name, places, z)
    ax.fill_between(places, effect.centre - effect.half, effect.centre + effect.half, color=PALE, alpha=0.5, lw=0)
    ax.plot(places, effect.centre, color=BLUE, lw=1.5 * MEDIUM)
    mark_whole(ax, distinct)


def _levels(ax: Axes, fit: FittedModel, rows: pd.DataFrame, name: str, z: float) -> None:
    factor = pd.Categorical(rows[name]).remove_unused_categories()
    effect = _effect(fit, rows, name, factor.categories.to_numpy(), z)
    codes = factor.codes.astype(float)
    moved = codes + np.random.default_rng(1).uniform(-0.12, 0.12, len(codes))
    _points(ax, moved, effect.centre[factor.codes] + fit.rows.y - fit.mu)
    places = np.arange(len(effect.centre))
    ax.errorbar(places, effect.centre, effect.half, fmt="o", ms=1.5 * DOT, color=BLUE, elinewidth=1.5 * MEDIUM)
    ax.set_xticks(places, [str(each) for each in factor.categories])
    ax.set_xlim(-0.5, len(places) - 0.5)


def _points(ax: Axes, x: Array, y: Array) -> None:
    ax.plot(x, y, "o", ms=0.7 * DOT, mew=0, color=GREY, alpha=0.6, zorder=0, rasterized=len(x) > MANY)

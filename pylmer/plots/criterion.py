"""plot_criterion: the criterion over theta, from complete to no pooling (Gelman & Hill 2007, 12.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..partial_pooling import CriterionCurve, criterion_curve
from ..text.arguments import plain
from .canvas import BLUE, DOT, GREY, MEDIUM, ORANGE, THIN, axes_for
from .scales import Fitted, has_residual

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADROOM = 0.35  # of the height between optimum and complete pooling, left above the latter for the other limit
BEYOND = 6.0  # how far theta is drawn after the curve has left the picture


@plain
def plot_criterion(fit: Fitted, *, ax: Axes | None = None) -> Axes:
    """The deviance or REML criterion profiled over theta = sigma_alpha / sigma_y, with optimum and both limits marked.

    fit  a fit of `lmer` or `glmer` with one random term of one coefficient
    ax   where to draw: matplotlib Axes; None, the default: a new figure

    theta is on a log scale. To the left the criterion tends to that of complete pooling (dashed), to the right it grows
    without bound as no pooling is approached (dotted: what it tends to, see `criterion_curve`). The point is the
    optimum; if that is complete pooling itself, there is none. Of `glmer` the criterion is -2 log L; where some groups
    have no finite estimate of their own there is no dotted line.

    Returns the axes. Raises ArgumentError unless the model has one random term with one coefficient.
    Source: Gelman & Hill (2007), 12.3; Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), section 3.4.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.plot_criterion(fit).get_ylabel()
    'REML criterion'
    """
    curve = criterion_curve(fit)
    ax = axes_for(ax)
    ax.set_xscale("log")
    ax.axhline(curve.complete, color=GREY, lw=THIN, ls=(0, (5, 3)), zorder=0)
    if np.isfinite(curve.constant):
        ax.plot(curve.theta, curve.asymptote(curve.theta), color=GREY, lw=THIN, ls=":", zorder=0)
    ax.plot(curve.theta, curve.value, color=BLUE, lw=MEDIUM)
    _limits(ax, curve)
    if curve.at > 0:
        ax.plot([curve.at], [curve.lowest], "o", color=ORANGE, ms=DOT)
        _say(ax, f"θ = {curve.at:.3g}", (curve.at, curve.lowest), (0, -6), ha="center", va="top")
    ax.set_xlabel(f"θ = σ({curve.group})" + (" / σ(residual)" if has_residual(fit) else ""))
    ax.set_ylabel(curve.name)
    return ax


def _limits(ax: Axes, curve: CriterionCurve) -> None:
    """The ranges, as far as there is something to see, and the names of both ends."""
    height = max(curve.complete - curve.lowest, 0.1 * (curve.value[-1] - curve.lowest))
    top = max(curve.complete, curve.lowest) + HEADROOM * height
    last = curve.theta[curve.value <= top][-1] * BEYOND
    ax.set_xlim(curve.theta[0], last)
    ax.set_ylim(curve.lowest - 0.15 * height, top)
    _say(ax, "complete pooling\nθ → 0", (curve.theta[0], curve.complete), (4, 4), color="0.35")
    _say(ax, "no pooling\nθ → ∞", (last, top), (-4, -4), color="0.35", ha="right", va="top")


def _say(ax: Axes, text: str, place: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Small words near a place, moved by `offset` points."""
    ax.annotate(text, place, offset, textcoords="offset points", size="small", **style)

"""plot_quantile_residuals: quantile residuals against uniform quantiles, and against the fitted values' ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..diagnostics import check_quantile_residuals
from ..extract import resid
from ..fit.generalized import GeneralizedFittedModel
from ..fit.words import word_of
from .canvas import BLUE, DOT, GREY, THIN, panels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUARTERS = (0.25, 0.5, 0.75)


@word_of(GeneralizedFittedModel)
def plot_quantile_residuals(
    fit: GeneralizedFittedModel, *, seed: Any = 1, axes: Iterable[Axes] | None = None
) -> list[Axes]:
    """Two pictures of the quantile residuals of a fit of `glmer`, as R's DHARMa draws them.

    fit   a fit of `glmer`
    seed  of the draws: a whole number or a numpy Generator
    axes  two matplotlib Axes; None, the default: a new figure

    Left the ordered residuals against those of a uniform distribution, which lie on the line if the model is right,
    with what `check_quantile_residuals` says; right the residuals against the rank of the predictions without random
    effects, evenly spread if it is. Returns the Axes.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", cbpp, "binomial")
    >>> left, right = pylmer.plot_quantile_residuals(fit)
    >>> left.get_xlabel(), right.get_ylabel()
    ('Uniform quantiles', 'Quantile residuals')
    """
    left, right = panels_for(axes, 2, 2)
    u = cast(Any, resid)(fit, type="quantile", seed=seed).dropna().to_numpy()
    found = check_quantile_residuals(fit, seed=seed)
    n = len(u)
    left.plot([0, 1], [0, 1], color=GREY, lw=THIN, zorder=0)
    left.plot((np.arange(n) + 0.5) / n, np.sort(u), "o", ms=DOT, mew=0, alpha=0.7, color=BLUE)
    left.set(xlabel="Uniform quantiles", ylabel="Quantile residuals")
    said = {"uniformity": found.p_uniformity, "dispersion": found.p_dispersion, "outliers": found.p_outliers}
    left.set_title(", ".join(f"{name} p = {p:.3g}" for name, p in said.items()), fontsize="small")
    rank = np.argsort(np.argsort(fit.optimum.fixed_predictor, kind="stable"), kind="stable")
    right.plot((rank + 0.5) / n, u, "o", ms=DOT, mew=0, alpha=0.7, color=BLUE)
    for height in QUARTERS:
        right.axhline(height, color=GREY, lw=THIN, zorder=0)
    right.set(xlabel="Rank of the predictions", ylabel="Quantile residuals", ylim=(-0.02, 1.02))
    return [left, right]

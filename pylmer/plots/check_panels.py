"""The panels of `check_model`, each on given axes: a title, what should be seen, and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..diagnostics import Collinearity, check_collinearity, check_overdispersion
from ..diagnostics.binned import binned
from ..diagnostics.collinearity import BOUNDS, terms_of
from ..diagnostics.influential import Distances, distances
from ..diagnostics.predictive import Densities, Shares, predictive
from ..extract import ranef, resid
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..numerics.linalg import Array
from .canvas import BLUE, DOT, GREY, MANY, MEDIUM, ORANGE, PALE, THIN, mark_whole
from .quantiles import plot_envelope
from .residuals import Clouds, residual_clouds
from .scales import response_name
from .texts import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Checked = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit
NAMED = 3  # levels beyond the bound whose names are written
STEMS = 200  # levels up to which each has a stem
LONGEST = 24  # characters of a term
ZERO = 1e-4  # of sigma: standard deviations up to which effects are none, as isSingular has it
NAME = 16  # characters of a level
STRENGTHS = {"Low": BLUE, "Moderate": "#e69f00", "High": ORANGE}
FLAT = "The orange line should be flat"
BAND = "The points should lie within the band"


@dataclass(frozen=True, eq=False)
class CheckOptions:
    """What is to be drawn: the fit, the factor whose levels are left out, the number of draws and their source."""

    fit: Checked
    group: str | None
    nsim: int
    rng: np.random.Generator

    @cached_property
    def clouds(self) -> Clouds:
        """The residuals, drawn once for all panels."""
        return residual_clouds(self.fit, self.rng)


@dataclass(frozen=True, eq=False)
class ColumnModes:
    """The conditional modes (J,) of one column of a grouping factor; their standard deviation over the residuals'."""

    name: str
    values: Array
    deviation: float


def titled(ax: Axes, title: str, seen: str) -> None:
    """The title, and below it in small letters what should be seen."""
    ax.set_title(f"{title}\n", loc="left", fontsize="medium", fontweight="bold")
    ax.text(0, 1.02, seen, transform=ax.transAxes, fontsize="x-small", color="0.35", va="bottom")


def predictions(ax: Axes, asked: CheckOptions) -> None:
    """The response beside drawn ones."""
    found = predictive(asked.fit, asked.nsim, asked.rng)
    if isinstance(found, Densities):
        _densities(ax, found)
    else:
        _shares(ax, found)
    ax.set_xlabel(shortened(_response(asked.fit), 40))
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize="x-small")


def _densities(ax: Axes, found: Densities) -> None:
    titled(ax, "Posterior predictive check", "The observed line should look like the simulated ones")
    lines = ax.plot(found.places, found.drawn, color=PALE, lw=THIN, alpha=0.5)
    lines[0].set_label(f"{found.drawn.shape[1]} simulated")
    ax.plot(found.places, found.observed, color=ORANGE, lw=1.5 * MEDIUM, label="observed")
    ax.set_ylabel("Density")


def _shares(ax: Axes, found: Shares) -> None:
    titled(ax, "Posterior predictive check", "The observed shares should lie within the simulated intervals")
    bars = np.abs(np.stack([found.low, found.high]) - found.median)
    ax.errorbar(
        found.counts, found.median, bars, fmt="o", ms=DOT, color=BLUE, ecolor=PALE, elinewidth=2 * MEDIUM,
        label="simulated, 95 %",
    )  # fmt: skip
    ax.plot(found.counts, found.observed, "D", ms=DOT, mew=0, color=ORANGE, label="observed")
    mark_whole(ax, found.counts)
    ax.set_xlim(found.counts[0] - 0.7, found.counts[-1] + 0.7)
    ax.set_ylabel("Share of the rows")


def _response(fit: Checked) -> str:
    if isinstance(fit, GeneralizedFit | GeneralizedFittedModel):
        return response_name(fit, "response").removeprefix("probability of ")
    return fit.design.response


def linearity(ax: Axes, asked: CheckOptions) -> None:
    """Residuals against means."""
    clouds = asked.clouds
    linear = isinstance(asked.fit, FittedModel | LinearFit)
    (clouds.mean if linear else clouds.normal).drawn(ax)
    ax.axhline(0, color=GREY, lw=THIN, zorder=0)
    titled(ax, "Linearity", f"{FLAT}, at zero")


def homogeneity(ax: Axes, asked: CheckOptions) -> None:
    """Sizes of residuals against means."""
    asked.clouds.variance.drawn(ax)
    ax.set_ylabel(r"$\sqrt{|\mathrm{" + asked.clouds.normal.name.replace(" ", r"\ ") + "}|}$")
    titled(ax, "Homogeneity of variance", FLAT)


def normality(ax: Axes, asked: CheckOptions) -> None:
    """Quantiles of the residuals."""
    plot_envelope(ax, asked.clouds.normal.y)
    ax.set_ylabel(asked.clouds.normal.name)
    titled(ax, "Normality of residuals", BAND)


def effects(ax: Axes, modes: ColumnModes) -> None:
    """Quantiles of one column of the random effects."""
    titled(ax, "Normality of random effects", BAND)
    ax.set_ylabel(shortened(modes.name, 2 * LONGEST))
    if modes.deviation > ZERO and np.ptp(np.quantile(modes.values, [0.25, 0.75])) > 0:
        plot_envelope(ax, modes.values)
    else:
        said = "Their variance is estimated as zero" if modes.deviation <= ZERO else "Half of them are equal"
        ax.text(0.5, 0.5, said, transform=ax.transAxes, ha="center", va="center", fontsize="small", color="0.35")
        ax.set(xticks=[], yticks=[])


def modes_of(fit: FittedModel | GeneralizedFittedModel) -> list[ColumnModes]:
    """All columns of the random effects."""
    found = []
    for group, frame in ranef(fit, condVar=False).items():
        deviations = relative_deviations(fit, group)
        for column, sd in zip(frame, deviations, strict=True):
            found.append(ColumnModes(f"{column} | {group}", frame[column].to_numpy(), float(sd)))
    return found


def binned_residuals(ax: Axes, asked: CheckOptions) -> None:
    """Mean residuals in bins of the fitted probability."""
    fit: Any = asked.fit
    found = binned(fit.mu, fit.rows.y - fit.mu)
    ax.fill_between(found.x, -found.half, found.half, color=PALE, alpha=0.35, lw=0, zorder=0)
    ax.axhline(0, color=GREY, lw=THIN, zorder=0)
    ax.plot(found.x, found.residual, "o", ms=DOT, mew=0, color=BLUE)
    ax.set(xlabel="Fitted probability", ylabel="Mean residual")
    titled(ax, "Binned residuals", f"95 % of the points should lie within the band; {100 * found.inside:.0f} % do")


def overdispersion(ax: Axes, asked: CheckOptions) -> None:
    """Mean squared Pearson residuals in bins of the linear predictor."""
    fit: Any = asked.fit
    found, test = binned(fit.eta, resid(fit, "pearson").dropna().to_numpy() ** 2), check_overdispersion(fit)
    ax.axhline(1, color=GREY, lw=THIN, zorder=0)
    half = np.where(np.isfinite(found.half), found.half, 0)
    ax.errorbar(found.x, found.residual, half, fmt="o", ms=DOT, color=BLUE, ecolor=PALE, elinewidth=MEDIUM)
    ax.set(xlabel="Linear predictor", ylabel="Mean squared Pearson residual")
    ax.set_ylim(bottom=0)
    p = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    titled(ax, "Overdispersion", f"The points should lie about 1; ratio {test.dispersion_ratio:.2f}, {p}")


def influential(ax: Axes, asked: CheckOptions) -> None:
    """Cook's distances, those beyond the bound by name."""
    found = distances(asked.fit, asked.group)
    values = found.values.to_numpy(float)
    places, known = np.arange(1, len(values) + 1), np.isfinite(values)
    if len(values) <= STEMS:
        ax.vlines(places[known], 0, values[known], color=PALE, lw=MEDIUM)
    ax.plot(places[known], values[known], "o", ms=DOT, mew=0, color=BLUE, rasterized=len(values) > MANY)
    ax.axhline(found.bound, color=ORANGE, lw=THIN, ls=(0, (4, 2)))
    _name_largest(ax, found, values)
    ax.set(
        xlim=(0, len(values) + 1),
        xlabel=f"{shortened(found.of, LONGEST)}, in the order of the data",
        ylabel="Cook's distance",
    )
    ax.set_ylim(0, 1.12 * max(found.bound, float(np.max(values[known], initial=0.0))))
    kind = "rows" if found.of == "row" else "groups"
    titled(ax, f"Influential {kind}", f"Those far above the line (4 / {len(values)}) change the fixed effects most")


def _name_largest(ax: Axes, found: Distances, values: Array) -> None:
    largest = np.argsort(-np.nan_to_num(values, nan=-1.0), kind="stable")[:NAMED]
    for k in (int(k) for k in largest if values[k] > found.bound):
        right = k > 0.6 * len(values)
        ax.annotate(
            shortened(str(found.values.index[k]), NAME), (k + 1, values[k]), xytext=(-4 if right else 4, 0),
            textcoords="offset points", ha="right" if right else "left", va="bottom", fontsize="x-small",
        )  # fmt: skip


def collinearity(ax: Axes, asked: CheckOptions) -> None:
    """Variance inflation factors, the first term on top."""
    found = check_collinearity(asked.fit)
    color = {term: STRENGTHS[strength] for strength in BOUNDS for term in terms_of(found, strength)}
    vif, places = found["VIF"].to_numpy(), np.arange(len(found))[::-1]
    most = _most(found)
    ends = np.clip(found[["VIF_CI_low", "VIF_CI_high"]].to_numpy(), 1, most)
    names = [str(term) for term in found.index]
    ax.hlines(places, ends[:, 0], ends[:, 1], color=GREY, lw=MEDIUM)
    ax.scatter(vif, places, s=5 * DOT**2 / 2, c=[color.get(name, GREY) for name in names], zorder=3)
    for bound in (low for low, _ in BOUNDS.values() if 0 < low < most):
        ax.axvline(bound, color=GREY, lw=THIN, ls=(0, (4, 2)), zorder=0)
    ax.set_xscale("log")
    marks = [mark for mark in (1, 2, 5, 10, 20, 50, 100, 1000, 10_000) if mark <= most]
    ax.set_xticks(marks, [f"{mark}" for mark in marks])
    ax.set_xticks([], minor=True)
    ax.set_yticks(places, [shortened(name, LONGEST) for name in names])
    ax.tick_params(axis="y", length=0, labelsize="small" if len(names) <= 12 else "xx-small")
    ax.set(xlim=(0.95, most), ylim=(-0.7, len(names) - 0.3), xlabel="Variance inflation factor, 95 % interval")
    titled(ax, "Collinearity", "Below 5 low, from 10 on high")


def _most(found: Collinearity) -> float:
    """Where the axis ends."""
    far = found["VIF_CI_high"].to_numpy()
    far = far[far < 4 * found["VIF"].to_numpy()]
    return float(max(12.0, 1.3 * found["VIF"].replace(np.inf, 1).max(), 1.05 * np.max(far, initial=1.0)))


def relative_deviations(fit: FittedModel | GeneralizedFittedModel, group: str) -> Sequence[float]:
    """The standard deviations of the effects of one factor in the model, over sigma, column by column."""
    roots = [np.linalg.norm(fit.solution.T[i], axis=1) for i in factors(fit)[group]]
    return [float(sd) for sd in np.concatenate(roots)]

"""Makes radon.png, the README's picture: python tests/pictures/radon.py (needs the extra `plot`).

County intercepts with one standard error, against the number of houses: no pooling (a county by itself) beside the
multilevel model, as figure 12.3 of Gelman & Hill (2007).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

import pylmer

OUTPUT = Path(__file__).with_suffix(".png")


def main() -> None:
    radon = pylmer.datasets.load("radon")
    houses = radon["county"].value_counts().sort_index()
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    estimates = (no_pooling(radon), multilevel(radon))
    for ax, title, (centre, error), mean in zip(axes, TITLES, estimates, means(radon), strict=True):
        panel(ax, houses, centre, error, mean)
        ax.set_title(title, fontsize=11)
    axes[0].set_ylabel("county intercept, log radon")
    figure.savefig(OUTPUT, dpi=110)


TITLES = ("no pooling:  lm(log_radon ~ floor + county - 1)", "multilevel:  lmer(log_radon ~ floor + (1 | county))")


def no_pooling(radon: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    fit = pylmer.lm("log_radon ~ county + floor - 1", radon)
    return pylmer.coef(fit).to_numpy()[:85], pylmer.se_coef(fit).to_numpy()[:85]


def multilevel(radon: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    fit = pylmer.lmer("log_radon ~ floor + (1 | county)", radon)
    return pylmer.coef(fit)["county"]["(Intercept)"].to_numpy(), pylmer.se_ranef(fit)["county"][
        "(Intercept)"
    ].to_numpy()


def means(radon: pd.DataFrame) -> tuple[float, float]:
    """The state's intercept: complete pooling, and the multilevel model's."""
    pooled = pylmer.coef(pylmer.lm("log_radon ~ floor", radon))["(Intercept)"]
    return pooled, pylmer.fixef(pylmer.lmer("log_radon ~ floor + (1 | county)", radon))["(Intercept)"]


def panel(ax: Axes, houses: pd.Series, centre: np.ndarray, error: np.ndarray, mean: float) -> None:
    """One dot a county, jittered on the log axis so that equal counts do not hide each other."""
    jitter = np.exp(np.random.default_rng(1).uniform(-0.07, 0.07, len(houses)))
    ax.axhline(mean, color="0.6", linewidth=1)
    ax.errorbar(houses * jitter, centre, yerr=error, fmt="o", ms=3, lw=0.8, color="#1f4e79", ecolor="#8fb3d9")
    ax.set_xscale("log")
    ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    ax.set_xlabel("houses in the county")
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()

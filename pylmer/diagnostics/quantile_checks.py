"""check_quantile_residuals: three tests of quantile residuals, as R's DHARMa makes them, of the exact marginal law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import special

from ..errors import ArgumentError
from ..extract import resid
from ..fit.generalized import GeneralizedFittedModel
from ..fit.words import word_of
from ..numerics.linalg import Array
from ..simulation.drawing import generator, replicates
from ..simulation.generalized import draw_generalized
from ..text import Shown

SIMULATIONS = 250
OUTER = 1 / 251  # a residual nearer to 0 or 1 is an outlier: beyond all of 250 simulations, in DHARMa's terms


@dataclass(frozen=True, repr=False)
class QuantileChecks(Shown):
    """What the tests say, each with its p-value.

    uniformity    Kolmogorov-Smirnov distance of the quantile residuals from the uniform law
    p_uniformity  its p-value
    dispersion    variance of the residuals over that of simulated responses
    p_dispersion  its p-value, two-sided
    outliers      rows outside all simulated responses
    n             rows
    p_outliers    p-value of as many outliers by the binomial law
    """

    uniformity: float
    p_uniformity: float
    dispersion: float
    p_dispersion: float
    outliers: int
    n: int
    p_outliers: float

    def __repr__(self) -> str:
        rows = [
            ("uniformity", f"D = {self.uniformity:.4g}", self.p_uniformity),
            ("dispersion", f"ratio = {self.dispersion:.4g}", self.p_dispersion),
            ("outliers", f"{self.outliers} of {self.n}", self.p_outliers),
        ]
        lines = [f"{name:>10}: {said}, p-value = {p:.4g}" for name, said, p in rows]
        return "\n".join(["# Quantile residuals", "", *lines])

    __str__ = __repr__


@word_of(GeneralizedFittedModel)
def check_quantile_residuals(fit: GeneralizedFittedModel, nsim: int = SIMULATIONS, seed: Any = 1) -> QuantileChecks:
    """Tests of the quantile residuals of a fit of `glmer`: uniformity, dispersion, outliers, as R's DHARMa.

    fit   a fit of `glmer`
    nsim  responses drawn for the test of dispersion, with new random effects; two at least
    seed  of the draws: a whole number or a numpy Generator

    The residuals are those of `resid(fit, "quantile")`. Uniformity and outliers take rows for independent; rows of one
    group are not, so that with large random effects small p-values are too frequent. The p-value of the dispersion is
    the share of simulated responses that are as extreme, twice, where the mean over them is taken as each row's mean.

    Sources: Dunn & Smyth (1996); Hartig (2022), the manual of DHARMa, for what is tested.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", cbpp, "binomial")
    >>> check_quantile_residuals(fit).n
    56
    """
    count, rng = replicates(nsim), generator(seed)
    if count < 2:
        raise ArgumentError("nsim=1: one response has no variance; wanted 2 or more")
    u = cast(Any, resid)(fit, type="quantile", seed=rng).dropna().to_numpy()
    D, p_uniform = uniformity(u)
    ratio, p_ratio = dispersion(fit.rows.y, draw_generalized(fit, count, rng))
    found = int(np.count_nonzero((u < OUTER) | (u > 1 - OUTER)))
    return QuantileChecks(D, p_uniform, ratio, p_ratio, found, len(u), two_sided_binomial(found, len(u), 2 * OUTER))


def uniformity(u: Array) -> tuple[float, float]:
    """Kolmogorov and Smirnov's D against the uniform distribution, and its asymptotic p-value (Stephens 1970)."""
    ordered, n = np.sort(u), len(u)
    D = float(max(np.max(np.arange(1, n + 1) / n - ordered), np.max(ordered - np.arange(n) / n)))
    return D, float(special.kolmogorov((np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)) * D))


def dispersion(y: Array, drawn: Array) -> tuple[float, float]:
    """Variance of y about the rows' means over that of draws (n, R), and the p-value by the draws."""
    mean = drawn.mean(axis=1)
    own, others = float(np.var(y - mean)), np.var(drawn - mean[:, None], axis=0)
    above, below = float(np.mean(others >= own)), float(np.mean(others <= own))
    return own / float(others.mean()), min(1.0, 2 * min(above, below))


def two_sided_binomial(count: int, n: int, share: float) -> float:
    """P-value of a number of successes: of all numbers that are no more likely."""
    k = np.arange(n + 1)
    logs = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    logs = logs + special.xlogy(k, share) + special.xlog1py(n - k, -share)
    p = np.exp(logs)
    return min(1.0, float(np.sum(p[p <= p[count] * (1 + 1e-7)])))

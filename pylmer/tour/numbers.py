"""What the chapter computes beside the fits: predictions, fewer counties, tests of county indicators."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from ..api.linear import LmFit
from ..api.mixed import lmer
from ..api.models import LmerFit
from ..errors import FitNote
from ..inference.profiles.profiling import profile_limits
from ..numerics.distributions import f_upper, two_sided_quantile
from ..partial_pooling import pooling


@dataclass(frozen=True)
class Prediction:
    """A normal distribution of log radon."""

    mean: float
    sd: float

    def radon(self, p: Sequence[float] = (0.25, 0.5, 0.75)) -> list[float]:
        """Quantiles of radon itself."""
        return [float(np.exp(self.mean + self.sd * special.ndtri(q))) for q in p]


def new_house(M2: LmerFit, county: str, floor: float) -> Prediction:
    """A new house in a county of the data: its line, and the residual variation of houses.

    As in the book (12.8) the uncertainty of the estimates is left out: alpha_j and beta are taken as known.
    """
    return Prediction(float(pooling(M2)["multilevel"][county] + M2.fixef()["floor"] * floor), M2.sigma)


def new_county(M2: LmerFit, log_uranium: float, floor: float) -> Prediction:
    """A house in a county without data: the variation of counties comes on top."""
    a, b, c = M2.fixef()[["(Intercept)", "floor", "log_uranium"]]
    return Prediction(float(a + b * floor + c * log_uranium), M2.sigma * float(np.hypot(1.0, M2.theta[0])))


@dataclass(frozen=True)
class Cut:
    """M1 on some of the counties: sigma_alpha with its 95 % profile interval, the floor's coefficient and its error."""

    label: str
    counties: int
    houses: int
    sigma_alpha: float
    lower: float
    upper: float
    floor: float
    se_floor: float


def cut(radon: pd.DataFrame, counties: Sequence[str], label: str) -> Cut:
    """Fit M1 to the houses of some counties."""
    chosen = radon[radon["county"].isin(list(counties))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)  # that few counties may leave no variance is what is shown
        fit = lmer("log_radon ~ floor + (1 | county)", chosen)
        lower, upper = profile_limits(fit, [0]).iloc[0]
    floor = fit.fixef()["floor"]
    error = float(np.sqrt(np.diag(fit.vcov())[1]))
    sigma_alpha = float(fit.theta[0] * fit.sigma)
    return Cut(label, len(counties), len(chosen), sigma_alpha, float(lower), float(upper), float(floor), error)


def spread_of_counties(sizes: pd.Series[int], count: int) -> list[str]:
    """`count` counties from the largest to the smallest, equally spaced in the order of size."""
    order = sizes.sort_values(ascending=False, kind="stable").index
    return [str(order[k]) for k in np.linspace(0, len(order) - 1, count).round().astype(int)]


@dataclass(frozen=True)
class IndicatorTest:
    """All county indicators at once: F with its degrees of freedom and p-value."""

    F: float
    df: int
    df_residual: int
    p: float


def all_indicators(complete: LmFit, none: LmFit) -> IndicatorTest:
    """No against complete pooling."""
    small, full = complete.solution, none.solution
    df = small.df_residual - full.df_residual
    F = (small.rss - full.rss) / df / full.sigma**2
    return IndicatorTest(F, df, full.df_residual, f_upper(F, df, full.df_residual))


def significant(none: LmFit, baseline: str) -> int:
    """How many counties differ significantly (5 %) from a baseline county, one t test each."""
    names = [name for name in none.names if name.startswith("county")]
    at = [none.names.index(name) for name in names]
    base, beta, V = names.index(f"county{baseline}"), none.beta[at], none.covariance[np.ix_(at, at)]
    variance = np.diag(V) + V[base, base] - 2 * V[base]
    others = np.arange(len(at)) != base
    t = (beta - beta[base])[others] / np.sqrt(variance[others])
    return int(np.sum(np.abs(t) > two_sided_quantile(0.95, none.solution.df_residual)))

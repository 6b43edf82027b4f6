"""PBmodcomp: the likelihood-ratio test of nested models against its distribution under the small one, simulated.

With T the statistic observed and T_1, ..., T_N those of data simulated from the small model (Halekoh & Hojsgaard 2014,
J. Stat. Softw. 59(9), section 3.3):

    PBtest    (#{T_i >= T} + 1) / (N + 1)
    Gamma     T against the gamma distribution with the mean and variance of the T_i
    Bartlett  T df / mean(T_i) against chi-square with df degrees of freedom
    F         T / df against F(df, ddf), ddf from the mean: E = mean(T_i) / df = ddf / (ddf - 2)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...errors import ArgumentError, DataError, note
from ...extract import logLik, word
from ...fit.fitted_model import FittedModel
from ...fit.many_fits import refit_all
from ...fit.refitting import refitML
from ...numerics.distributions import chisquare_upper, f_upper, two_sided_quantile
from ...numerics.linalg import Array
from ...simulation.drawing import Seed, draw_responses, generator, replicates
from ...text import Shown
from ...text.progress import progress_bar
from ..analysis_of_variance.likelihood_ratio import describe
from ..contrasts.restrictions import restriction
from .replicating import Execution, batch_sizes, interruptible, mapped

NOT_NESTED = "the models are not nested: the small one has the higher likelihood"
NESTED = 1e-6  # twice the log-likelihood that a small model may gain over a large one by rounding


@dataclass(frozen=True, eq=False, repr=False)
class ParametricComparison(Shown):
    """A parametric bootstrap test of nested models; `summary(record)` adds approximations of the reference.

    test       DataFrame: stat, df, p.value; rows LRT and PBtest
    ref        the statistics simulated under the small model (N,), those that failed left out
    nsim       how many were asked for;  n_extreme  how many are as large as the one observed
    seed, seconds (it took)
    """

    large: str
    small: str
    test: pd.DataFrame
    ref: Array
    nsim: int
    n_extreme: int
    seed: Any
    seconds: float

    @property
    def stat(self) -> float:
        """The likelihood-ratio statistic observed."""
        return float(self.test["stat"].iloc[0])

    @property
    def df(self) -> float:
        """The number of parameters tested."""
        return float(self.test["df"].iloc[0])


@dataclass(frozen=True, eq=False, repr=False)
class ParametricComparisonSummary(Shown):
    """`summary` of a `ParametricComparison`.

    test    DataFrame: stat, df, ddf, p.value; rows LRT, PBtest, Gamma, Bartlett, F
    moment  mean and variance of the reference;  gamma  scale and shape of the gamma distribution with these
    se, ci  Monte Carlo error of the p-value of PBtest, and its 95 % limits
    """

    comparison: ParametricComparison
    test: pd.DataFrame
    moment: dict[str, float]
    gamma: dict[str, float]
    se: float
    ci: tuple[float, float]


@word
def PBmodcomp(
    large: FittedModel,
    small: Any,
    nsim: int = 1000,
    seed: Seed = None,
    *,
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> ParametricComparison:
    """Parametric bootstrap test of a smaller model against a larger one, as pbkrtest's.

    large     a fit of `lmer` or `glmer`
    small     a fit of the same function to the same rows with some of its effects, fixed or random; of `glmer` also one
              of `glm`, without random effects
    nsim      number of responses that are simulated from the small model; default 1000
    seed      a whole number or a numpy Generator; None, the default: other draws every time
    progress  True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal
    parallel  "no", the default, "multicore" or "snow", as in `bootMer`
    ncpus     how many processes these use; default 1

    The likelihood-ratio statistic (both models by maximum likelihood) is compared with those of the simulated
    responses, to which both are refitted, all together (`refit_all`). Two fits of `glmer` must have one criterion:
    the same `nAGQ`, and `laplace` of `glmerControl`.

    A simulated statistic of zero, common where a variance is tested, counts like any other (pbkrtest leaves it out);
    replicates that could not be fitted are left out, with a FitNote. Ctrl-C raises `Interrupted`, whose `.partial` is
    the comparison with the replicates done.

    Raises ArgumentError for models that are not nested or in the wrong order, DataError for models of different data.
    Source: Halekoh & Hojsgaard (2014), J. Stat. Softw. 59(9), section 3.3.

    >>> import pylmer
    >>> sleep = pylmer.datasets.load("sleepstudy")
    >>> large = pylmer.lmer("Reaction ~ Days + I(Days^2) + (Days | Subject)", sleep, REML=False)
    >>> small = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep, REML=False)
    >>> PBmodcomp(large, small, nsim=200, seed=1).test.round(2)
            stat   df  p.value
    LRT     1.66  1.0     0.20
    PBtest  1.66  NaN     0.22
    """
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, parallel, ncpus, "PBmodcomp")
    large, small, df = _nested(large, small)
    models = NestedModels(large, small, small.optimum.value - large.optimum.value, df)
    return simulated(models, lambda size: draw_responses(small, size, rng), count, seed, how)


@dataclass(frozen=True, eq=False)
class NestedModels:
    """Two nested models, twice the log-likelihood that the large one gains, and the parameters it has more."""

    large: Any
    small: Any
    gain: float
    df: int


def simulated(
    models: NestedModels, draw: Callable[[int], Array], count: int, seed: Seed, how: Execution
) -> ParametricComparison:
    """The comparison with `count` responses; `draw(m)` gives m of the small model (n, m)."""
    names = (describe(models.large), describe(models.small))
    observed = max(models.gain, 0.0)
    ref: list[Array] = []
    begun = time.perf_counter()

    def comparison() -> ParametricComparison:
        known, seconds = np.concatenate([np.zeros(0), *ref]), time.perf_counter() - begun
        return compared(names, observed, models.df, known, count, seed, seconds)

    def done() -> str:
        return f"{sum(map(len, ref))} of {count} replicates"

    draws = (draw(size) for size in batch_sizes(models.large, count))
    with progress_bar(count, how.progress, how.what) as advance, interruptible(comparison, done):
        for T in mapped(likelihood_ratios, draws, how, (models.large, models.small)):
            ref.append(T)
            advance(len(T))
    found = comparison()
    if len(found.ref) < count:
        note(f"some bootstrap runs failed ({count - len(found.ref)}/{count})")
    return found


def likelihood_ratios(models: tuple[Any, Any], Y: Array) -> Array:
    """Likelihood-ratio statistics of the (large, small) model for responses Y (n, R): (R,), NaN where one failed."""
    large, small = (deviances(model, Y) for model in models)
    return np.asarray(np.maximum(small - large, 0.0))


@singledispatch
def deviances(model: Any, Y: Array) -> Array:
    """-2 log L (R,) of the model refitted to responses Y (n, R), NaN where it could not be."""
    return np.asarray(refit_all(model, Y).objective)


def _nested(large: FittedModel, small: Any) -> tuple[FittedModel, FittedModel, int]:
    """Both by maximum likelihood, and the difference in parameters."""
    if not isinstance(small, FittedModel):
        raise ArgumentError(f"PBmodcomp() wants two fits of lmer(), found {type(small).__name__} as the small model")
    if large.optimum.held or small.optimum.held:
        raise ArgumentError("theta of one of the models is held: PBmodcomp() estimates it anew for every replicate")
    check_same_response(large, small)
    large, small = refitML(large), refitML(small)
    df = parameters_more(large, small)
    if small.optimum.value < large.optimum.value - NESTED:
        raise ArgumentError(NOT_NESTED)
    return large, small, df


def check_same_response(large: Any, small: Any) -> None:
    """DataError unless both models were fitted to the same rows and the same response."""
    if small.design.n != large.design.n:
        raise DataError(f"the models were fitted to different rows: {large.design.n} and {small.design.n}")
    if not np.allclose(small.rows.y, large.rows.y, rtol=1e-12, atol=0.0):
        raise DataError("the models were fitted to different responses")


def parameters_more(large: Any, small: Any) -> int:
    """How many parameters the large model has more; ArgumentError unless some, and unless its X has the small one's."""
    df = logLik(large).df - logLik(small).df
    if df < 0:
        raise ArgumentError("the second model is the larger one: give the large model first, then the small one")
    restriction(large.rows.X, small.rows.X)
    if df == 0:
        raise ArgumentError("the models have as many parameters: there is nothing to test")
    return int(df)


def compared(
    models: tuple[str, str], T: float, df: int, ref: Array, nsim: int, seed: Any, seconds: float
) -> ParametricComparison:
    """The comparison of the (large, small) model from T observed and those simulated; failed ones are NaN."""
    ref = ref[np.isfinite(ref)]
    n_extreme = int(np.sum(ref >= T))
    p = [chisquare_upper(T, df), (n_extreme + 1) / (len(ref) + 1)]
    test = pd.DataFrame({"stat": [T, T], "df": [df, np.nan], "p.value": p}, index=["LRT", "PBtest"])
    return ParametricComparison(*models, test, ref, nsim, n_extreme, seed, seconds)


def summarized(comparison: ParametricComparison) -> ParametricComparisonSummary:
    """The approximations of the reference distribution."""
    T, df, ref = comparison.stat, comparison.df, comparison.ref
    if len(ref) < 2 or not ref.var() > 0:
        raise ArgumentError(f"{len(ref)} replicates that differ in nothing have no distribution: give a larger nsim")
    mean, variance = float(ref.mean()), float(ref.var(ddof=1))
    scale, shape, E = variance / mean, mean**2 / variance, mean / df
    ddf = 2 * E / (E - 1)
    p = comparison.test["p.value"].to_numpy()
    rows = {
        "LRT": (T, df, np.nan, p[0]),
        "PBtest": (T, np.nan, np.nan, p[1]),
        "Gamma": (T, np.nan, np.nan, float(special.gammaincc(shape, T / scale))),
        "Bartlett": (T / E, df, np.nan, chisquare_upper(T / E, df)),
        "F": (T / df, df, ddf, f_upper(T / df, df, ddf) if ddf > 0 else np.nan),
    }
    test = pd.DataFrame(rows, index=["stat", "df", "ddf", "p.value"]).T
    se = float(np.sqrt(p[1] * (1 - p[1]) / len(ref)))
    half = float(two_sided_quantile(0.95, np.inf)) * se
    moment, gamma = {"mean": mean, "var": variance}, {"scale": scale, "shape": shape}
    return ParametricComparisonSummary(comparison, test, moment, gamma, se, (p[1] - half, p[1] + half))

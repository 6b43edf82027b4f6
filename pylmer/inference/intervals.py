"""confint: the word, the methods for a mixed model, and the intervals of least-squares fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import se_fixef, word
from ..extract.linear import coef, df_residual, list_coef, list_se_coef, se_coef
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.grouped import LinearFits
from ..fit.linear.regression import LinearFit
from ..fit.words import several
from ..language import known_as
from ..language.suggest import did_you_mean
from ..numerics.distributions import two_sided_quantile, two_sided_quantiles
from ..numerics.linalg import Array
from ..text import format_numbers
from ..text.arguments import check_call, check_level, is_one_of, under_either_name
from .records import PlainTable, table

METHODS = {  # method -> where its limits are computed: imported, from this package, when first asked for
    "Wald": "intervals.wald_limits",
    "profile": "profiles.profiling.profile_limits",
    "boot": "bootstrap.confidence.boot_limits",
}
Mixed = FittedModel | GeneralizedFittedModel
PREFIXES = {"sdcor": ("sd", "cor"), "varcov": ("var", "cov")}


def parameter_names(fit: Mixed, signames: bool = True, prof_scale: str = "sdcor") -> tuple[list[str], list[str]]:
    """Names of the variance parameters, all standard deviations, then all correlations, then sigma; and of beta.

    With `signames` .sig01, .sig02, ..., .sigma, else sd_(Intercept)|Subject, cor_Days.(Intercept)|Subject, sigma, or
    var_, cov_ and sigma on the scale "varcov". theta has lme4's names in any case. A fit of glmer without a scale has
    no sigma.
    """
    sigma = ".sigma" if signames else "sigma"
    if prof_scale == "theta":
        free = list(fit.covariances.names)
    else:
        free = _named(fit, *PREFIXES[prof_scale])
        free = [f".sig{k + 1:02d}" for k in range(len(free))] if signames else free
    return [*free, *([sigma] if fit.scaled else [])], list(fit.design.X_names)


def _named(fit: Mixed, one: str, two: str) -> list[str]:
    """Names of what columns have each, then of what pairs of them have."""
    ones, twos = [], []
    for term, family in zip(fit.design.random, fit.covariances.families, strict=True):
        names = ["*"] if family.hom else list(term.columns)
        ones += [f"{one}_{name}|{term.group}" for name in names]
        twos += family.pair_names(term.group, term.columns, two)
    return [*ones, *twos]


def chosen(names: Sequence[str], n_variance: int, parm: Any, argument: str = "parm") -> list[int]:
    """Positions of the parameters that `parm` asks for: names, positions, "theta_" or "beta_", None for all.

    A name stands for all parameters that are called so.
    """
    if parm is None:
        return list(range(len(names)))
    out: list[int] = []
    for each in several(parm):
        if is_one_of(each, ["theta_"]):
            out += range(n_variance)
        elif is_one_of(each, ["beta_"]):
            out += range(n_variance, len(names))
        elif (meant := known_as(each, names)) in names:
            out += [k for k, name in enumerate(names) if name == meant]
        elif isinstance(each, int | np.integer) and not isinstance(each, bool) and 0 <= each < len(names):
            out.append(int(each))
        else:
            hint = did_you_mean(each, names) if isinstance(each, str) else ""
            raise ArgumentError(f"{argument}={each!r}: no such parameter{hint}; there is {', '.join(names)}")
    return out


@word
def confint(
    fit: FittedModel,
    /,
    parm: Any = None,
    level: float = 0.95,
    method: str = "profile",
    signames: bool | None = None,
    oldNames: bool | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Confidence intervals of the parameters of a fit.

    fit          a fit of `lmer`, `lm` or `lmList`; a profile, a record of `bootMer`, or marginal means and contrasts
    parm         of a mixed model, a profile or a record of `bootMer`: names or positions of the rows to give, "theta_"
                 for the variance parameters or "beta_" for the fixed effects; None, the default: all
    level        coverage, between 0 and 1; default 0.95, of marginal means as they were made
    method       of a mixed model: "profile", the default, profiles the ML deviance (see `profile`); "Wald" gives normal
                 intervals of the fixed effects, NaN for the others; "boot" those of a parametric bootstrap (see
                 `bootMer`)
    signames     of a mixed model: True (None, the default) calls variance parameters .sig01, .sig02, ... as lme4 does;
                 False sd_(Intercept)|Subject, cor_Days.(Intercept)|Subject
    oldNames     lme4's older name of `signames`
    options      of a mixed model: with method "profile" prof_scale, "sdcor", "varcov" or "theta" (see `profile`); with
                 method "boot" nsim=500, boot_type="perc", "basic" or "norm", and seed, FUN, progress, parallel, ncpus
                 as of `bootMer`
    pool         of `lmList`: True takes residual variance and degrees of freedom pooled over groups; False, the
                 default, each group's own, as in R
    type         of a record of `bootMer`: "perc" (the default), "basic" or "norm"; of marginal means: "response" to
                 transform back
    adjust       of marginal means: for the number of intervals, see `contrast`; None, the default: as they were made
    by           of marginal means: variables whose values make separate tables; by default as they were made
    side         of marginal means: "<" or ">" for one-sided intervals; 0, the default: two-sided
    bias_adjust  of marginal means: whether the way back is corrected for its bias, see `summary`; None: as they were
                 made
    sigma        of marginal means: the standard deviation of that correction, see `summary`; None: the residual one
    df           of marginal means: degrees of freedom in place of those found; None: those

    Of a mixed model, a profile or a record of `bootMer` a DataFrame (k, 2): of a mixed model all standard deviations,
    correlations, sigma, then the fixed effects, as in lme4. Of `lm` a DataFrame (p, 2) with R's column names, from the
    t distribution. Of `lmList` one with a row per group and, under each coefficient, two columns: `confint(fits)["x"]`
    is (J, 2); NaN where a group has no residual degrees of freedom. Of marginal means their table with the limits.

    Raises ArgumentError for anything else, and for unknown parameters and methods.

    >>> import pylmer
    >>> pylmer.confint(pylmer.lm("log_radon ~ floor", pylmer.datasets.load("radon"))).round(3)
                 2.5 %  97.5 %
    (Intercept)  1.268   1.385
    floor       -0.756  -0.470
    """
    limits, named = _limits_by(method), under_either_name(signames=signames, oldNames=oldNames)
    given = {"parm": parm, "level": check_level(level), "signames": named is not False, **options}
    check_call(f'confint(method="{method}")', limits, (fit,), given)
    return limits(fit, **given)


confint.register(GeneralizedFittedModel, confint.dispatch(FittedModel))


def _limits_by(method: str) -> Callable[..., pd.DataFrame]:
    """What computes the limits of a mixed model by a method of `METHODS`."""
    if method not in METHODS:
        raise ArgumentError(f"method={method!r}: confint() of a mixed model knows {', '.join(map(repr, METHODS))}")
    module, _, name = METHODS[method].rpartition(".")
    limits: Callable[..., pd.DataFrame] = getattr(import_module(f".{module}", __package__), name)
    return limits


def wald_limits(fit: Mixed, parm: Any = None, level: float = 0.95, signames: bool = True) -> pd.DataFrame:
    """beta-hat -/+ z se; NaN for variance parameters, as lme4 gives them."""
    half = two_sided_quantile(check_level(level), np.inf) * se_fixef(fit).to_numpy()
    low, high = limit_names(level)
    free, fixed = parameter_names(fit, signames)
    missing = np.full(len(free), np.nan)
    limits = {low: np.append(missing, fit.beta - half), high: np.append(missing, fit.beta + half)}
    names = [*free, *fixed]
    rows = chosen(names, len(free), parm)
    return limit_table({name: values[rows] for name, values in limits.items()}, [names[k] for k in rows])


@confint.register(LinearFit)
def linear_limits(fit: LinearFit, level: float = 0.95) -> pd.DataFrame:
    """beta-hat -/+ t se of a least-squares fit: (p, 2)."""
    half = two_sided_quantile(check_level(level), df_residual(fit)) * se_coef(fit)
    low, high = limit_names(level)
    return pd.DataFrame({low: coef(fit) - half, high: coef(fit) + half})


@confint.register(LinearFits)
def list_limits(fits: LinearFits, level: float = 0.95, pool: bool = False) -> pd.DataFrame:
    """The same in each of J groups: (J, 2 p), columns (coefficient, limit)."""
    own = fits.solutions.df_residual
    quantiles = two_sided_quantiles(check_level(level), np.full(len(own), fits.df_residual) if pool else own)
    centre, half = list_coef(fits), list_se_coef(fits, pool).mul(quantiles, axis=0)
    low, high = limit_names(level)
    limits = np.stack([centre.to_numpy() - half.to_numpy(), centre.to_numpy() + half.to_numpy()], axis=2)
    columns = pd.MultiIndex.from_tuples([(name, limit) for name in fits.names for limit in (low, high)])
    return pd.DataFrame(limits.reshape(len(centre), -1), index=centre.index, columns=columns)


def limit_names(level: float) -> tuple[str, str]:
    """R's names of the limits: "2.5 %" and "97.5 %" at level 0.95."""
    low, high = format_numbers([50 * (1 - level), 50 * (1 + level)], digits=3, justify=False)
    return f"{low} %", f"{high} %"


def limit_table(limits: dict[str, Array], names: list[str], footing: tuple[str, ...] = ()) -> PlainTable:
    """Limits under R's column names, printed as R prints them, and below them what must be said of some."""
    made: PlainTable = table(PlainTable, limits, names, footing=footing)
    return made

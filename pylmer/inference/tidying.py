"""tidy, glance, augment: a fit as plain data frames with the columns of R's broom.mixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import ArgumentError
from ..extract import AIC, BIC, VarCorr, df_residual, logLik, nobs, ranef, sigma, word
from ..extract.system import LARGEST, Zt, joint_covariance
from ..fitting import FittedModel
from ..linalg import Array
from ..tails import student_quantile
from .contrasts import DDF, check_level, t_tests
from .degrees_of_freedom import METHODS, check_ddf

COLUMNS = (
    *("effect", "group", "level", "term", "estimate", "std.error", "df", "statistic", "p.value"),
    *("conf.low", "conf.high"),
)
EFFECTS = ("fixed", "ran_pars", "ran_vals")


@word
def tidy(
    fit: FittedModel,
    effects: str | Sequence[str] = "fixed",
    ddf: str = DDF,
    conf_int: bool = False,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """A fit as a data frame, one row per number, with broom.mixed's columns.

    effects   "fixed": effect, term, estimate, std.error, df, statistic, p.value
              "ran_pars": effect, group, term, estimate (standard deviations and correlations, sd__x, cor__x.z)
              "ran_vals": effect, group, level, term, estimate, std.error (conditional modes)
              or several of them, one below the other
    ddf       "Satterthwaite", "Kenward-Roger", or "lme4" for fixed effects without df and p.value
    conf_int  adds conf.low and conf.high: t intervals of fixed effects, normal ones of conditional modes

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.tidy(fit)[["term", "estimate", "std.error", "df"]].round(3)
              term  estimate  std.error    df
    0  (Intercept)   251.405      6.825  17.0
    1         Days    10.467      1.546  17.0
    """
    wanted = [effects] if isinstance(effects, str) else list(effects)
    for each in wanted:
        if each not in EFFECTS:
            raise ArgumentError(f"effects={each!r}: wanted {', '.join(map(repr, EFFECTS))}, or several of them")
    check_ddf(ddf, (*METHODS, "lme4"))
    level = check_level(conf_level) if conf_int else None
    parts = {
        "fixed": lambda: _fixed(fit, ddf, level),
        "ran_pars": lambda: _parameters(fit),
        "ran_vals": lambda: _values(fit, level),
    }
    frames = [parts[each]() for each in wanted]
    if len(frames) == 1:
        return frames[0]
    whole = pd.concat(frames, ignore_index=True)
    return whole[sorted(whole.columns, key=COLUMNS.index)]


def _fixed(fit: FittedModel, ddf: str, level: float | None) -> pd.DataFrame:
    names = list(fit.design.X_names)
    if ddf == "lme4":
        error = fit.sigma * np.sqrt(np.diag(fit.solution.Phi))
        columns = {"estimate": fit.beta, "std.error": error, "statistic": fit.beta / error}
        limits = _limits(fit.beta, error, np.inf, level)
    else:
        tests = t_tests(fit, np.eye(len(names)), ddf)
        columns = {"estimate": tests.estimate, "std.error": tests.error, "df": tests.df}
        columns |= {"statistic": tests.t, "p.value": tests.p}
        limits = _limits(tests.estimate, tests.error, tests.df, level)
    return pd.DataFrame({"effect": ["fixed"] * len(names), "term": names, **columns, **limits})


def _limits(estimate: Array, error: Array, df: Array | float, level: float | None) -> dict[str, Array]:
    if level is None:
        return {}
    half = error * student_quantile((1 + level) / 2, df)
    return {"conf.low": estimate - half, "conf.high": estimate + half}


def _parameters(fit: FittedModel) -> pd.DataFrame:
    frame = VarCorr(fit).as_frame(order="lower.tri")
    terms = [_parameter(var1, var2) for var1, var2 in zip(frame["var1"], frame["var2"], strict=True)]
    columns = {"effect": ["ran_pars"] * len(frame), "group": frame["grp"], "term": terms, "estimate": frame["sdcor"]}
    return pd.DataFrame(columns)


def _parameter(var1: str | None, var2: str | None) -> str:
    if var1 is None:
        return "sd__Observation"
    return f"sd__{var1}" if var2 is None else f"cor__{var1}.{var2}"


def _values(fit: FittedModel, level: float | None) -> pd.DataFrame:
    modes = ranef(fit).as_frame()
    estimate, error = modes["condval"].to_numpy(), modes["condsd"].to_numpy()
    columns = {"effect": ["ran_vals"] * len(modes), "group": modes["grpvar"], "level": modes["grp"]}
    columns |= {"term": modes["term"], "estimate": estimate, "std.error": error}
    return pd.DataFrame({**columns, **_limits(estimate, error, np.inf, level)})


@word
def glance(fit: FittedModel) -> pd.DataFrame:
    """One row about a fit: nobs, sigma, logLik, AIC, BIC, REMLcrit or deviance, df.residual, as broom.mixed.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.glance(fit).round(2)
       nobs  sigma  logLik     AIC     BIC  REMLcrit  df.residual
    0    30  49.51 -159.83  325.65  329.86    319.65           27
    """
    likelihood = float(logLik(fit))
    row: dict[str, Any] = {"nobs": nobs(fit), "sigma": sigma(fit), "logLik": likelihood, "AIC": AIC(fit)}
    row |= {"BIC": BIC(fit), "REMLcrit" if fit.REML else "deviance": -2 * likelihood, "df.residual": df_residual(fit)}
    return pd.DataFrame([row])


@word
def augment(fit: FittedModel) -> pd.DataFrame:
    """The model frame with a row's own numbers beside it, under broom.mixed's names.

    .fitted, .resid, .hat and .cooksd (leverage and Cook's distance), .fixed (fitted without random effects), .mu,
    .offset, .sqrtXwt, .sqrtrwt, .weights, .wtres. Leverages need a dense matrix of all random effects; they are NaN
    beyond ten thousand of these.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.augment(fit).head(2)[["Yield", ".fitted", ".resid"]].round(2)
        Yield  .fitted  .resid
    0  1545.0  1509.89   35.11
    1  1440.0  1509.89  -69.89
    """
    design = fit.design
    weights = np.ones(design.n) if design.weights is None else design.weights
    offset = np.zeros(design.n) if design.offset is None else design.offset
    leverage, residual = leverages(fit), np.asarray(design.y - fit.mu, float)
    pearson = np.sqrt(weights) * residual
    with np.errstate(divide="ignore", invalid="ignore"):
        cook = (pearson / (fit.sigma * (1 - leverage))) ** 2 * leverage / len(fit.beta) if len(fit.beta) else leverage
    columns = {
        ".fitted": fit.mu,
        ".resid": residual,
        ".hat": leverage,
        ".cooksd": cook,
        ".fixed": np.asarray(design.X @ fit.beta, float) + offset,
        ".mu": fit.mu,
        ".offset": offset,
        ".sqrtXwt": np.sqrt(weights),
        ".sqrtrwt": np.sqrt(weights),
        ".weights": weights,
        ".wtres": pearson,
    }
    return pd.concat([design.model_frame(), pd.DataFrame(columns, index=design.index)], axis=1)


def leverages(fit: FittedModel) -> Array:
    """Diagonal of the hat matrix (n,), d fitted / d y: w_i [z_i x_i] Var(b, beta) [z_i x_i]' / sigma^2."""
    if len(fit.b) > LARGEST:
        return np.full(fit.design.n, np.nan)
    ZX = sparse.csr_array(sparse.hstack([Zt(fit).T, sparse.csr_array(fit.design.X)]))
    C = joint_covariance(fit) / fit.sigma**2
    out = np.empty(fit.design.n)
    for start in range(0, fit.design.n, 4096):
        part = ZX[start : start + 4096]
        out[start : start + 4096] = np.asarray(part.multiply(part @ C).sum(axis=1)).ravel()
    return out if fit.design.weights is None else out * fit.design.weights

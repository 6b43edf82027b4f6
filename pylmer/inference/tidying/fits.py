"""tidy, glance, augment: a fit as plain data frames with the columns of R's broom.mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...design import Designed
from ...diagnostics import cooks_distance, hatvalues
from ...engine.covariance.point import lower_entries
from ...errors import ArgumentError
from ...extract import AIC, BIC, VarCorr, coef, df_residual, logLik, nobs, ranef, sigma, word
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import several
from ...numerics.distributions import two_sided_quantile
from ...numerics.linalg import Array
from ...prediction import predict
from ...text.arguments import check_level
from .. import intervals
from ..contrasts.contrasts import DDF, t_tests
from ..degrees_of_freedom.choice import METHODS, check_ddf
from .augmenting import as_frame, beside, joined, predicted, refuse_both, with_predictions

COLUMNS = (
    *("response", "effect", "group", "level", "term", "estimate", "std.error", "statistic", "df", "p.value"),
    *("conf.low", "conf.high"),
    *("converged", "singular"),
)
Mixed = FittedModel | GeneralizedFittedModel
EFFECTS = ("fixed", "ran_pars", "ran_vals", "ran_coefs")
SCALES = {"sdcor": ("sd", "cor", "sdcor"), "vcov": ("var", "cov", "vcov")}


@word
def tidy(
    fit: FittedModel,
    effects: str | Sequence[str] = "fixed",
    ddf: str = DDF,
    conf_int: bool = False,
    conf_level: float = 0.95,
    conf_method: str = "Wald",
    scales: str = "sdcor",
) -> pd.DataFrame:
    """A fit as a data frame, one row per number, with broom.mixed's columns.

    fit           a fit of `lmer` or `glmer`, or of `lm` or `glm`: there broom's columns, with conf_int and conf_level,
                  of a `glm` conf_method ("Wald" or "profile") and exponentiate
    effects       "fixed" (the default): effect, term, estimate, std.error, statistic, df, p.value "ran_pars": effect,
                  group, term, estimate (standard deviations and correlations, sd__x, cor__x.z) "ran_vals": effect,
                  group, level, term, estimate, std.error (conditional modes) "ran_coefs": effect, group, level, term,
                  estimate (fixed effects plus conditional modes) or several of them, one below the other in this order
    ddf           "Satterthwaite" (the default), "Kenward-Roger", or "lme4" for fixed effects without df and p.value
    conf_int      True adds conf.low and conf.high; default False
    conf_level    coverage of these, between 0 and 1; default 0.95
    conf_method   "Wald" (the default): t intervals of fixed effects, normal ones of conditional modes, NaN for the
                  others; any other method of `confint`, such as "profile", is taken for fixed effects, standard
                  deviations and correlations
    scales        "sdcor" (the default), or "vcov" for variances and covariances (var__x, cov__x.z) among "ran_pars"
    exponentiate  of `glmer` and `glm`: True gives odds or rate ratios, exp of fixed effects and their limits; default
                  False

    Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.tidy(fit)[["term", "estimate", "std.error", "df"]].round(3)
              term  estimate  std.error    df
    0  (Intercept)   251.405      6.825  17.0
    1         Days    10.467      1.546  17.0
    """
    wanted = wanted_effects(effects)
    check_ddf(ddf, (*METHODS, "lme4"))
    check_choices(conf_method, scales)
    level = check_level(conf_level, "conf_level") if conf_int else None
    limits = limits_by(fit, wanted, level, conf_method, scales)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        "fixed": lambda: _fixed(fit, ddf, level, limits),
        "ran_pars": lambda: _parameters(fit, level, limits, scales),
        "ran_vals": lambda: _values(fit, level, limits, scales),
        "ran_coefs": lambda: _coefficients(fit, level, limits, scales),
    }
    return stacked([make() for each, make in parts.items() if each in wanted])


def wanted_effects(effects: str | Sequence[str]) -> list[str]:
    """What `effects` asks for; ArgumentError for anything else."""
    wanted = several(effects)
    for each in wanted or ("",):
        if each not in EFFECTS:
            raise ArgumentError(f"effects={each!r}: wanted {', '.join(map(repr, EFFECTS))}, or several of them")
    return wanted


def check_choices(conf_method: str, scales: str) -> None:
    """ArgumentError for an unknown method of limits, or unknown scales."""
    _check(scales, tuple(SCALES), "scales")
    _check(conf_method, tuple(intervals.METHODS), "conf_method")


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One frame, or several below each other with the columns of all."""
    if len(frames) == 1:
        return frames[0]
    whole = pd.concat(frames, ignore_index=True)
    return whole[sorted(whole.columns, key=COLUMNS.index)]


def _check(given: Any, known: Sequence[str], name: str) -> None:
    if given not in known:
        raise ArgumentError(f"{name}={given!r}: wanted one of {', '.join(dict.fromkeys(map(repr, known)))}")


def limits_by(fit: Mixed, wanted: Sequence[str], level: float | None, method: str, scales: str) -> Array | None:
    """The limits (k, 2) of all parameters in `confint`'s order, by a method other than Wald's; None for that."""
    if level is None or method == "Wald" or not {"fixed", "ran_pars"} & set(wanted):
        return None
    if scales == "vcov" and "ran_pars" in wanted:
        raise ArgumentError(f"conf_method={method!r} gives limits of standard deviations: leave scales at 'sdcor'")
    return intervals.confint(fit, level=level, method=method, signames=False).to_numpy()


def _fixed(fit: FittedModel, ddf: str, level: float | None, limits: Array | None) -> pd.DataFrame:
    names = list(fit.design.X_names)
    if ddf == "lme4":
        error, df = fit.sigma * np.sqrt(np.diag(fit.solution.Phi)), np.asarray(np.inf)
        columns = {"estimate": fit.beta, "std.error": error, "statistic": fit.beta / error}
    else:
        tests = t_tests(fit, np.eye(len(names)), ddf)
        error, df = tests.error, tests.df
        columns = {"estimate": tests.estimate, "std.error": error, "statistic": tests.t, "df": df, "p.value": tests.p}
    shown = _limits(fit.beta, error, df, level)
    if limits is not None:
        shown = _both(limits[len(limits) - len(names) :])
    return pd.DataFrame({"effect": ["fixed"] * len(names), "term": names, **columns, **shown})


def shown_limits(
    estimate: Array, error: Array, df: Array | float, level: float | None, limits: Array | None
) -> dict[str, Array]:
    """conf.low and conf.high: those given, else Wald's at a level; nothing without one."""
    return _limits(estimate, error, df, level) if limits is None else _both(limits)


def _limits(estimate: Array, error: Array, df: Array | float, level: float | None) -> dict[str, Array]:
    if level is None:
        return {}
    half = error * two_sided_quantile(level, df)
    return {"conf.low": estimate - half, "conf.high": estimate + half}


def _both(limits: Array) -> dict[str, Array]:
    return {"conf.low": limits[:, 0], "conf.high": limits[:, 1]}


def _parameters(fit: Mixed, level: float | None, limits: Array | None, scales: str) -> pd.DataFrame:
    sd, cor, column = SCALES[scales]
    frame = VarCorr(fit).as_frame(order="lower.tri")
    terms = [_parameter(sd, cor, var1, var2) for var1, var2 in zip(frame["var1"], frame["var2"], strict=True)]
    columns = {"effect": ["ran_pars"] * len(frame), "group": frame["grp"], "term": terms, "estimate": frame[column]}
    if level is not None:
        known = np.full((1, 2), np.nan) if limits is None else np.vstack([limits, np.full((1, 2), np.nan)])
        at = [-1] * len(frame) if limits is None else _places(fit)[: len(frame)]
        columns |= _both(known[at])
    return pd.DataFrame(columns)


def _parameter(sd: str, cor: str, var1: str | None, var2: str | None) -> str:
    if var1 is None:
        return f"{sd}__Observation"
    return f"{sd}__{var1}" if var2 is None else f"{cor}__{var1}.{var2}"


def _places(fit: Mixed) -> list[int]:
    """Where each row of VarCorr's lower triangles stands in `intervals.parameter_names`; -1 for no parameter there."""
    families = fit.covariances.families
    sd, correlation, out = 0, sum(family.n_sd for family in families), []
    for family in families:
        for i, j in zip(*lower_entries(family.width), strict=True):
            if i == j:
                out.append(sd if family.hom else sd + j)
            else:
                number = family.pair_number(i, j)
                out.append(-1 if number is None else correlation + number)
        sd += family.n_sd
        correlation += len(family.pairs)
    return [*out, correlation]


def _values(fit: Mixed, level: float | None, limits: Array | None, scales: str) -> pd.DataFrame:
    modes = ranef(fit).as_frame()
    estimate, error = modes["condval"].to_numpy(), modes["condsd"].to_numpy()
    columns = {"effect": ["ran_vals"] * len(modes), "group": modes["grpvar"], "level": modes["grp"]}
    columns |= {"term": modes["term"], "estimate": estimate, "std.error": error}
    return pd.DataFrame({**columns, **_limits(estimate, error, np.inf, level)})


def _coefficients(fit: Mixed, level: float | None, limits: Array | None, scales: str) -> pd.DataFrame:
    pieces = [
        pd.DataFrame({"group": group, "level": list(frame.index), "term": name, "estimate": values})
        for group, frame in coef(fit).items()
        for name, values in zip(frame.columns, frame.to_numpy().T, strict=True)
    ]
    made = pd.concat(pieces, ignore_index=True)
    made.insert(0, "effect", "ran_coefs")
    return made if level is None else made.assign(**dict.fromkeys(("conf.low", "conf.high"), np.nan))


EFFECTS_OF = {"ran_pars": _parameters, "ran_vals": _values, "ran_coefs": _coefficients}  # beside the fixed ones


@word
def glance(fit: FittedModel) -> pd.DataFrame:
    """One row about a fit: DataFrame, with the columns of broom.mixed and broom.

    fit  a fit of `lmer`: nobs, sigma, logLik, AIC, BIC, REMLcrit or deviance, df.residual. Of `lm`: also R-squared and
         the F test of all predictors. Of `glm` also the deviance without predictors, null.deviance, and its df.null

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
def augment(
    fit: FittedModel,
    data: Any = None,
    newdata: Any = None,
    *,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    allow_new_levels: bool = False,
) -> pd.DataFrame:
    """The rows of a fit, or other rows, with their own numbers beside them, under broom.mixed's names.

    fit               a fit of `lmer` or `lm`
    data              the data of the fit, whose rows and columns are shown in place of the model frame: all rows that
                      the fit was given, or those that it used. Rows left out for missing values are shown, with NaN,
                      only where the fit has na_action="exclude". None, the default: the model frame
    newdata           other rows, with the columns of the formula; a dict may hold single values. None: the rows of the
                      fit
    se_fit            True adds standard errors, .se.fit, as in `predict`; default False
    interval          "confidence" or "prediction" adds .lower and .upper, as in `predict`; None, the default: neither
    level             coverage of the interval, between 0 and 1; default 0.95
    allow_new_levels  of a mixed model: True: rows of newdata of unknown groups get random effects of zero; False, the
                      default: they raise DataError
    type_predict      of `glmer`: .fitted on the scale of the "link" or of the "response"
    type_residuals    of `glmer`: the kind of .resid, "deviance" or "pearson"

    Of the rows of the fit: .fitted, .resid, .hat and .cooksd (`hatvalues`, `cooks_distance`), .fixed (fitted without
    random effects), .mu, .offset, .sqrtXwt, .sqrtrwt, .weights, .wtres. Of newdata: .fitted, .resid where they have the
    response, .fixed. R's broom.mixed adds .mu and the columns after it to newdata too, taken from the rows of the fit
    and repeated, which say nothing of the new rows.
    Of an `lm`, broom's: .fitted, .resid, .hat, .sigma (without the row), .cooksd, .std.resid; of newdata .fitted and
    .resid. Raises DataError for data of other rows, ArgumentError for both data and newdata.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.augment(fit).head(2)[["Yield", ".fitted", ".resid"]].round(2)
        Yield  .fitted  .resid
    0  1545.0  1509.89   35.11
    1  1440.0  1509.89  -69.89
    >>> pylmer.augment(fit, newdata={"Batch": ["A", "B"], "Yield": 1500}).round(2)
      Batch  Yield  .fitted  .resid  .fixed
    0     A   1500  1509.89   -9.89  1527.5
    1     B   1500  1527.89  -27.89  1527.5
    """
    refuse_both(data, newdata)
    asked: dict[str, Any] = {"se_fit": se_fit, "interval": interval, "level": level}
    if newdata is not None:
        columns = with_predictions(fit, newdata, **asked, allow_new_levels=allow_new_levels)
        return joined(as_frame(newdata), columns | {".fixed": np.asarray(predict(fit, newdata, re_form="NA"), float)})
    return beside(fit, data, {**fitted_columns(fit, **asked), **_row_numbers(fit)})


def fitted_columns(fit: FittedModel | LinearFit, **asked: Any) -> dict[str, Array]:
    """.fitted of the rows used, and its limits and standard errors where asked for."""
    return {name: used(fit, values) for name, values in predicted(fit, None, **asked).items()}


def _row_numbers(fit: FittedModel) -> dict[str, Array]:
    rows = fit.rows
    weights = np.ones(rows.n) if rows.weights is None else rows.weights
    offset = np.zeros(rows.n) if rows.offset is None else rows.offset
    residual = np.asarray(rows.y - fit.mu, float)
    return {
        ".resid": residual,
        ".hat": used(fit, hatvalues(fit)),
        ".cooksd": used(fit, cooks_distance(fit)),
        ".fixed": np.asarray(rows.X @ fit.beta, float) + offset,
        ".mu": fit.mu,
        ".offset": offset,
        ".sqrtXwt": np.sqrt(weights),
        ".sqrtrwt": np.sqrt(weights),
        ".weights": weights,
        ".wtres": np.sqrt(weights) * residual,
    }


def used(fit: Designed, values: pd.Series[float]) -> Array:
    """Values of the rows used, without the NaN that stand for others where na_action="exclude"."""
    complete = fit.rows.used.complete
    return values.to_numpy() if fit.design.na_action != "exclude" or complete is None else values.to_numpy()[complete]

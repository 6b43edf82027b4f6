"""lm and lmList: what takes a formula and data, and the records with their words bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..fit.linear.grouped import LinearFits, fit_groups, read_grouped
from ..fit.linear.regression import LinearFit, fit_linear
from ..fit.notes import announce
from ..fit.request import make_request, refuse
from ..language.nodes import Argument, Constant
from ..language.syntax import MixedFormula
from ..text.arguments import plain
from .rooms import Room

if TYPE_CHECKING:
    from .. import extract, inference, prediction
    from ..printing import arm, linear, summaries
    from ..saving import words as saving
else:
    extract, inference, prediction = map(Room, ("pylmer.extract", "pylmer.inference", "pylmer.prediction"))
    arm, linear, summaries = map(Room, ("pylmer.printing.arm", "pylmer.printing.linear", "pylmer.printing.summaries"))
    saving = Room("pylmer.saving.words")

LM_ARGUMENTS = ("weights", "subset", "offset", "na_action", "contrasts", "env")


@dataclass(frozen=True, eq=False, repr=False)
class LmFit(LinearFit):
    """A fitted linear model; each method is the function of the same name."""

    coef = extract.coef
    se_coef = extract.se_coef
    vcov = extract.vcov
    logLik = extract.logLik
    AIC = extract.AIC
    BIC = extract.BIC
    nobs = extract.nobs
    fitted = extract.fitted
    resid = extract.resid
    model_matrix = extract.model_matrix
    confint = inference.confint  # type: ignore[has-type]
    predict = prediction.predict
    summary = summaries.summary
    display = arm.display
    save = saving.save


@dataclass(frozen=True, eq=False, repr=False)
class LmList(LinearFits):
    """A linear model fitted in each group; each method is the function of the same name."""

    coef = extract.coef
    se_coef = extract.se_coef
    nobs = extract.nobs
    fitted = extract.fitted
    resid = extract.resid
    confint = inference.confint  # type: ignore[has-type]
    predict = prediction.predict
    summary = summaries.summary
    save = saving.save


@plain
def lm(
    formula: str | MixedFormula,
    data: Any = None,
    *,
    weights: Any = None,
    subset: Any = None,
    offset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> LmFit:
    """Fit a linear model by least squares, as R's `lm`: complete or no pooling beside a mixed model.

    formula    R's formula language, without random terms: "log_radon ~ floor"
    data       a data frame, or a dict of arrays, as in `lmer`; None, the default: all variables are in `env`
    weights    prior weights (n,): a column's name, an expression, or an array; None: 1 for each row
    subset     rows to use, as in `lmer`; None: all
    offset     a part of the mean that is known (n,), given like `weights`; None: zero
    na_action  what is done with rows with missing values, as in `lmer`; "omit", the default, leaves them out
    contrasts  of factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env        names that are not columns of `data`: variables and functions; None: there are none

    Coefficients of columns that are combinations of earlier ones are NaN.
    Raises FormulaError (also for random terms), DataError, ArgumentError.

    >>> import pylmer
    >>> radon = pylmer.datasets.load("radon")
    >>> pylmer.coef(lm("log_radon ~ floor", radon)).round(2).to_dict()
    {'(Intercept)': 1.33, 'floor': -0.61}
    """
    refuse(unknown, "lm", LM_ARGUMENTS)
    request = make_request(
        "lm",
        formula,
        data=data,
        control=None,
        weights=weights,
        subset=subset,
        offset=offset,
        na_action=na_action,
        contrasts=contrasts,
        env=env,
    )
    fit = fit_linear(LmFit, request)
    announce(fit.notes)
    return fit


@plain
def lmList(
    formula: str,
    data: Any = None,
    *,
    pool: bool = True,
    weights: Any = None,
    subset: Any = None,
    offset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> LmList:
    """Fit a linear model in each group, as lme4's `lmList`: "y ~ x | g".

    formula    a model without random terms, a bar, and one grouping factor
    data       a data frame, or a dict of arrays, as in `lmer`; None, the default: all variables are in `env`
    pool       whether standard errors and the printed residual standard error are pooled over groups; default True
    weights    prior weights (n,): a column's name, an expression, or an array; None: 1 for each row
    subset     rows to use, as in `lmer`; None: all. Groups outside it are left out
    offset     a part of the mean that is known (n,), given like `weights`; None: zero
    na_action  what is done with rows with missing values, as in `lmer`; "omit", the default, leaves them out
    contrasts  of factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env        names that are not columns of `data`: variables and functions; None: there are none

    A coefficient that a group's rows do not determine is NaN. Groups without data (each row has missing values) are
    rows of NaN; these, groups that cannot be fitted, and groups without residual degrees of freedom are named in one
    FitNote, the first ten of each.

    coef, se_coef, confint, summary   a row per group; summary has the t tests, coef(summary(fits)) its table
    fitted, resid, predict            a value per row, by the coefficients of its group
    sigma(fits)                       pooled over groups; sigma(fits, pool=False) each group's own

    The pooled degrees of freedom are those that remain, as in one `lm` with all groups' coefficients; R's lmList counts
    coefficients without an estimate as used up. Raises FormulaError, DataError, ArgumentError.

    >>> import pylmer
    >>> pylmer.coef(lmList("Reaction ~ Days | Subject", pylmer.datasets.load("sleepstudy"))).head(2).round(2)
         (Intercept)   Days
    308       244.19  21.76
    309       205.05   2.26
    """
    refuse(unknown, "lmList", ("pool", *LM_ARGUMENTS))
    grouped = read_grouped(formula)
    given = {"weights": weights, "subset": subset, "offset": offset, "na_action": na_action, "contrasts": contrasts}
    request = make_request("lmList", grouped.model, grouped.group, data=data, control=None, env=env, **given)
    pooling = () if pool else (Argument(Constant("FALSE"), "pool"),)
    arguments = (Argument(grouped.node, "formula"), *request.call.arguments[1:], *pooling)
    fits = fit_groups(LmList, replace(request, call=replace(request.call, arguments=arguments)), grouped, pool)
    announce(fits.notes)
    return fits

"""Marginal means and trends: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import note
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from .asking import MeansRequest, asked_means
from .axes import FEW
from .covariates import Reduce
from .grids import EmmGrid, EmmList
from .nesting import AUTO, DETECTED, nesting_text
from .reference_grid import Grid, ref_grid
from .trends import Trend, trend_grid

Specs = str | Sequence[Any] | Mapping[str, Any]


@word_of(FittedModel, GeneralizedFittedModel, LinearFit)
def emmeans(
    fit: FittedModel | GeneralizedFittedModel | LinearFit,
    /,
    specs: Specs,
    *,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    cov_keep: str | Sequence[str] | int = FEW,
    weights: Any = "equal",
    offset: float | None = None,
    type: str | None = None,
    regrid: str | None = None,
    lmer_df: str | None = None,
    nesting: Any = AUTO,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Estimated marginal means of a fit of `lmer` or `lm`, or of a reference grid, as R's `emmeans`.

    fit          a fit of `lmer` or `lm`, or a grid: of `ref_grid`, `regrid`, `add_grouping` or `emmeans` itself
    specs        "recipe", ["recipe", "temperature"], "~ recipe | temperature", or with contrasts on the left, "pairwise
                 ~ recipe | temperature": then the result has two parts, `.emmeans` and `.contrasts`. Several, as
                 ["pairwise ~ recipe", "~ temperature"] or {"r": "~ recipe"}: a list of all parts under R's names,
                 "emmeans of recipe", "pairwise differences of recipe", "r"
    by           variables whose values make separate tables and families of tests; None: those behind the bar of
                 `specs`
    contr        contrasts, as `method` of `contrast`, where `specs` has none; None, the default: means alone
    at           of a fit: values of variables, {"temp": [180, 200]}; None: as `cov_reduce` and `cov_keep` say
    cov_reduce   of a fit: what numeric variables stand at, see `ref_grid`; by default their mean
    cov_keep     of a fit: numeric variables that keep their values, see `ref_grid`; by default those with at most two
    weights      how cells are averaged: "equal", the default; "proportional" to their rows of data; "outer",
                 proportional to the product of each variable's own frequencies; "cells", to each mean's own rows;
                 "flat", equal but for empty cells; or a number for each cell
    offset       of a fit: a number in place of its offset, see `ref_grid`; None: offset() of the formula is evaluated
                 in each cell
    type         "response" transforms back where the left side of the formula is log(y), log2, log10, log1p, log(y +
                 c), sqrt, asin(sqrt(y)), scale(y) or a multiple: means, and ratios for differences of logarithms. None:
                 on the model's scale
    regrid       of a fit: "response", "log", ...: the scale on which means are taken, see `regrid`; None: the model's
    lmer_df      of a fit: "kenward-roger" (the default), "satterthwaite" or "asymptotic"; Kenward-Roger has no limit on
                 the number of rows. A fit by maximum likelihood gets the Kenward-Roger covariance of its REML refit, as
                 in emmeans
    nesting      of a fit: variables nested in others, see `ref_grid`; "auto", the default, finds them
    infer        whether to give intervals and tests, see `summary`; None: intervals of means, tests of contrasts
    level        coverage of the intervals, between 0 and 1; None: 0.95
    adjust       for the number of estimates, see `contrast`; None: "none" of means, as the method says of contrasts
    bias_adjust  whether the way back is corrected for its bias, see `summary`; None: not
    sigma        the standard deviation of that correction, see `summary`; None: the residual one
    df           degrees of freedom in place of those found; None: those
    options      of the contrasts: ref, reverse, ..., see `contrast`

    What cannot be estimated, because of empty cells or dropped columns, is nonEst (NaN in numbers). Variables nested in
    others are found, and stand with those that they are nested in. A note is issued when all variables asked for
    interact with one that is averaged over.

    Source: Searle, Speed & Milliken (1980), Am. Stat. 34; the degrees of freedom are Kenward & Roger's (1997).
    Raises FormulaError, ArgumentError for unknown variables, levels, methods and options.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.emmeans(fit, "pairwise ~ recipe")
    $emmeans
     recipe emmean   SE df lower.CL upper.CL
     A        33.1 1.74 42     29.6     36.6
     B        31.6 1.74 42     28.1     35.1
     C        31.6 1.74 42     28.1     35.1
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    Confidence level used: 0.95
    <BLANKLINE>
    $contrasts
     contrast estimate   SE df t.ratio p.value
     A - B      1.4778 2.46 42   0.602  0.8200
     A - C      1.5222 2.46 42   0.620  0.8102
     B - C      0.0444 2.46 42   0.018  0.9998
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    P value adjustment: tukey method for comparing a family of 3 estimates
    """
    grid = ref_grid(
        fit, at=at, cov_reduce=cov_reduce, cov_keep=cov_keep, offset=offset, regrid=regrid, lmer_df=lmer_df,
        nesting=nesting,
    )  # fmt: skip
    asked = MeansRequest(by, contr, weights, type, infer, level, adjust, bias_adjust, sigma, df, options)
    return asked_means(grid, specs, "emmean" if regrid in (None, "none", "pass") else grid.label, "emmeans", asked)


@emmeans.register(EmmGrid)
def _(
    grid: EmmGrid,
    specs: Specs,
    *,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    weights: Any = "equal",
    type: str | None = None,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    asked = MeansRequest(by, contr, weights, type, infer, level, adjust, bias_adjust, sigma, df, options)
    label = "emmean" if grid.label == "prediction" else grid.label
    return asked_means(grid, specs, label, "emmeans", asked)


@word_of(FittedModel, GeneralizedFittedModel, LinearFit)
def emtrends(
    fit: FittedModel | GeneralizedFittedModel | LinearFit,
    /,
    specs: Specs,
    var: str,
    *,
    max_degree: int = 1,
    delta_var: float | None = None,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    cov_keep: str | Sequence[str] | int = FEW,
    weights: Any = "equal",
    regrid: str | None = None,
    lmer_df: str | None = None,
    nesting: Any = AUTO,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Marginal means of the slope of a numeric variable, as emmeans' `emtrends`.

    fit         a fit of `lmer` or `lm`
    specs       the variables of the means, and contrasts of them, as in `emmeans`
    var         the variable, or an expression in one, "log(x)"; the slope is a difference quotient, from the value
                upwards
    max_degree  1, the default, to 5: also the derivatives of higher degree, each over the factorial of its degree, of
                places about the value; `degree` is then one more variable, by which tables are made unless specs name
                it
    delta_var   the step of the difference quotient; None: a thousandth of the variable's range
    by          variables whose values make separate tables and families of tests; None: those behind the bar of `specs`
    contr       contrasts, as `method` of `contrast`, where `specs` has none; None, the default: slopes alone
    at          values of variables, {"temp": [180, 200]}; None: as `cov_reduce` and `cov_keep` say
    cov_reduce  what numeric variables stand at, see `ref_grid`; by default their mean
    cov_keep    numeric variables that keep their values, see `ref_grid`; by default those with at most two
    weights     how cells are averaged, as in `emmeans`; default "equal"
    regrid      "response": slopes of the response itself where the model has log(y), ...; see `regrid`. None: the
                model's
    lmer_df     "kenward-roger" (the default), "satterthwaite" or "asymptotic", as in `emmeans`
    nesting     variables nested in others, see `ref_grid`; "auto", the default, finds them
    infer       whether to give intervals and tests, see `summary`; None: intervals of slopes, tests of contrasts
    level       coverage of the intervals, between 0 and 1; None: 0.95
    adjust      for the number of estimates, see `contrast`; None: "none" of slopes, as the method says of contrasts
    df          degrees of freedom in place of those found; None: those
    options     of the contrasts: ref, reverse, ..., see `contrast`

    With contrasts the result has the parts `.emtrends` and `.contrasts`. Raises FormulaError, ArgumentError.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe * temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.emtrends(fit, "recipe", "temp")
     recipe temp.trend     SE  df lower.CL upper.CL
     A           0.154 0.0282 222   0.0981    0.209
     B           0.165 0.0282 222   0.1090    0.220
     C           0.156 0.0282 222   0.1002    0.211
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    Confidence level used: 0.95
    """
    start = Grid.of(fit, at, cov_reduce, cov_keep, nesting)
    if start.found:
        note(DETECTED + nesting_text(start.nesting))
    grid = trend_grid(fit, start, Trend(var, max_degree, delta_var, regrid), lmer_df)
    asked = MeansRequest(by, contr, weights, None, infer, level, adjust, None, None, df, options)
    return asked_means(grid, specs, grid.label, "emtrends", asked)

"""Marginal means and trends: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import note
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from .asking import MeansRequest, asked_means
from .axes import FEW
from .covariates import Reduce
from .grids import EmmGrid, EmmList
from .nesting import AUTO, DETECTED, nesting_text
from .reference_grid import DDF, Grid, ref_grid
from .trends import Trend, trend_grid

Specs = str | Sequence[Any] | Mapping[str, Any]


@word_of(FittedModel, LinearFit)
def emmeans(
    fit: FittedModel | LinearFit,
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
    lmer_df: str = DDF,
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

    specs    "recipe", ["recipe", "temperature"], "~ recipe | temperature", or with contrasts on the left,
             "pairwise ~ recipe | temperature": then the result has two parts, `.emmeans` and `.contrasts`. Several, as
             ["pairwise ~ recipe", "~ temperature"] or {"r": "~ recipe"}: a list of all parts under R's names,
             "emmeans of recipe", "pairwise differences of recipe", "r"
    by       variables whose values make separate tables and families of tests (behind the bar of a formula)
    contr    contrasts, as `method` of `contrast`, where `specs` has none; `options` (ref, reverse, ...) go with them
    at       values of variables, {"temp": [180, 200]}; numbers stand at their mean otherwise (`cov_reduce`)
    cov_reduce, cov_keep, offset, regrid, nesting   see `ref_grid`. An offset() of the formula is evaluated in each cell
    weights  how cells are averaged: "equal"; "proportional" to their rows of data; "outer", proportional to the product
             of each variable's own frequencies; "cells", to each mean's own rows; "flat", equal but for empty cells;
             or a number for each cell
    type     "response" transforms back where the left side of the formula is log(y), log2, log10, log1p, log(y + c),
             sqrt, asin(sqrt(y)), scale(y) or a multiple: means, and ratios for differences of logarithms
    lmer_df  "kenward-roger", "satterthwaite" or "asymptotic"; Kenward-Roger has no limit on the number of rows. A fit
             by maximum likelihood gets the Kenward-Roger covariance of its REML refit, as in emmeans
    infer, level, adjust   see `summary`: whether to give intervals and tests, their level, their adjustment
    bias_adjust, sigma, df see `summary`: a correction of what type="response" transforms back, degrees of freedom given

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


@word_of(FittedModel, LinearFit)
def emtrends(
    fit: FittedModel | LinearFit,
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
    lmer_df: str = DDF,
    nesting: Any = AUTO,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Marginal means of the slope of a numeric variable, as emmeans' `emtrends`.

    var         the variable, or an expression in one, "log(x)"; the slope is a difference quotient over a thousandth of
                the variable's range, from the value upwards
    max_degree  up to 5: also the derivatives of higher degree, each over the factorial of its degree, of places about
                the value; `degree` is then one more variable, by which tables are made unless specs name it
    delta_var   the step of the difference quotient
    regrid      "response": slopes of the response itself where the model has log(y), ...; see `regrid`

    The other arguments are those of `emmeans`. With contrasts the result has the parts `.emtrends` and `.contrasts`.
    Raises FormulaError, ArgumentError.

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

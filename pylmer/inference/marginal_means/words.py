"""Marginal means, their contrasts and tests: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from ...arguments import plain
from ...errors import ArgumentError
from ...extract import word
from ...extract.words import obliging
from ...fitting import FittedModel
from ...regression import LinearFit
from ..contrasts import check_level
from ..noting import note
from .adjustments import check_adjust
from .averaging import MISLEADING, marginal, misleading
from .contrasting import contrasted, interactions
from .grids import EmmGrid, EmmList
from .options import AS_IS, check_infer, check_type
from .reference_grid import DDF, Reduce, ref_grid
from .specs import names_among, parse_specs
from .trends import trend_grid


@word
def emmeans(
    fit: FittedModel | LinearFit,
    specs: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    weights: Any = "equal",
    offset: float | None = None,
    type: str | None = None,
    lmer_df: str = DDF,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Estimated marginal means of a fit of `lmer` or `lm`, or of a reference grid, as R's `emmeans`.

    specs    "recipe", ["recipe", "temperature"], "~ recipe | temperature", or with contrasts on the left,
             "pairwise ~ recipe | temperature": then the result has two parts, `.emmeans` and `.contrasts`
    by       variables whose values make separate tables and families of tests (behind the bar of a formula)
    contr    contrasts, as `method` of `contrast`, where `specs` has none; `options` (ref, reverse, ...) go with them
    at       values of variables, {"temp": [180, 200]}; numbers stand at their mean otherwise (`cov_reduce`)
    weights  how cells are averaged: "equal"; "proportional" to their rows of data; "outer", proportional to the product
             of each variable's own frequencies; "cells", to each mean's own rows; "flat", equal but for empty cells;
             or a number for each cell
    type     "response" transforms back where the left side of the formula is log(y), log2, log10, log1p, log(y + c),
             sqrt, asin(sqrt(y)), scale(y) or a multiple: means, and ratios for differences of logarithms
    lmer_df  "kenward-roger", "satterthwaite" or "asymptotic"; Kenward-Roger has no limit on the number of rows. A fit
             by maximum likelihood gets the Kenward-Roger covariance of its REML refit, as in emmeans
    infer, level, adjust   see `summary`: whether to give intervals and tests, their level, their adjustment

    What cannot be estimated, because of empty cells or dropped columns, is nonEst (NaN in numbers). Factors nested in
    others are not looked for: their means are nonEst. A note is issued when a variable asked for interacts with one
    that is averaged over.

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
    grid = ref_grid(fit, at=at, cov_reduce=cov_reduce, offset=offset, lmer_df=lmer_df)
    given = {"weights": weights, "type": type, "infer": infer, "level": level, "adjust": adjust}
    return _means(grid, specs, by, contr, "emmean", "emmeans", options, **given)


emmeans.register(LinearFit, emmeans.dispatch(FittedModel))


@emmeans.register(EmmGrid)
def _(
    grid: EmmGrid,
    specs: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    weights: Any = "equal",
    type: str | None = None,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    given = {"weights": weights, "type": type, "infer": infer, "level": level, "adjust": adjust}
    label = "emmean" if grid.label == "prediction" else grid.label
    return _means(grid, specs, by, contr, label, "emmeans", options, **given)


def _means(
    grid: EmmGrid,
    specs: str | Sequence[str],
    by: str | Sequence[str] | None,
    contr: Any,
    label: str,
    key: str,
    options: Mapping[str, Any],
    weights: Any,
    type: str | None,
    infer: Any,
    level: float | None,
    adjust: str | None,
) -> EmmGrid | EmmList:
    known = [axis.name for axis in grid.axes]
    asked = parse_specs(specs, known)
    groups = names_among(by, known, "by") or asked.by
    names = tuple(name for name in asked.names if name not in groups)
    if misleading(grid, (*names, *groups)):
        note(MISLEADING)
    method = asked.method if asked.method is not None else contr
    made = replace(
        marginal(grid, names, groups, weights),
        by=groups,
        label=label,
        infer=(True, False) if infer is None else check_infer(infer),
        level=grid.level if level is None else check_level(level),
        adjust="none" if adjust is None or method is not None else check_adjust(adjust),
        type=grid.type if type is None else check_type(type),
    )
    if method is None:
        if options:
            raise ArgumentError(f"emmeans(): no argument {next(iter(options))!r} (options of contrasts want contrasts)")
        return made
    compared = contrasted(made, method, AS_IS, adjust, options)
    if infer is not None:
        compared = replace(compared, infer=check_infer(infer))
    return EmmList({key: made, "contrasts": compared})


@word
def emtrends(
    fit: FittedModel | LinearFit,
    specs: str | Sequence[str],
    var: str,
    *,
    by: str | Sequence[str] | None = None,
    contr: Any = None,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    weights: Any = "equal",
    lmer_df: str = DDF,
    infer: Any = None,
    level: float | None = None,
    adjust: str | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Marginal means of the slope of a numeric variable, as emmeans' `emtrends`.

    var   the variable, or an expression in one, "log(x)"; the slope is a difference quotient over a thousandth of the
          variable's range, from the value upwards

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
    grid = trend_grid(fit, var, at, cov_reduce, lmer_df)
    given = {"weights": weights, "type": None, "infer": infer, "level": level, "adjust": adjust}
    return _means(grid, specs, by, contr, grid.label, "emtrends", options, **given)


emtrends.register(LinearFit, emtrends.dispatch(FittedModel))


@obliging
@singledispatch
def contrast(
    means: Any,
    method: Any = "eff",
    *,
    by: str | Sequence[str] | None = AS_IS,
    simple: str | Sequence[str] | None = None,
    interaction: Any = False,
    adjust: str | None = None,
    type: str | None = None,
    **options: Any,
) -> EmmGrid:
    """Contrasts of marginal means, as emmeans' `contrast`.

    means    what `emmeans` or `emtrends` returned (of two parts, the means are taken)
    method   "pairwise", "revpairwise", "tukey"; "trt.vs.ctrl", "trt.vs.ctrlk", "dunnett" (ref= a level or its number,
             from 1; of several, their average); "eff", "del.eff" (wts=); "consec", "mean_chg"; "poly"; "identity"; with
             reverse=, exclude=, include= where they make sense. Or coefficients: {"a - b": [1, -1, 0]}, a vector,
             several; or a function of the labels that gives these
    by       variables whose values make separate families; None for one family
    simple   the variables to compare, in groups of all others, in place of `by`
    interaction   contrasts of contrasts: "pairwise", several in the order of the variables, {"temperature": "poly",
             "recipe": "consec"}, or True for `method`
    adjust   "tukey" (default of pairwise), "dunnettx" (of comparisons with a control), "mvt" (of consec, mean_chg),
             "fdr" (of effects), "none", "sidak", "bonferroni", "scheffe", "holm", "hochberg", "hommel", "BH", "BY"
    type     "response": ratios for a logarithm, where the coefficients sum to zero

    Contrasts are of X beta: the formula's offset takes no part. "mvt" is quasi-Monte Carlo with fixed points: its
    probabilities err by at most 3e-5 for up to four means and 6e-4 for a dozen.

    Raises ArgumentError for unknown methods, options and levels, and for coefficients of another number.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.contrast(pylmer.emmeans(fit, "recipe"), {"A - rest": [1, -0.5, -0.5]})
     contrast estimate   SE df t.ratio p.value
     A - rest      1.5 2.13 42   0.705  0.4846
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    """
    raise ArgumentError(f"contrast() wants marginal means, made by emmeans(), found {means.__class__.__name__}")


@contrast.register(EmmGrid)
def _(
    means: EmmGrid,
    method: Any = "eff",
    *,
    by: str | Sequence[str] | None = AS_IS,
    simple: str | Sequence[str] | None = None,
    interaction: Any = False,
    adjust: str | None = None,
    type: str | None = None,
    **options: Any,
) -> EmmGrid:
    if simple is not None:
        names = [axis.name for axis in means.axes]
        compared = names_among(simple, names, "simple")
        by = [name for name in names if name not in compared]
    if interaction is False or interaction is None:
        made = contrasted(means, method, by, adjust, options)
    else:
        made = interactions(means, method if interaction is True else interaction, by, adjust, options)
    return made if type is None else replace(made, type=check_type(type))


@contrast.register(EmmList)
def _(means: EmmList, *args: Any, **options: Any) -> EmmGrid:
    made: EmmGrid = contrast(next(iter(means.values())), *args, **options)
    return made


@plain
def pairs(
    means: EmmGrid | EmmList,
    reverse: bool = False,
    *,
    by: str | Sequence[str] | None = AS_IS,
    simple: str | Sequence[str] | None = None,
    adjust: str | None = None,
    type: str | None = None,
    **options: Any,
) -> EmmGrid:
    """Pairwise comparisons of marginal means: `contrast(means, "pairwise")`, reversed "revpairwise".

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.pairs(pylmer.emmeans(fit, "recipe"), adjust="bonferroni")
     contrast estimate   SE df t.ratio p.value
     A - B      1.4778 2.46 42   0.602  1.0000
     A - C      1.5222 2.46 42   0.620  1.0000
     B - C      0.0444 2.46 42   0.018  1.0000
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    P value adjustment: bonferroni method for 3 tests
    """
    method = "revpairwise" if reverse else "pairwise"
    made: EmmGrid = contrast(means, method, by=by, simple=simple, adjust=adjust, type=type, **options)
    return made

"""Average predictions, slopes and comparisons: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from ...prediction.choosing import ReForm
from ...text.arguments import is_one_of, written
from ..marginal_means.grids import EmmGrid
from .asking import Averaging
from .comparing import COMPARISONS, compared, predicted, sloped

Variables = str | Sequence[str] | Mapping[str, Any] | None


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def avg_predictions(
    fit: FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit,
    variables: Variables = None,
    *,
    by: str | Sequence[str] | None = None,
    newdata: Any = None,
    type: str | None = None,
    re_form: ReForm = "NA",
    allow_new_levels: bool = False,
    weights: Any = None,
    lmer_df: str | None = None,
    level: float = 0.95,
) -> EmmGrid:
    """Predictions averaged over rows, with standard errors by the delta method.

    fit               a fit of `lmer`, `glmer`, `lm` or `glm`
    variables         variables that every row is given all values of in turn, whatever it has: names (all levels of a
                      factor; smallest value, quartiles and largest of a number), or values, {"temp": [180, 200]}. Of
                      several all combinations. None, the default: the rows as they are
    by                columns whose values make groups of rows, averaged apart; None, the default: one average
    newdata           the rows: None, the default, those of the fit; "grid", the cells of the reference grid, or a grid
                      of `ref_grid`; "mean", one row of means and most frequent levels; or a data frame
    type              "response": the mean of a generalized model, and of log(y), sqrt(y), ... on the left side the
                      response itself; "link": the linear predictor. None, the default: "response" of generalized
                      models, "link" of `lmer` and `lm`
    re_form           random effects that take part, at their modes, as of `predict`: "NA", the default, none: groups
                      whose effects are zero; None: all; a formula: some
    allow_new_levels  True: groups that the fit has not had get effects of zero; False, the default: DataError
    weights           of the rows: numbers, or the name of a column; None, the default: all alike
    lmer_df           of `lmer`: "kenward-roger" (the default), "satterthwaite" or "asymptotic", as in `emmeans`
    level             coverage of the intervals, between 0 and 1; default 0.95

    What is returned is a grid as of `emmeans`, for its words: `summary` (infer, adjust, null, side), `contrast`,
    `pairs`, `vcov`, `confint`, `.as_frame()`. Of the grid's cells the averages are those of `emmeans`, with
    type="response" after `regrid`. Degrees of freedom are those of the linear function of beta that the gradient is.
    Modes of random effects are taken as known.

    Source: Rao (1973), Linear Statistical Inference, 6a.2; Gelman & Pardoe (2007), Sociological Methodology 37.
    Raises ArgumentError for unknown variables and levels, DataError for columns that the rows lack.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("incidence / size ~ period + (1 | herd)", cbpp, "binomial", weights="size")
    >>> avg_predictions(fit, "period")
     period estimate     SE  df asymp.LCL asymp.UCL z.ratio p.value
     1        0.1980 0.0369 Inf   0.12568    0.2704   5.364  <.0001
     2        0.0839 0.0238 Inf   0.03715    0.1306   3.519  0.0004
     3        0.0740 0.0226 Inf   0.02963    0.1183   3.270  0.0011
     4        0.0484 0.0198 Inf   0.00957    0.0872   2.443  0.0145
    <BLANKLINE>
    Averages over the 56 rows of the fit, random effects at zero
    Confidence level used: 0.95
    """
    asked = Averaging.of(fit, by, newdata, type, re_form, allow_new_levels, weights, lmer_df, level)
    return predicted(fit, asked, variables)


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def avg_comparisons(
    fit: FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit,
    variables: Variables = None,
    *,
    comparison: str = "difference",
    by: str | Sequence[str] | None = None,
    newdata: Any = None,
    type: str | None = None,
    re_form: ReForm = "NA",
    allow_new_levels: bool = False,
    weights: Any = None,
    lmer_df: str | None = None,
    level: float = 0.95,
) -> EmmGrid:
    """What average predictions change by when a variable changes, all else in each row as it is.

    fit               a fit of `lmer`, `glmer`, `lm` or `glm`
    variables         names, or what is compared, by name. Of a factor, text or logical: "reference" (the default, each
                      level with the first), "sequential", "pairwise", "revpairwise", or two levels, [from, to]. Of a
                      number: a step from each row's value, 1 by default; two values, [from, to]; "sd" or "2sd", so
                      many standard deviations about its mean; "iqr", from the first quartile to the third; "minmax".
                      None, the default: all predictors of the fixed part
    comparison        of the two averages: "difference", the default; "ratio"; "odds.ratio", of averages of
                      probabilities. Ratios are tested against 1, and their intervals made, on the logarithmic scale
    by                columns whose values make groups of rows, averaged apart; None, the default: one average
    newdata           the rows: None, the default, those of the fit; "grid", "mean", a grid of `ref_grid` or a data
                      frame, see `avg_predictions`
    type              "response" or "link", as of `avg_predictions`
    re_form           random effects that take part, see `avg_predictions`; "NA", the default: none
    allow_new_levels  True: groups that the fit has not had get effects of zero; False, the default: DataError
    weights           of the rows: numbers, or the name of a column; None, the default: all alike
    lmer_df           of `lmer`: "kenward-roger" (the default), "satterthwaite" or "asymptotic", as in `emmeans`
    level             coverage of the intervals, between 0 and 1; default 0.95

    A grid with a row for each comparison, as `avg_predictions` gives. Raises ArgumentError, DataError as that does.

    Source: Gelman & Pardoe (2007), Sociological Methodology 37, 23-51: average predictive comparisons.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("incidence / size ~ period + (1 | herd)", cbpp, "binomial", weights="size")
    >>> avg_comparisons(fit, {"period": "sequential"})
     term   contrast estimate     SE  df asymp.LCL asymp.UCL z.ratio p.value
     period 2 - 1     -0.1142 0.0353 Inf    -0.183   -0.0450  -3.236  0.0012
     period 3 - 2     -0.0099 0.0276 Inf    -0.064    0.0442  -0.359  0.7199
     period 4 - 3     -0.0256 0.0268 Inf    -0.078    0.0269  -0.956  0.3392
    <BLANKLINE>
    Averages over the 56 rows of the fit, random effects at zero
    Confidence level used: 0.95
    """
    if not is_one_of(comparison, COMPARISONS):
        raise ArgumentError(f"comparison={written(comparison)}: wanted one of {', '.join(map(repr, COMPARISONS))}")
    asked = Averaging.of(fit, by, newdata, type, re_form, allow_new_levels, weights, lmer_df, level)
    return compared(fit, asked, variables, comparison)


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def avg_slopes(
    fit: FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit,
    variables: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    newdata: Any = None,
    type: str | None = None,
    re_form: ReForm = "NA",
    allow_new_levels: bool = False,
    weights: Any = None,
    lmer_df: str | None = None,
    level: float = 0.95,
) -> EmmGrid:
    """Slopes of the predictions averaged over rows: average marginal effects.

    fit               a fit of `lmer`, `glmer`, `lm` or `glm`
    variables         names; None, the default: all predictors of the fixed part. Numbers have slopes, through all that
                      the formula makes of them (poly, ns, log, interactions, offset); factors, texts and logicals have
                      the differences of each level and the first, as of `avg_comparisons`
    by                columns whose values make groups of rows, averaged apart; None, the default: one average
    newdata           the rows: None, the default, those of the fit; "grid", "mean", a grid of `ref_grid` or a data
                      frame, see `avg_predictions`
    type              "response" or "link", as of `avg_predictions`
    re_form           random effects that take part, see `avg_predictions`; "NA", the default: none
    allow_new_levels  True: groups that the fit has not had get effects of zero; False, the default: DataError
    weights           of the rows: numbers, or the name of a column; None, the default: all alike
    lmer_df           of `lmer`: "kenward-roger" (the default), "satterthwaite" or "asymptotic", as in `emmeans`
    level             coverage of the intervals, between 0 and 1; default 0.95

    A grid with a row for each variable, as `avg_predictions` gives. The link is differentiated by formula, columns of X
    by central differences that are halved until ten digits stand (a FitNote where they do not: at a jump). Of the
    reference grid slopes are those of `emtrends`, whose difference quotient is one-sided. Raises ArgumentError,
    DataError as `avg_predictions` does.

    Source: Bartus (2005), Stata Journal 5, 309-329; differentiation: Ridders (1982), Adv. Eng. Software 4, 75-76.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe * poly(temp, 2) + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> avg_slopes(fit, "temp", by="recipe")
     term contrast recipe estimate     SE  df lower.CL upper.CL t.ratio p.value
     temp dY/dX    A         0.154 0.0283 219   0.0979    0.210   5.427  <.0001
     temp dY/dX    B         0.165 0.0283 219   0.1087    0.220   5.810  <.0001
     temp dY/dX    C         0.156 0.0283 219   0.1000    0.212   5.501  <.0001
    <BLANKLINE>
    Averages over the 270 rows of the fit, random effects at zero
    Degrees-of-freedom method: kenward-roger
    Confidence level used: 0.95
    """
    asked = Averaging.of(fit, by, newdata, type, re_form, allow_new_levels, weights, lmer_df, level)
    return sloped(fit, asked, variables)

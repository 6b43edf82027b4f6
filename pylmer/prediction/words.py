"""The word `predict`."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import note
from ..extract import fitted, word
from ..fit.fitted_model import FittedModel
from ..fit.given_parameters import with_parameters
from ..numerics.linalg import Array
from .choosing import ReForm, chosen_effects, selected_terms
from .intervals import spreads
from .labels import (
    check_na_action,
    fitted_noise,
    labelled,
    new_noise,
    new_offset,
    on_fitted_rows,
    refuse_without_newdata,
    rows_kept,
)
from .options import PredictionOptions
from .rows import PredictedRows, fitted_rows, new_rows, rows_not_estimable


@word
def predict(
    fit: FittedModel,
    newdata: Any = None,
    *,
    re_form: ReForm = None,
    allow_new_levels: bool = False,
    random_only: bool = False,
    se_fit: bool = False,
    interval: str | None = None,
    level: float = 0.95,
    uncertainty: str = "effects",
    weights: Any = None,
    offset: Any = None,
    newparams: Any = None,
    na_action: str = "pass",
) -> pd.Series[float] | pd.DataFrame:
    """Predicted means, R's `predict.merMod`, with standard errors and intervals.

    fit               a fit of `lmer`, `lm` or `lmList`; of the last each row by the coefficients of its group
    newdata           a data frame with the columns of the formula (without the response); None: the rows of the fit. In
                      a dict single values stand for every row: {"floor": 1, "county": ["ANOKA", "CLAY"]}
    re_form           of a mixed model: None, the default: all random effects; "NA", NaN or "~0": none; a formula such
                      as "~ (1 | g)": these
    allow_new_levels  of a mixed model: True: new or missing levels of a grouping factor get a random effect of zero;
                      False, the default: they raise DataError
    random_only       of a mixed model: True: the random part alone; default False
    se_fit            True adds standard errors of the predicted means; default False
    interval          "confidence" for the mean, "prediction" for a new response; None, the default: none
    level             coverage of the interval, between 0 and 1; default 0.95
    uncertainty       of a mixed model: what the standard errors hold: "effects", the default: that beta and b are
                      estimated, theta and sigma taken for true; "theta": that theta and sigma are estimated too;
                      "none": nothing is uncertain but what a new response brings (the simulation of Gelman & Hill 2007,
                      12.8)
    weights           prior weights of new responses: a number, one per row, or a column or expression of `newdata`;
                      None, the default: what the fit was given, evaluated there
    offset            the same in place of the fit's argument `offset=`; None, the default: that argument, evaluated
                      there. offset() of the formula is always evaluated
    newparams         of a mixed model: a mapping with theta, beta, sigma in place of those fitted (see `simulate`); u
                      is held, as in lme4. None, the default: those fitted
    na_action         rows with missing values: "pass", the default, and "exclude" give NaN, "omit" leaves them out,
                      "fail" raises DataError
    pool              of `lmList`: whether se_fit and intervals take the residual variance and degrees of freedom pooled
                      over groups; None, the default: as fitted
    type              of `glmer` and `glm`: "link", the default: the linear predictor; "response": the mean
    seed              of `glmer`: of the responses a prediction interval is made of: a number or generator; default 1

    Where the fit was given `weights=` or `offset=` as a name or an expression, it is evaluated in `newdata`; where it
    was given numbers, which belong to the rows of the fit, they must be given for the new rows too. R's lme4 leaves
    such an offset out of predictions for new data (its issue 447), and so is one whose column `newdata` lacks, with a
    FitNote. R's weights of new responses are 1.

    A Series on the index of `newdata`; with `se_fit` or `interval` a DataFrame of fit, se_fit and, for an interval,
    lwr and upr. Of `lmList` rows of a group that has no fit are NaN.

    The variance of x'beta + z'b about its estimate is that of the joint distribution of (beta, b) given theta, as
    lme4's se.fit (2.1). A prediction interval adds the residual variance sigma^2 / weight and, in rows of unknown
    groups and for terms that `re_form` leaves out, the variance z'Sigma z of their random effects: it is the interval
    of a response in a group of which nothing is known. The interval of a mean does not add it: there it is the mean
    over such groups. Quantiles are normal, since nothing is then uncertain about the variances; with
    uncertainty="theta" they are those of t with Satterthwaite's degrees of freedom of the whole variance (formulas and
    sources in `pylmer.prediction.intervals`), and no interval is wider than that of a group of which nothing is known;
    of `lm` and `lmList` they are those of t. Rows are taken one by one from the factorization, at a cost of O(rows) for
    one grouping factor; with more, of one solve besides for each level of all factors but the largest.

    Where columns were dropped from a rank-deficient fit, a FitNote names the new rows whose mean the data do not tell
    (lme4 gives their numbers without a word): such a number depends on how the factors are coded.

    Raises DataError for unknown levels, missing columns, values of another type, and an offset or weights that only the
    rows of the fit have; ArgumentError for a `re_form` that the model does not have and for arguments out of range.

    >>> import pandas as pd, pylmer
    >>> M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> new = pd.DataFrame({"floor": [1, 0], "county": ["HENNEPIN", "LAC QUI PARLE"]})
    >>> predict(M1, new).round(4).tolist()
    [0.6697, 1.8681]
    >>> predict(M1, new, interval="prediction").round(3)
         fit  se_fit    lwr    upr
    0  0.670   0.095 -0.823  2.162
    1  1.868   0.283  0.287  3.449
    """
    options = PredictionOptions(random_only, se_fit, interval, level, uncertainty)
    options.check(newparams, fit.optimum.held)
    check_na_action(na_action)
    if newparams is not None:
        fit = with_parameters(fit, newparams)
    chosen = chosen_effects(fit, re_form)
    if interval == "prediction":
        selected_terms(fit, re_form)  # whole terms only: what is left out is of a group of which nothing is known
    if newdata is None:
        refuse_without_newdata(offset)
        if re_form is None and options.means and not random_only:
            return fitted(fit)
        own = fitted_noise(fit.rows, weights) if options.new_response else np.zeros(fit.design.n)
        return on_fitted_rows(fit, predicted(fitted_rows(fit, chosen), options, own))
    spec = fit.design.spec
    frame = spec.frame(newdata)
    noise = new_noise(spec, frame, weights) if options.new_response else np.zeros(frame.n)
    added = np.zeros(frame.n) if random_only else new_offset(spec, frame, offset)
    rows = new_rows(fit, frame, added, chosen, allow_new_levels)
    if not random_only and (text := rows_not_estimable(fit, frame)):
        note(text)
    kept = rows_kept(rows.complete & ~np.isnan(noise), rows.index, na_action)
    return labelled(predicted(rows, options, noise), rows.index, kept)


def predicted(rows: PredictedRows, options: PredictionOptions, noise: Array) -> dict[str, Array]:
    """fit, or fit and se_fit, or fit, se_fit, lwr, upr of the rows; NaN where values are missing.

    noise  (m,) 1 / weight of a new response, 0 for a mean
    """
    centre = rows.random() if options.random_only else rows.fixed() + rows.random()
    if options.means:
        return {"fit": centre}
    joint = rows.some(rows.complete).joint(fixed=not options.random_only, unknown=options.new_response)
    fit = cast("FittedModel", rows.fit)
    found = spreads(fit.at, fit.sigma, joint, noise[rows.complete], options.uncertainty, options.level)
    columns = {"fit": centre, "se_fit": _padded(np.sqrt(found.mean), rows.complete)}
    if options.interval is not None:
        half = _padded(found.half(options.level), rows.complete)
        columns |= {"lwr": centre - half, "upr": centre + half}
    return columns


def _padded(values: Array, known: Array) -> Array:
    """Values of the known rows, NaN for the others."""
    out = np.full(len(known), np.nan)
    out[known] = values
    return out

"""compare_performance and model_weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, note
from ...numerics.linalg import Array
from ...text.arguments import is_one_of, plain, written
from ..records import PlainTable, TestTable, table
from .given import check_comparable, check_estimator, chosen_metrics, class_in_R, labels, likelihood, not_comparable
from .indices import CRITERIA, criteria, indices


class PerformanceTable(TestTable):
    """Fits by row, indices by column, under the names of R's performance; NaN where a fit has no such index."""


@plain
def compare_performance(*fits: Any, metrics: Any = "all", estimator: str = "ML", **named: Any) -> PerformanceTable:
    """Fits side by side by their indices, as performance's `compare_performance`: a DataFrame, a row for each fit.

    fits       one or more fits of `lmer`, `glmer`, `lm` or `glm`
    metrics    "all", the default; "common": AIC, BIC, R2, ICC and RMSE; or several of AIC, AICc, BIC, R2, ICC, RMSE,
               Sigma, Log_loss, Score_log, PCP in a list
    estimator  of the criteria of fits of `lmer`: "ML", the default: by the likelihood at their estimates, of REML fits
               too, so that fits with different fixed effects can be compared; "REML": by the restricted likelihood
    named      fits by the names of their rows: `compare_performance(M0=fit0, M1=fit1)`; the others are MODEL1, MODEL2

    Model                        the class of such a fit in R
    AIC, AICc, BIC               criteria, AICc = AIC + 2 k (k + 1) / (n - k - 1), and with _wt their weights among the
                                 fits (see `model_weights`), left out, with a FitNote, where responses or likelihoods
                                 cannot be compared
    R2_conditional, R2_marginal  of mixed models, and their ICC, as `r2` and `icc` give them
    R2, R2_adjusted              of `lm`; R2 also of a gaussian or inverse gaussian `glm`
    R2_Tjur, R2_Nagelkerke       of `glm`: of logistic regression of 0/1 responses, and of other laws
    RMSE                         root of the mean squared residual of the response, conditional modes counted as fitted
    Sigma                        residual standard deviation; of `glm` sqrt(deviance / df)
    Log_loss, PCP                of 0/1 responses: minus the mean log probability of what was seen, and the mean
                                 probability (Herron 1999; of `glm`)
    Score_log                    of counts: the mean log probability of what was seen

    A singular fit has its R2 and ICC here, where performance has NaN. Left out of what performance shows are the
    spherical score, and Score_log of 0/1 responses, which is -Log_loss: performance divides the first by a norm over
    the rows instead of over the values that a row may take. Criteria of fits of one table belong to one response;
    R2 and ICC of a `glmer` with a log link fit the model without predictors.
    Raises ArgumentError for what is no fit, and for unknown metrics.
    Sources: Burnham & Anderson (2002), Model Selection and Multimodel Inference; Tjur (2009), Am. Stat. 63:366;
    Nagelkerke (1991), Biometrika 78:691.

    >>> import pylmer
    >>> sleepstudy = pylmer.datasets.load("sleepstudy")
    >>> line = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleepstudy)
    >>> lines = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleepstudy)
    >>> pylmer.compare_performance(line=line, lines=lines, metrics=["AICc", "R2", "RMSE"])
    # Comparison of Model Performance Indices
    <BLANKLINE>
    Name  |   Model | AICc (weights) | R2 (cond.) | R2 (marg.) |   RMSE
    -------------------------------------------------------------------
    line  | lmerMod | 1802.3 (<.001) |      0.704 |      0.280 | 29.411
    lines | lmerMod | 1764.5 (>.999) |      0.799 |      0.279 | 23.438
    """
    labelled = labels("compare_performance", fits, named)
    wanted = chosen_metrics(metrics)
    check_estimator(labelled, estimator)
    found = {name: criteria(likelihood(fit, estimator)) | indices(fit, wanted) for name, fit in labelled.items()}
    why = not_comparable(labelled) if any(name in CRITERIA for name in wanted) else None
    if why is not None:
        note(f"weights of the criteria are left out: {why}")
    columns: dict[str, Any] = {"Model": [class_in_R(fit) for fit in labelled.values()]}
    for index in (name for name in wanted if any(name in each for each in found.values())):
        values = np.array([each.get(index, np.nan) for each in found.values()])
        columns[index] = values
        if index in CRITERIA and why is None:
            columns[f"{index}_wt"] = akaike_weights(values)
    made: PerformanceTable = table(PerformanceTable, columns, list(labelled))
    return made


@plain
def model_weights(*fits: Any, criterion: str = "AIC", estimator: str = "ML", **named: Any) -> PlainTable:
    """How the weight of evidence spreads over fits of one response, as Akaike weights: a DataFrame, a row for each fit.

    fits       fits of `lmer`, `glmer`, `lm` or `glm`
    criterion  "AIC", the default, "AICc" or "BIC"; with the last they approximate posterior probabilities of models
               that were equally likely before
    estimator  of the criteria of fits of `lmer`, "ML" or "REML", as in `compare_performance`; default "ML"
    named      fits by the names of their rows, as in `compare_performance`

    df      number of parameters
    logLik  the log-likelihood that the criterion was computed of
    delta   the criterion less the smallest one
    weight  exp(-delta / 2) over its sum over the fits

    Raises DataError for fits of other rows or responses, ArgumentError for likelihoods that cannot be compared.
    Source: Burnham & Anderson (2002), Model Selection and Multimodel Inference, sections 2.6 and 2.9.

    >>> import pylmer
    >>> sleepstudy = pylmer.datasets.load("sleepstudy")
    >>> correlated = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleepstudy)
    >>> independent = pylmer.lmer("Reaction ~ Days + (Days || Subject)", sleepstudy)
    >>> pylmer.model_weights(correlated=correlated, independent=independent).round(3)
                 df   logLik       AIC  delta  weight
    correlated    6 -875.993  1763.986  1.939   0.275
    independent   5 -876.023  1762.047  0.000   0.725
    """
    labelled = labels("model_weights", fits, named)
    if not is_one_of(criterion, CRITERIA):
        raise ArgumentError(f"criterion={written(criterion)}: wanted one of {', '.join(map(repr, CRITERIA))}")
    check_estimator(labelled, estimator)
    check_comparable(labelled)
    likelihoods = [likelihood(fit, estimator) for fit in labelled.values()]
    values = np.array([criteria(likelihood(fit, estimator))[criterion] for fit in labelled.values()])
    columns = {"df": [each.df for each in likelihoods], "logLik": [float(each) for each in likelihoods]}
    columns |= {criterion: values, "delta": values - values.min(), "weight": akaike_weights(values)}
    made: PlainTable = table(PlainTable, columns, list(labelled))
    return made


def akaike_weights(values: Array) -> Array:
    """exp(-delta / 2) over its sum, of criteria (R,); infinite ones have no weight."""
    with np.errstate(invalid="ignore"):
        relative = np.exp(-(values - values.min()) / 2)
    made: Array = relative / relative.sum()
    return made

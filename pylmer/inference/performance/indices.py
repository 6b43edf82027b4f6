"""The indices of one fit, under the names of R's performance; what a kind of fits does not have is left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch

import numpy as np

from ...extract import LogLik, sigma
from ...fit.base import Fit
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...numerics.linalg import Array
from .. import generalized_explained as generalized
from ..explained import Variances, r2_linear, variances
from . import scores

Index = Callable[[], float]
CRITERIA = ("AIC", "AICc", "BIC")
R2 = ("R2_conditional", "R2_marginal", "R2", "R2_adjusted", "R2_Tjur", "R2_Nagelkerke")
NAMES = (*CRITERIA, *R2, "ICC", "RMSE", "Sigma", "Log_loss", "Score_log", "PCP")
METRICS: dict[str, tuple[str, ...]] = {"R2": R2} | {name: (name,) for name in NAMES if name not in R2}
COMMON = ("AIC", "BIC", "R2", "ICC", "RMSE")
REML_CRITERION = "REML"  # the name of the estimator


def criteria(found: LogLik) -> dict[str, float]:
    """AIC, AICc and BIC of a likelihood."""
    k, n, twice = found.df, found.nobs, -2 * float(found)
    left = n - k - 1
    small = 2 * k * (k + 1) / left if left > 0 else math.inf
    return {"AIC": twice + 2 * k, "AICc": twice + 2 * k + small, "BIC": twice + math.log(n) * k}


def indices(fit: Fit, wanted: Sequence[str]) -> dict[str, float]:
    """Those of the wanted indices that the fit has beside the criteria, each computed only if it is wanted."""
    return {name: make() for name, make in readers(fit).items() if name in wanted}


@singledispatch
def readers(fit: Fit) -> Mapping[str, Index]:
    """Name -> how to compute it, of every index of the kind but the criteria."""
    return {}


@readers.register
def _of_lmer(fit: FittedModel) -> Mapping[str, Index]:
    found = _Once(lambda: variances(fit))
    return {**_shares(found), "RMSE": lambda: _rmse(fit), "Sigma": lambda: fit.sigma}


class _Once:
    """Variances, found when a share is first asked for."""

    def __init__(self, make: Callable[[], Variances]) -> None:
        self.make, self.made = make, list[Variances]()

    def __call__(self) -> Variances:
        if not self.made:
            self.made.append(self.make())
        return self.made[0]


def _shares(found: _Once) -> Mapping[str, Index]:
    return {
        "R2_conditional": lambda: (found().fixed + found().random) / found().total,
        "R2_marginal": lambda: found().fixed / found().total,
        "ICC": lambda: found().random / (found().random + found().residual),
    }


def _rmse(fit: FittedModel) -> float:
    """By ||y - X beta - Z b||^2, the penalized sum of squares less ||u||^2, which needs no rows; weighted by rows."""
    if fit.request.weights is not None or fit.given is not None:
        return scores.rmse(fit.rows.y, np.asarray(fit.mu, float))
    return math.sqrt(max(fit.solution.r2 - float(np.sum(np.square(fit.u))), 0.0) / fit.design.n)


@readers.register
def _of_glmer(fit: GeneralizedFittedModel) -> Mapping[str, Index]:
    found = _Once(lambda: generalized.variances(fit, "lognormal"))
    shares = _shares(found) if generalized.has_variance(fit) else {}
    own = {name: make for name, make in _of_means(fit, fit.prior_weights).items() if name != "PCP"}
    return {**shares, "RMSE": lambda: scores.rmse(fit.rows.y, fit.mu), "Sigma": lambda: sigma(fit), **own}


def _of_means(fit: GeneralizedFittedModel | GeneralizedFit, w: Array) -> Mapping[str, Index]:
    """What a law has of its own: 0/1 responses, and counts."""
    y, mu, family = fit.rows.y, fit.mu, fit.family
    if scores.is_binary(family, y, w):
        return {"Log_loss": lambda: scores.log_loss(y, mu), "PCP": lambda: scores.correct_predictions(y, mu)}
    counts = scores.family_name(family) in scores.COUNTS
    return {"Score_log": lambda: scores.log_score(family, y, mu)} if counts else {}


@readers.register
def _of_lm(fit: LinearFit) -> Mapping[str, Index]:
    return {
        "R2": lambda: r2_linear(fit).R2,
        "R2_adjusted": lambda: r2_linear(fit).R2_adjusted,
        "RMSE": lambda: scores.rmse(fit.solution.residuals, np.zeros(1)),
        "Sigma": lambda: fit.sigma,
    }


@readers.register
def _of_glm(fit: GeneralizedFit) -> Mapping[str, Index]:
    df, own = fit.df_residual, _of_means(fit, fit.weights)
    return {
        **_explained_of_glm(fit, "PCP" in own),
        "RMSE": lambda: scores.rmse(fit.y, fit.mu),
        "Sigma": lambda: math.sqrt(fit.deviance / df) if df > 0 else math.nan,
        **own,
    }


def _explained_of_glm(fit: GeneralizedFit, binary: bool) -> Mapping[str, Index]:
    """Tjur's of logistic regression, Nagelkerke's of other laws, the share of squares of symmetric ones."""
    name, link = scores.family_name(fit.family), fit.family.link.name
    if binary and link == "logit":
        return {"R2_Tjur": lambda: scores.tjur(fit.y, fit.mu)}
    if name == "gaussian":
        return {"R2": lambda: 1 - fit.deviance / fit.null_deviance if fit.null_deviance else math.nan}
    if name == "inverse.gaussian":
        return {"R2": lambda: scores.explained_share(fit.y, fit.mu)}
    if name == "binomial" and not binary:
        return {}
    return {"R2_Nagelkerke": lambda: scores.nagelkerke(fit.deviance, fit.null_deviance, fit.n_weighted)}

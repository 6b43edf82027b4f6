"""The words of `extract` for generalized linear models: labels on the numbers of `fit.linear.generalized`, as R's glm.

Each function here is registered for `GeneralizedFit` with the word of its name, so that `coef(fit)`, `vcov(fit)` ...
work alike for glm, lm and lmer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..families import Family
from ..fit.fitted_model import FittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.words import Word
from ..numerics.distributions import student_two_sided
from ..numerics.linalg import Array
from ..text.arguments import is_one_of, written
from .fixed import se_fixef, vcov
from .kinds import family
from .likelihood import deviance, df_residual, logLik, nobs
from .random import coef, se_coef
from .records import LogLik, NamedVector
from .rows import fitted, formula, model_frame, model_matrix, on_rows, resid, terms, weights
from .variances import sigma

READERS: tuple[Word[..., Any], ...] = (formula, terms, model_frame, model_matrix)
for reader in READERS:  # these read only what any fit with a design has
    reader.register(GeneralizedFit, reader.dispatch(FittedModel))


@family.register(GeneralizedFit)
def generalized_family(fit: GeneralizedFit) -> Family:
    """The family that was fitted."""
    return fit.family


@coef.register(GeneralizedFit)
def generalized_coef(fit: GeneralizedFit) -> NamedVector:
    """Estimates by coefficient; NaN where a column is a combination of earlier ones."""
    return NamedVector(fit.beta, index=list(fit.names), copy=True)


@se_coef.register(GeneralizedFit)
@se_fixef.register(GeneralizedFit)
def generalized_se_coef(fit: GeneralizedFit) -> NamedVector:
    """Standard errors by coefficient."""
    return NamedVector(np.sqrt(np.diag(fit.covariance)), index=list(fit.names))


@vcov.register(GeneralizedFit)
def generalized_vcov(fit: GeneralizedFit) -> pd.DataFrame:
    """phi (X'WX)^-1, W the Fisher weights; NaN for aliased columns."""
    return pd.DataFrame(fit.covariance, index=list(fit.names), columns=list(fit.names), copy=True)


@sigma.register(GeneralizedFit)
def generalized_sigma(fit: GeneralizedFit) -> float:
    """The root of the dispersion: 1 for a family without scale."""
    return float(np.sqrt(fit.dispersion))


@logLik.register(GeneralizedFit)
def generalized_logLik(fit: GeneralizedFit) -> LogLik:
    """The log-likelihood at its maximum, a scale taken as D / sum of weights, which counts as a parameter, as in R.

    Its `nobs` counts rows of weight 0 too, those without trials, as R's does, and with it BIC.
    """
    df = fit.rank + int(fit.family.has_scale)
    return LogLik(-0.5 * fit.minus_2_log_likelihood, df, fit.design.n, False)


@deviance.register(GeneralizedFit)
def generalized_deviance(fit: GeneralizedFit) -> float:
    """The residual deviance."""
    return fit.deviance


@nobs.register(GeneralizedFit)
def generalized_nobs(fit: GeneralizedFit) -> int:
    """Number of rows of positive weight."""
    return fit.n_weighted


@df_residual.register(GeneralizedFit)
def generalized_df_residual(fit: GeneralizedFit) -> int:
    """Number of rows of positive weight minus number of estimates."""
    return fit.df_residual


@fitted.register(GeneralizedFit)
def generalized_fitted(fit: GeneralizedFit) -> pd.Series[float]:
    """Fitted means on the index of the data, those of `predict(fit, type="response")`."""
    return on_rows(fit, fit.mu)


RESIDUALS: dict[str, Callable[[GeneralizedFit], Array]] = {
    "deviance": lambda fit: np.asarray(np.sign(fit.y - fit.mu) * np.sqrt(fit.deviance_by_row)),
    "pearson": lambda fit: fit.pearson,
    "working": lambda fit: np.asarray((fit.y - fit.mu) / fit.family.link.inverse(fit.eta, 1)),
    "response": lambda fit: np.asarray(fit.y - fit.mu),
}


@resid.register(GeneralizedFit)
def generalized_resid(fit: GeneralizedFit, type: str = "deviance") -> pd.Series[float]:
    """Residuals on the index of the data.

    type  "deviance": the signed root of the row's share of the deviance; "pearson": (y - mu) sqrt(w / V(mu));
          "working": (y - mu) / h'(eta), on the scale of the link; "response": y - mu
    """
    return on_rows(fit, RESIDUALS[one_of(type, RESIDUALS, "residuals of glm()")](fit))


WEIGHTS: dict[str, Callable[[GeneralizedFit], Array]] = {
    "prior": lambda fit: fit.weights,
    "working": lambda fit: fit.optimum.at.W,
}


@weights.register(GeneralizedFit)
def generalized_weights(fit: GeneralizedFit, type: str = "prior") -> pd.Series[float]:
    """Weights on the index of the data: "prior", trials among them, or "working", the Fisher weights of the rows."""
    return on_rows(fit, WEIGHTS[one_of(type, WEIGHTS, "weights of glm()")](fit))


def one_of(given: Any, known: dict[str, Any], what: str) -> str:
    """`type=`, if it is known; else ArgumentError."""
    if not is_one_of(given, known):
        raise ArgumentError(f"type={written(given)}: {what} are one of {', '.join(map(repr, known))}")
    return str(given)


def coefficient_table(fit: GeneralizedFit, dispersion: float | None = None) -> pd.DataFrame:
    """Estimate, Std. Error, z value, Pr(>|z|) of the coefficients that have an estimate.

    With a scale that was estimated t value and Pr(>|t|) on the residual degrees of freedom.
    """
    known = not fit.family.has_scale or dispersion is not None
    phi = fit.dispersion if dispersion is None else dispersion
    estimate, error = fit.beta[fit.kept], np.sqrt(phi * np.diag(fit.unscaled))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = estimate / error
    df = np.inf if known else fit.df_residual
    p = student_two_sided(ratio, df) if df > 0 else np.full(len(ratio), np.nan)
    letter = "z" if known else "t"
    columns = {"Estimate": estimate, "Std. Error": error, f"{letter} value": ratio, f"Pr(>|{letter}|)": p}
    return pd.DataFrame(columns, index=[fit.names[k] for k in fit.kept])

"""The words of `extract` for fits of `glmer`: most read what any mixed model has; here is what differs.

R's conventions are those of glmm.md, section 6: vcov from the Hessian, sigma 1 without a scale, deviance the sum of the
deviance residuals at the modes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError, NumericalError, note
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.generalized_notes import approximation_notes
from ..fit.per_fit import once_per_fit
from ..fit.words import Word
from ..numerics.linalg import Array
from . import fixed, likelihood, random, rows
from . import variances as of_variances
from .quantile_residuals import quantile_residuals
from .records import LogLik, NamedVector, StandardErrors
from .rows import on_rows
from .variances import VarCorrs, variances

RESIDUALS = ("deviance", "pearson", "response", "working", "quantile")
SEED = 1  # of quantile residuals of counts: the same each time, unless another is given
WEIGHTS = ("prior", "working")
READERS: tuple[Word[..., Any], ...] = (
    fixed.fixef,
    random.ranef,
    random.coef,
    random.se_ranef,
    of_variances.sigma,
    of_variances.sigma_hat,
    of_variances.rePCA,
    of_variances.isSingular,
    likelihood.nobs,
    likelihood.ngrps,
    likelihood.isREML,
    rows.fitted,
    rows.formula,
    rows.terms,
    rows.model_frame,
    rows.model_matrix,
)
for reader in READERS:  # these read only what any mixed model has
    reader.register(GeneralizedFittedModel, reader.dispatch(FittedModel))


# --- fixed effects ---------------------------------------------------------------------------------------------------


@fixed.vcov.register(GeneralizedFittedModel)
def vcov(fit: GeneralizedFittedModel, use_hessian: bool = True) -> pd.DataFrame:
    """Covariance matrix of the fixed effects: DataFrame (p, p).

    use_hessian  True: from the Hessian of the criterion over covariances and fixed effects together; False:
                 sigma^2 (X'V^-1 X)^-1, the covariances held (R's use.hessian). With nAGQ = 0 always the second

    Where the Hessian is not positive definite the second is given, and a FitNote says so.
    """
    names = list(fit.design.X_names)
    return pd.DataFrame(covariance(fit) if use_hessian else fit.optimum.vcov_rx, index=names, columns=names, copy=True)


@once_per_fit
def covariance(fit: GeneralizedFittedModel) -> Array:
    """Of beta (p, p), from the Hessian where it can be; issues the notes on it, once for each fit."""
    for text in covariance_notes(fit):
        note(text)
    return fit.optimum.vcov_rx if _no_hessian(fit) else fit.optimum.vcov


def _no_hessian(fit: GeneralizedFittedModel) -> str:
    """Why the Hessian gives no standard errors, "" where it does."""
    try:
        _ = fit.optimum.vcov
    except NumericalError as error:
        return str(error)
    return ""


def covariance_notes(fit: GeneralizedFittedModel) -> list[str]:
    """What must be said about the covariance: that there is none, or that Laplace's approximation is off."""
    lost = _no_hessian(fit)
    if lost:
        return [f"{lost}; those are given"]
    return approximation_notes(fit.optimum, fit.approximation)


@fixed.se_fixef.register(GeneralizedFittedModel)
def se_fixef(fit: GeneralizedFittedModel, use_hessian: bool = True) -> NamedVector:
    """Standard errors of the fixed effects; `use_hessian` as in `vcov`."""
    covariances = vcov(fit, use_hessian)
    return NamedVector(np.sqrt(np.diag(covariances)), index=list(fit.design.X_names))


@random.se_coef.register(GeneralizedFittedModel)
def se_coef(fit: GeneralizedFittedModel) -> StandardErrors:
    """Standard errors as arm's se.coef."""
    return StandardErrors(dict(random.se_ranef(fit)), se_fixef(fit))


# --- variances -------------------------------------------------------------------------------------------------------


@of_variances.VarCorr.register(GeneralizedFittedModel)
def VarCorr(fit: GeneralizedFittedModel) -> VarCorrs:
    """Covariances of the random effects; a residual standard deviation only of a family with a scale."""
    return variances(fit, fit.family.has_scale)


# --- likelihood ------------------------------------------------------------------------------------------------------


def n_parameters(fit: GeneralizedFittedModel) -> int:
    """Fixed effects, covariance parameters, the scale, and theta of a negative binomial that was estimated."""
    return len(fit.beta) + len(fit.par) + fit.family.has_scale + fit.free_shape


@likelihood.logLik.register(GeneralizedFittedModel)
def logLik(fit: GeneralizedFittedModel) -> LogLik:
    """The approximate log-likelihood that was maximized, with all its constants."""
    return LogLik(-fit.optimum.value / 2, n_parameters(fit), fit.design.n, False)


@likelihood.deviance.register(GeneralizedFittedModel)
def deviance(fit: GeneralizedFittedModel) -> float:
    """The sum of the deviance residuals at the conditional modes; -2 log L is `-2 * logLik(fit)`."""
    return float(fit.optimum.deviance)


@likelihood.df_residual.register(GeneralizedFittedModel)
def df_residual(fit: GeneralizedFittedModel) -> int:
    """Number of rows minus number of parameters."""
    return fit.design.n - n_parameters(fit)


# --- rows ------------------------------------------------------------------------------------------------------------


@rows.resid.register(GeneralizedFittedModel)
def resid(
    fit: GeneralizedFittedModel, type: str = "deviance", scaled: bool = False, seed: Any = SEED
) -> pd.Series[float]:
    """Residuals: Series (n,) on the index of the data.

    type    "deviance": the signed root of the row's deviance; "pearson": (y - mu) sqrt(w / V); "response": y - mu;
            "working": (y - mu) / h'(eta), on the scale of the linear predictor; "quantile": P(Y <= y), random effects
            integrated out, which is uniform in 0..1 if the model is right; of a count drawn evenly between P(Y < y) and
            P(Y <= y) (Dunn & Smyth 1996)
    scaled  divide by sigma (quantile residuals have no scale)
    seed    of the draws of "quantile": a whole number or a numpy Generator
    """
    if type not in RESIDUALS:
        raise ArgumentError(f"type={type!r}: residuals are one of {', '.join(map(repr, RESIDUALS))}")
    if type == "quantile":
        return on_rows(fit, quantile_residuals(fit, seed))
    values = _residuals(fit, type)
    return on_rows(fit, values / fit.sigma if scaled else values)


def _residuals(fit: GeneralizedFittedModel, type: str) -> Array:
    family, w, mu = fit.family, fit.prior_weights, fit.mu
    response = fit.rows.y - mu
    if type == "deviance":
        return np.asarray(np.sign(response) * np.sqrt(np.maximum(family.rows(fit.rows.y, w, fit.eta)[0], 0.0)))
    if type == "pearson":
        return np.asarray(response * np.sqrt(w / family.variance(mu)))
    return response if type == "response" else np.asarray(response / family.link.inverse(fit.eta, 1))


@rows.weights.register(GeneralizedFittedModel)
def weights(fit: GeneralizedFittedModel, type: str = "prior") -> pd.Series[float]:
    """Weights: Series (n,) on the index of the data.

    type  "prior": those given, of a binomial family times the trials; "working": w h'^2 / V at the modes
    """
    if type not in WEIGHTS:
        raise ArgumentError(f"type={type!r}: weights are one of {', '.join(map(repr, WEIGHTS))}")
    return on_rows(fit, fit.prior_weights if type == "prior" else fit.optimum.working_weights)

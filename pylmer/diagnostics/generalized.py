"""Diagnostics of generalized linear mixed models: leverages, studentized residuals, deletions of groups.

The leverage of a row is that of the working linear model at the optimum, h_i = W_i Var(eta_i) / sigma^2, the variance
that of the joint distribution of (beta, b) given theta. (R's hatvalues exceeds 1 for counts, and warns that it makes no
sense.) A deletion is the model with the prior weights of its rows at 0, fitted from the optimum of the whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..engine.criterion.row_variances import row_variances
from ..errors import ArgumentError, NumericalError
from ..extract import resid
from ..extract.rows import on_rows
from ..fit.generalized import GeneralizedFittedModel, steps_of
from ..fit.generalized_refitting import optimize_near
from ..numerics.linalg import Array, Codes, dense
from ..numerics.rank import independent_columns
from ..prediction.choosing import chosen_effects
from ..prediction.generalized import Working
from ..prediction.rows import fitted_rows
from .influence import Influence, influence, left_out, recorded
from .leverage import (
    cooks_distance,
    dfbeta,
    dfbetas,
    hatvalues,
    rstandard,
    rstudent,
    scaled_changes,
)
from .refits import Refits


@hatvalues.register(GeneralizedFittedModel)
def leverages(fit: GeneralizedFittedModel) -> pd.Series[float]:
    """Leverages of the working linear model at the optimum: Series (n,); their sum is the effective number of
    parameters."""
    return on_rows(fit, _leverages(fit))


def _leverages(fit: GeneralizedFittedModel) -> Array:
    R = fit.gram.scaling.R
    equations = Working(fit.optimum.expected_factorization, R @ fit.optimum.vcov_rx @ R.T / fit.sigma**2)
    rows = fitted_rows(fit, chosen_effects(fit, None)).joint(fixed=True, unknown=False)
    return np.asarray(fit.optimum.working_weights * row_variances(equations, rows))


@rstandard.register(GeneralizedFittedModel)
def standardized(fit: GeneralizedFittedModel, type: str = "deviance") -> pd.Series[float]:
    """Residuals, "deviance" or "pearson", over sigma sqrt(1 - h); NaN where the leverage is one."""
    if type not in ("deviance", "pearson"):
        raise ArgumentError(f"type={type!r}: wanted 'deviance' or 'pearson'")
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: pd.Series[float] = resid(fit, type=type, scaled=True) / np.sqrt(1 - hatvalues(fit))
    return scaled.where(np.isfinite(scaled))


@rstudent.register(GeneralizedFittedModel)
def studentized(fit: GeneralizedFittedModel) -> pd.Series[float]:
    """sign(d) sqrt(d^2 + h p^2 / (1 - h)) / sigma of deviance residuals d and Pearson's p, R's rstudent of glm.

    Source: Williams (1987), Applied Statistics 36, 181-191.
    """
    d, p, h = resid(fit, scaled=True), resid(fit, type="pearson", scaled=True), hatvalues(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = pd.Series(np.sign(d) * np.sqrt(d**2 + h * p**2 / (1 - h)), index=d.index)
    return found.where(np.isfinite(found))


@cooks_distance.register(GeneralizedFittedModel)
def distances(fit: GeneralizedFittedModel) -> pd.Series[float]:
    """(r / (sigma (1 - h)))^2 h / p of Pearson's residuals r, as R's glm: the one step of Fisher scoring."""
    h = hatvalues(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (resid(fit, type="pearson", scaled=True) / (1 - h)) ** 2 * h / len(fit.beta)
    return found.where(np.isfinite(found))


@dfbeta.register(GeneralizedFittedModel)
def changes(fit: GeneralizedFittedModel, groups: Any = None) -> pd.DataFrame:
    """Changes of the fixed effects when a group of rows, or one row, is left out: without - with."""
    found = influence(fit, groups)
    return found.fixef_deleted - found.fixef


@dfbetas.register(GeneralizedFittedModel)
def changes_in_errors(fit: GeneralizedFittedModel, groups: Any = None) -> pd.DataFrame:
    """`dfbeta` in standard errors of the fit without the rows."""
    return scaled_changes(influence(fit, groups))


@influence.register(GeneralizedFittedModel)
def generalized_influence(fit: GeneralizedFittedModel, groups: Any = None, *, obs: Any = None) -> Influence:
    """Fit again without each level of a factor, or without each row; groups and obs as of `influence` for `lmer`."""
    codes, labels = left_out(fit, groups, obs)
    return recorded(fit, groups, labels, deletions(fit, codes, len(labels)), "estimated")


def deletions(fit: GeneralizedFittedModel, codes: Codes, count: int) -> Refits:
    """The estimates without each of `count` groups of rows, each search from the optimum of the whole."""
    p, X = len(fit.beta), dense(fit.rows.X)
    out = Refits(
        np.full((count, p), np.nan),
        np.full((count, p, p), np.nan),
        np.full(count, np.nan),
        tuple(np.full((count, *T.shape), np.nan) for T in fit.T),
        {},
    )
    for group in range(count):
        gone = codes == group
        if lost := np.delete(np.array(fit.design.X_names), independent_columns(X[~gone])).tolist():
            out.failed[group] = f"leaves nothing to estimate {', '.join(lost)} from"
            continue
        try:
            _delete(fit, gone, group, out)
        except NumericalError as error:
            out.failed[group] = str(error)
    return out


def _delete(fit: GeneralizedFittedModel, gone: Array, group: int, out: Refits) -> None:
    devfun = fit.devfun.with_responses(fit.rows.y, np.where(gone, 0.0, fit.prior_weights))
    found = optimize_near(devfun, fit.optimum, steps_of(fit.control))
    out.vcov[group] = found.vcov
    out.beta[group], out.sigma[group] = found.beta, found.sigma
    for Sigma, T in zip(out.Sigma, found.T, strict=True):
        Sigma[group] = found.sigma**2 * (T @ T.T)

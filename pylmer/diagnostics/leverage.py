"""Leverages, studentized residuals, and the changes of estimates: hatvalues, rstudent, cooks_distance, dfbeta(s)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..engine.criterion.row_variances import fitted_variances
from ..engine.sums.structure import Structure
from ..errors import note
from ..extract import resid, word
from ..extract.rows import on_rows
from ..fit.devfun import rows_of
from ..fit.fitted_model import FittedModel
from ..numerics.linalg import Array
from .influence import Influence, influence


@word
def hatvalues(fit: FittedModel) -> pd.Series[float]:
    """Leverages: the diagonal of H = d fitted / dy at the fit's theta, a Series (n,).

    fit  a fit of `lmer` or `lm`

    h_i = w_i Var(x_i'(beta-hat - beta) + z_i'(b-hat - b)) / sigma^2, from the mixed-model equations a row at a time.
    Their sum is the effective number of parameters (Hodges & Sargent 2001).

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> hatvalues(fit).head(2).round(4).tolist(), float(hatvalues(fit).sum().round(4))
    ([0.1638, 0.1638], 4.9126)
    """
    return on_rows(fit, _leverages(fit))


def _leverages(fit: FittedModel) -> Array:
    rows = Structure.of(rows_of(fit.rows), fit.gram.scaling)
    h = fitted_variances(fit.at, rows)
    return h if fit.rows.weights is None else h * fit.rows.weights


@word
def rstudent(fit: FittedModel) -> pd.Series[float]:
    """Residuals over their standard errors: of lmer sqrt(w) (y - fitted) / (sigma sqrt(1 - h)), as lme4's rstudent.

    fit  a fit of `lmer`, or of `lm`, of which sigma is estimated without the row, as in R

    A Series (n,); a leverage of one gives NaN.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> rstudent(fit).head(2).round(4).tolist()
    [0.7754, -1.5437]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: pd.Series[float] = resid(fit, type="pearson", scaled=True) / np.sqrt(1 - hatvalues(fit))
    return scaled.where(np.isfinite(scaled))


@word
def rstandard(fit: FittedModel) -> pd.Series[float]:
    """Residuals over their standard errors, sigma that of the whole fit: for lmer the same as `rstudent`.

    fit  a fit of `lmer` or `lm`

    A Series (n,); a leverage of one gives NaN.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> rstandard(fit).head(2).round(4).tolist()
    [0.7754, -1.5437]
    """
    return rstudent(fit)


@word
def cooks_distance(fit: FittedModel) -> pd.Series[float]:
    """Cook's distances, a Series: of rows for a fit, of deletions for `influence(fit, groups)`.

    fit  a fit of `lmer` or `lm`, or what `influence` returned

    Of a fit, without refitting: (r / (sigma (1 - h)))^2 h / p, r = sqrt(w) (y - fitted), as lme4 (rows) and R's lm.
    Of influence: with D = beta without the group - beta and V the covariance of beta, D'V^-1 D (G - p) / (G p) for G
    groups, as lme4 scales it, noted where G <= p. NaN for a deletion without a fit and for a leverage of one.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> cooks_distance(fit).head(2).round(4).tolist()
    [0.1177, 0.4667]
    >>> cooks_distance(pylmer.influence(fit, "Batch")).round(4).tolist()
    [0.0449, 0.0, 0.1182, 0.0772, 0.4663, 0.2933]
    """
    h = hatvalues(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (resid(fit, type="pearson", scaled=True) / (1 - h)) ** 2 * h / len(fit.beta)
    return distance.where(np.isfinite(distance))


@cooks_distance.register(Influence)
def _noted(found: Influence) -> pd.Series[float]:
    p = len(found.fixef)
    if 0 < found.number <= p:
        text = f"Cook's distances of {found.number} groups and {p} fixed effects are none: their scale (G - p) / (G p)"
        note(f"{text} is not positive; dfbetas() shows what changes")
    return deletion_distances(found)


def deletion_distances(found: Influence) -> pd.Series[float]:
    """D'V^-1 D (G - p) / (G p), D (len(deleted), p) the changes and G = `found.number`."""
    D = (found.fixef_deleted - found.fixef).to_numpy()
    G, p = found.number, D.shape[1]
    if not p:
        return pd.Series(np.nan, index=found.deleted)
    distance = np.sum(np.linalg.solve(found.vcov.to_numpy(), D.T).T * D, axis=1) * (G - p) / (G * p)
    return pd.Series(distance, index=found.deleted)


@word
def dfbeta(fit: FittedModel, groups: Any = None, *, theta: str = "estimated") -> pd.DataFrame:
    """Changes of the estimates when a group of rows, or one row, is left out: DataFrame (G, p).

    fit     a fit of `lmer` or `lm`, or what `influence` returned
    groups  of a mixed model: what is left out, as in `influence`; None, the default: single rows
    theta   of a mixed model: "estimated" anew (the default) or "held", as in `influence`

    Of a mixed model or of its `influence(fit, groups)`: without - with, as lme4 has it. Of `lm`: with - without each
    row, as R's lm has it.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> dfbeta(fit, "Batch").round(2)["(Intercept)"].tolist()
    [4.5, -0.1, -7.3, 5.9, -14.5, 11.5]
    """
    return _changes(influence(fit, groups, theta=theta))


@dfbeta.register(Influence)
def _changes(found: Influence) -> pd.DataFrame:
    return found.fixef_deleted - found.fixef


@word
def dfbetas(fit: FittedModel, groups: Any = None, *, theta: str = "estimated") -> pd.DataFrame:
    """`dfbeta` in standard errors of the fit without the rows: DataFrame (G, p).

    fit     a fit of `lmer` or `lm`, or what `influence` returned
    groups  of a mixed model: what is left out, as in `influence`; None, the default: single rows
    theta   of a mixed model: "estimated" anew (the default) or "held", as in `influence`

    Source: Belsley, Kuh & Welsch (1980), Regression Diagnostics, 2.1.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> dfbetas(fit, "Batch").round(3)["(Intercept)"].tolist()
    [0.195, -0.004, -0.332, 0.261, -0.92, 0.602]
    """
    return scaled_changes(influence(fit, groups, theta=theta))


@dfbetas.register(Influence)
def scaled_changes(found: Influence) -> pd.DataFrame:
    G, p = found.fixef_deleted.shape
    variances = np.diagonal(found.vcov_deleted.to_numpy().reshape(G, p, p), axis1=1, axis2=2)
    return _changes(found).div(np.sqrt(variances))

"""Words on the fixed effects: fixef, vcov and their standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..numerics.linalg import Array
from .records import NamedVector
from .system import joint_covariance


@word
def fixef(fit: FittedModel, add_dropped: bool = False) -> NamedVector:
    """Fixed effects: Series (p,) by coefficient.

    fit          a fit of `lmer`, or draws of `sim`: a DataFrame (n_sims, p)
    add_dropped  True: the coefficients dropped from a rank-deficient model stand in their places as NaN; False, the
                 default: they are left out

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.fixef(fit)
    (Intercept)       floor
      1.4615979  -0.6929937
    """
    if not add_dropped:
        return NamedVector(fit.beta, index=list(fit.design.X_names), dtype=float, copy=True)
    values = np.full(len(fit.design.X_full_names), np.nan)
    values[fit.design.spec.fixed_columns] = fit.beta
    return NamedVector(values, index=list(fit.design.X_full_names))


@word
def se_fixef(fit: FittedModel) -> NamedVector:
    """Standard errors of the fixed effects: Series (p,) by coefficient (arm's se.fixef).

    fit  a fit of `lmer` or `lm`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.se_fixef(fit).round(4).to_dict()
    {'(Intercept)': 6.8246, 'Days': 1.5458}
    """
    return NamedVector(standard_errors(fit), index=list(fit.design.X_names))


@word
def vcov(fit: FittedModel, full: bool = False) -> pd.DataFrame:
    """Covariance matrix of the fixed effects: DataFrame (p, p), sigma^2 (X'V^-1 X)^-1.

    fit   a fit of `lmer` or `lm`, or marginal means: their covariances (k, k)
    full  of a mixed model: True gives that of the prediction errors b - b_hat and of beta jointly, (q + p, q + p), b
          first, in the order of `fit.b` and named factor.level.column; it takes a dense matrix of this size. Default
          False

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.vcov(fit).round(3)
                 (Intercept)   Days
    (Intercept)       46.575 -1.451
    Days              -1.451  2.389
    """
    if full:
        names = [*random_names(fit), *fit.design.X_names]
        return pd.DataFrame(joint_covariance(fit), index=names, columns=names)
    names = list(fit.design.X_names)
    return pd.DataFrame(fit.sigma**2 * fit.solution.Phi, index=names, columns=names)


def standard_errors(fit: FittedModel) -> Array:
    """Of beta: (p,)."""
    return np.asarray(fit.sigma * np.sqrt(np.diag(fit.solution.Phi)))


def random_names(fit: FittedModel) -> list[str]:
    """factor.level.column of every element of b: (q,)."""
    terms = fit.design.random
    return [f"{term.group}.{level}.{column}" for term in terms for level in term.labels() for column in term.columns]


def fixed_matrix(fit: FittedModel) -> pd.DataFrame:
    """X with its names: (n, p)."""
    X: Any = fit.rows.X
    names = list(fit.design.X_names)
    if isinstance(X, np.ndarray):
        return pd.DataFrame(X, index=fit.rows.index, columns=names, copy=True)
    columns = {j: pd.arrays.SparseArray(X[:, [j]].toarray()[:, 0]) for j in range(len(names))}
    return pd.DataFrame(columns, index=fit.rows.index).set_axis(names, axis=1)

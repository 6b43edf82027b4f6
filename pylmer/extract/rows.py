"""Words with one value per row: fitted, resid, weights, and the matrices and formulas behind them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from ..design import Designed
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..language import parse_formula
from ..language.syntax import MixedFormula, Terms
from ..numerics.linalg import Array
from .fixed import fixed_matrix
from .system import Zt

RESIDUALS = ("response", "pearson", "working", "deviance")
MATRICES = ("fixed", "random", "randomListRaw")


class Scaled(Designed, Protocol):
    """Any fit with a design and a residual standard deviation."""

    @property
    def sigma(self) -> float: ...


def on_rows(fit: Designed, values: Array) -> pd.Series[float]:
    """A Series on the index of the data; with na_action="exclude" rows dropped for missing values are NaN."""
    rows = fit.rows
    if fit.design.na_action != "exclude":
        return pd.Series(values, index=rows.index, dtype=float, copy=True)
    return pd.Series(rows.padded(values), index=rows.padded_index, dtype=float, copy=True)


@word
def fitted(fit: FittedModel) -> pd.Series[float]:
    """Fitted values X beta + Z b + offset: Series (n,) on the index of the data.

    fit  a fit of `lmer`, `lm` or `lmList`, or draws of `sim`: a DataFrame (n, n_sims)

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.fitted(fit).head(2).round(2).tolist()
    [253.66, 273.33]
    """
    return on_rows(fit, fit.mu)


@word
def resid(fit: FittedModel, type: str = "response", scaled: bool = False) -> pd.Series[float]:
    """Residuals: Series (n,) on the index of the data.

    fit     a fit of `lmer`, `lm` or `lmList`
    type    "response" (the default) and "working": y - fitted; "pearson" and "deviance": that times the square root of
            the weight. Of `lmList` "response", or "pearson" and "pooled.pearson": divided by the residual standard
            deviation of the row's group, or by the pooled one
    scaled  of `lmer` and `lm`: True divides by sigma; default False

    Raises ArgumentError for another type.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.resid(fit).head(2).round(3).tolist()
    [-4.104, -14.625]
    >>> pylmer.resid(fit, scaled=True).head(2).round(3).tolist()
    [-0.16, -0.571]
    """
    return labelled_residuals(fit, fit.rows.y - fit.mu, type, scaled)


def labelled_residuals(fit: Scaled, values: Array, type: str, scaled: bool) -> pd.Series[float]:
    """y - fitted (n,) as the residuals asked for, on the index of the data; ArgumentError for an unknown type."""
    if type not in RESIDUALS:
        raise ArgumentError(f"type={type!r}: residuals are one of {', '.join(map(repr, RESIDUALS))}")
    if type in ("pearson", "deviance") and fit.rows.weights is not None:
        values = values * np.sqrt(fit.rows.weights)
    return on_rows(fit, values / fit.sigma if scaled else values)


residuals = resid


@word
def weights(fit: FittedModel) -> pd.Series[float]:
    """Prior weights, 1 where none were given: Series (n,) on the index of the data.

    fit  a fit of `lmer` or `lm`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.weights(fit).unique().tolist()
    [1.0]
    """
    return on_rows(fit, np.ones(fit.design.n) if fit.rows.weights is None else fit.rows.weights)


@word
def formula(fit: FittedModel, fixed_only: bool = False, random_only: bool = False) -> MixedFormula:
    """The formula of the fit, `(x || g)` written out as it was fitted.

    fit          a fit of `lmer`, `lm` or `lmList`; of the last the model without its group
    fixed_only   True leaves out the random terms; default False
    random_only  True leaves out the fixed ones; default False

    Raises ArgumentError if both are True.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.formula(fit, fixed_only=True), pylmer.formula(fit, random_only=True)
    (Reaction ~ Days, Reaction ~ (Days | Subject))
    """
    whole = fit.formula
    if fixed_only and random_only:
        raise ArgumentError("formula(): fixed_only and random_only cannot both be True")
    if fixed_only:
        return MixedFormula(whole.response, whole.fixed, whole.fixed, ())
    return random_part(whole) if random_only else whole


def random_part(whole: MixedFormula) -> MixedFormula:
    """The formula with its random terms alone."""
    bars = " + ".join(f"({term})" for term in whole.random)
    left = str(whole).split("~", 1)[0]
    return parse_formula(f"{left}~ {bars}")


@word
def terms(fit: FittedModel) -> Terms:
    """The terms of the fixed part.

    fit  a fit of `lmer` or `lm`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.terms(fit).labels, pylmer.terms(fit).intercept
    (('Days',), True)
    """
    return fit.design.fixed_terms


@word
def model_frame(fit: FittedModel) -> pd.DataFrame:
    """The variables of the model, rows used: DataFrame.

    fit  a fit of `lmer` or `lm`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.model_frame(fit).head(2)
       Reaction  Days Subject
    0  249.5600   0.0     308
    1  258.7047   1.0     308
    """
    return fit.rows.model_frame()


@word
def model_matrix(fit: FittedModel, type: str = "fixed") -> Any:
    """The model matrix of the fixed effects or of the random effects.

    fit   a fit of `lmer` or `lm`
    type  "fixed", the default: X as a DataFrame (n, p). Of a mixed model also "random": Z (n, q) as a scipy sparse
          array in the order of `fit.b`, and "randomListRaw": a dict term -> DataFrame (n, l) of the columns left of the
          bar

    Raises ArgumentError for another type.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.model_matrix(fit).head(2)
       (Intercept)  Days
    0          1.0   0.0
    1          1.0   1.0
    >>> pylmer.model_matrix(fit, "random").shape
    (180, 36)
    """
    if type == "fixed":
        return fixed_matrix(fit)
    if not fit.design.random and type in MATRICES:
        raise ArgumentError(f"type={type!r}: this model has no random effects; its model matrix is 'fixed'")
    if type == "random":
        return sparse.csr_array(Zt(fit).T)
    if type == "randomListRaw":
        return {term.label: raw_matrix(fit, i) for i, term in enumerate(fit.rows.random)}
    raise ArgumentError(f"type={type!r}: a model matrix is one of {', '.join(map(repr, MATRICES))}")


def raw_matrix(fit: FittedModel, position: int) -> pd.DataFrame:
    """The columns left of one bar: (n, l)."""
    term = fit.rows.random[position]
    values = np.ones((fit.design.n, 1)) if term.Z is None else term.Z
    return pd.DataFrame(values, index=fit.rows.index, columns=list(term.columns), copy=True)

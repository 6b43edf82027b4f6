"""check_collinearity: variance inflation factors of the terms of the fixed part, as R's performance gives them.

With R (p, p) the correlations of the estimates without the intercept, R_t those of the columns of a term, R_-t those of
all others,

    VIF_t = |R_t| |R_-t| / |R|          (Fox & Monette 1992, J. Amer. Statist. Assoc. 87, 178-183)

which of a single column is 1 / (1 - R^2), R^2 that of its regression on the others. What performance 0.10 gives:
sqrt(VIF) is called SE_factor also where a term has several columns (car's GVIF^(1/(2 Df)) is another number, here
`GVIF_root`), and the interval is symmetric on the scale of logit R^2, with the standard error of R^2

    (1 - R^4) (n - p - 1) / sqrt((n^2 - 1) (n + 3)),        p with the intercept

which is the program's; Olkin & Finn (1995), Psychol. Bull. 118, 155-164, have 2 sqrt(R^2) (1 - R^2) in place of
1 - R^4. Where R^2 is small the interval is very wide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ..design import Design
from ..errors import ArgumentError
from ..extract import nobs, vcov
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..fit.words import word_of
from ..numerics.distributions import two_sided_quantile
from ..numerics.linalg import Array, Codes
from ..text import Copied, Printed
from ..text.arguments import check_level

INTERACTIONS = (
    "The model has interactions, whose columns go along with those of their parts: the factors are inflated by that. "
    "Those of the model without interactions tell more of the predictors."
)
NO_INTERCEPT = "The model has no intercept: the factors compare with uncorrelated estimates, not with centred columns."
BOUNDS = {"Low": (0.0, 5.0), "Moderate": (5.0, 10.0), "High": (10.0, np.inf)}  # of the VIF: from, and below
SMALLEST = np.finfo(float).eps
Fitted = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit


class Collinearity(Copied, Printed, pd.DataFrame):  # type: ignore[misc]  # the stubs call copy() final
    """Variance inflation factors, a row for each term; what is computed from it is an ordinary DataFrame.

    columns  VIF, VIF_CI_low, VIF_CI_high; SE_factor = sqrt(VIF), by which standard errors are longer; Tolerance = 1 /
             VIF with Tolerance_CI_low, Tolerance_CI_high; Df the columns of the term, GVIF_root = VIF^(1/(2 Df))
    level    of the intervals
    remarks  what must be said of the model
    """

    _metadata = ["level", "remarks"]  # noqa: RUF012  # pandas' own protocol
    level: float
    remarks: tuple[str, ...]

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def check_collinearity(fit: Fitted, *, level: float = 0.95) -> Collinearity:
    """Variance inflation factors of the fixed effects, as performance's `check_collinearity`.

    fit    a fit of `lmer`, `glmer`, `lm` or `glm`
    level  coverage of the intervals, between 0 and 1; default 0.95

    A table with a row for each term: VIF with its interval, SE_factor = sqrt(VIF), Tolerance = 1 / VIF with its
    interval, Df, and GVIF_root = VIF^(1/(2 Df)), which compares terms of several columns with those of one (car's `vif`
    prints it). They are of the correlations of the estimates, so that weights, families and random effects count. Of
    columns that were dropped as dependent on others nothing is said: they would have been infinite.

    Interactions and a missing intercept make the factors hard to read; the page then says so. Raises ArgumentError for
    a fit with fewer than two terms. Source: Fox & Monette (1992), J. Amer. Statist. Assoc. 87, 178-183.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + I(Days^2) + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> found = pylmer.check_collinearity(fit)
    >>> found
    # Check for Multicollinearity
    <BLANKLINE>
    High Correlation
    <BLANKLINE>
         Term   VIF     VIF 95% CI Increased SE Tolerance Tolerance 95% CI
         Days 13.66 [10.43, 17.99]         3.70      0.07     [0.06, 0.10]
    I(Days^2) 13.66 [10.43, 17.99]         3.70      0.07     [0.06, 0.10]
    >>> float(found.loc["Days", "SE_factor"].round(3))
    3.695
    """
    share = check_level(level)
    V, places = vcov(fit).to_numpy(), estimated_terms(fit)
    if len(places) < 2:
        found = f"{len(places)} ({', '.join(places) or 'the intercept alone'})"
        raise ArgumentError(
            f"check_collinearity() compares the terms of the fixed part: wanted two or more, found {found}"
        )
    inner = np.concatenate(list(places.values()))
    vif = np.array([_inflation(V, own, np.setdiff1d(inner, own)) for own in places.values()])
    return _table(fit, places, vif, share)


def _table(fit: Fitted, places: dict[str, Codes], vif: Array, level: float) -> Collinearity:
    size = int(np.isfinite(np.diag(vcov(fit).to_numpy())).sum())
    low, high = limits(vif, nobs(fit), size, level)
    df = np.array([len(own) for own in places.values()])
    columns = {
        "VIF": vif, "VIF_CI_low": low, "VIF_CI_high": high, "SE_factor": np.sqrt(vif),
        "Tolerance": 1 / vif, "Tolerance_CI_low": 1 / high, "Tolerance_CI_high": 1 / low,
        "Df": df, "GVIF_root": vif ** (1 / (2 * df)),
    }  # fmt: skip
    made = Collinearity(columns, index=pd.Index(list(places), dtype=object, name="Term"))
    terms = fit.design.fixed_terms
    crossed = any(len(set(factors)) > 1 for factors in terms.factors)
    made.level = level
    made.remarks = (*((INTERACTIONS,) if crossed else ()), *(() if terms.intercept else (NO_INTERCEPT,)))
    return made


def _inflation(V: Array, own: Codes, others: Codes) -> float:
    """|R_t| |R_-t| / |R|, from covariances: the variances of the columns are the same above and below."""
    logs = [np.linalg.slogdet(_correlations(V[np.ix_(at, at)]))[1] for at in (own, others, np.r_[own, others])]
    return max(1.0, float(np.exp(logs[0] + logs[1] - logs[2])))


def _correlations(V: Array) -> Array:
    sd = np.sqrt(np.diag(V))
    return np.asarray(V / np.outer(sd, sd))


def terms_of(found: Collinearity, strength: str) -> list[str]:
    """The terms of "Low" (VIF below 5), "Moderate" (5 to 10) or "High" (10 and more) collinearity."""
    low, high = BOUNDS[strength]
    inside = (found["VIF"] >= low) & ((found["VIF"] < high) | np.isinf(high))
    return [str(term) for term in found.index[inside]]


def limits(vif: Array, n: int, p: int, level: float) -> tuple[Array, Array]:
    """The lower and upper limits of factors, of n rows and p coefficients.

    >>> [end.round(2).tolist() for end in limits(np.array([2.0]), 100, 3, 0.95)]
    [[1.57], [2.74]]
    """
    R2 = np.maximum(1 - 1 / vif, SMALLEST)
    error = (1 - R2**2) * (n - p - 1) / np.sqrt((n**2 - 1) * (n + 3.0))
    half = two_sided_quantile(level, np.inf) * error / (R2 * (1 - R2))
    at = special.logit(R2)
    with np.errstate(over="ignore"):  # unlimited above, where the columns are uncorrelated
        return 1 + np.exp(at - half), 1 + np.exp(at + half)


def estimated_terms(fit: Fitted) -> dict[str, Codes]:
    """The positions of the columns of each term that have an estimate, the intercept left out."""
    estimated = np.isfinite(np.diag(vcov(fit).to_numpy()))
    assign = np.asarray(_assigned(fit, fit.design))
    found = {
        label: np.flatnonzero((assign == k) & estimated) for k, label in enumerate(fit.design.fixed_terms.labels, 1)
    }
    return {label: own for label, own in found.items() if len(own)}


def _assigned(fit: Fitted, design: Design) -> Any:
    """The term of each column of vcov(fit)."""
    return design.spec.fixed_coder.assign if isinstance(fit, LinearFit | GeneralizedFit) else design.assign

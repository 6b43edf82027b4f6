"""How much of the variance belongs to what: icc, r2, and the book's variance ratio.

With the variances of the linear predictor over the n rows

    fixed       sample variance of X beta
    random      sum over terms i of  tr(Z_i Sigma_i Z_i') / n,   the mean over rows of z' Sigma_i z
    residual    sigma^2

(Nakagawa & Schielzeth 2013, Methods Ecol. Evol. 4:133; random slopes: Johnson 2014, Methods Ecol. Evol. 5:944;
Nakagawa, Johnson & Schielzeth 2017, J. R. Soc. Interface 14:20170213), as R's performance takes them, but for two
things: every random term counts (performance 0.10 forgets the second of `(x || g)`, and columns that are no fixed
effects), and a singular fit has its numbers, with a note, where performance gives NA.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..design import SummedRows, summed_columns
from ..errors import note
from ..extract import Covariance, VarCorr, VarCorrs, isSingular, word
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.least_squares import explained as explained_squares
from ..fit.linear.regression import LinearFit
from ..numerics.linalg import Array
from ..text import Shown
from .records import TestTable, table

SLOPES = (
    "the model has random slopes: the variance of its random effects is their mean over the rows (Johnson 2014, "
    "equation 10), so it depends on the predictors as well as on the estimates"
)
SLOPES_BY_GROUP = (
    "the model has random slopes, whose variance depends on the predictors: the share of a group is that of its "
    "intercept, and the shares do not add up to the ICC"
)
SINGULAR = (
    "the fit is singular: a variance or a direction of the random effects is estimated as zero and adds nothing here "
    "(R's performance gives NA instead)"
)


@dataclass(frozen=True, eq=False)
class Variances:
    """Variances of the linear predictor: of X beta, of Z b summed over terms, of a row's residual."""

    fixed: float
    random: float
    residual: float

    @property
    def total(self) -> float:
        return self.fixed + self.random + self.residual


@dataclass(frozen=True, repr=False)
class ICC(Shown):
    """Intraclass correlations: `ICC_adjusted` random / (random + residual), `ICC_unadjusted` random / total."""

    ICC_adjusted: float
    ICC_unadjusted: float


@dataclass(frozen=True, repr=False)
class MixedR2(Shown):
    """`R2_conditional` (fixed + random) / total, `R2_marginal` fixed / total."""

    R2_conditional: float
    R2_marginal: float


@dataclass(frozen=True, repr=False)
class LinearR2(Shown):
    """`R2` and `R2_adjusted` of a least-squares fit."""

    R2: float
    R2_adjusted: float


class ICCByGroup(TestTable):
    """Shares of the variance by grouping factor: columns Group and ICC."""


def variances(fit: FittedModel) -> Variances:
    """The three variances of a fit."""
    source, summed = fit.data.source, summed_columns(fit)
    if summed is not None and isinstance(source, SummedRows) and not source.largest_weight:
        fixed = summed.variance(fit.beta, fit.design.spec.fixed_columns)
        return Variances(fixed, _random_of_sums(fit), fit.sigma**2)
    rows = fit.rows
    predictor = np.asarray(rows.X @ fit.beta, float)
    random = sum(
        mean_variance(term.Z, fit.sigma**2 * (T @ T.T)) for term, T in zip(rows.random, fit.solution.T, strict=True)
    )
    return Variances(float(np.var(predictor, ddof=1)), float(random), fit.sigma**2)


def _random_of_sums(fit: FittedModel) -> float:
    """The sum over terms of the mean of z' Sigma z, by the cross-products of Z in scaled coordinates."""
    total, gram = 0.0, fit.gram
    for factor in gram.factors:
        ZtZ, start = factor.ZtZ.sum(axis=0) / gram.n, 0
        for t in factor.terms:
            T, R = fit.solution.T[t], gram.scaling.R_terms[t]
            at = slice(start, start + len(R))
            total += float(np.sum((R.T @ ZtZ[at, at] @ R) * (T @ T.T)))
            start += len(R)
    return fit.sigma**2 * total


def mean_variance(Z: Array | None, Sigma: Array) -> float:
    """Mean over rows of z' Sigma z, for Z (n, l), or None for ones."""
    return float(Sigma[0, 0]) if Z is None else float(np.sum((Z.T @ Z / len(Z)) * Sigma))


@word
def icc(fit: FittedModel, by_group: bool = False) -> ICC | ICCByGroup:
    """Intraclass correlation, as performance's `icc`: the share of the variance that lies between groups.

    fit       a fit of `lmer`
    by_group  True: a DataFrame: for each term's intercept, its variance / (random + residual); False, the default: one
              share for all groups
    method    of `glmer`: the residual variance on the link: "delta", "lognormal" (the default) or "trigamma" (Nakagawa,
              Johnson & Schielzeth 2017)

    `.ICC_adjusted` leaves the fixed effects out of the total, `.ICC_unadjusted` counts their variance too. Of a model
    with random slopes the variance is averaged over the rows (Johnson 2014), which a FitNote says; another says where
    the fit is singular. Sources: Nakagawa, Johnson & Schielzeth (2017), equations 2.2 and 2.3; Johnson (2014).

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.icc(fit)
    # Intraclass Correlation Coefficient
    <BLANKLINE>
        Adjusted ICC: 0.159
      Unadjusted ICC: 0.145
    >>> round(pylmer.icc(fit).ICC_adjusted, 4)
    0.1587
    """
    noted(fit, by_group)
    found = variances(fit)
    if by_group:
        return shares_by_group(VarCorr(fit), found)
    return ICC(found.random / (found.random + found.residual), found.random / found.total)


def shares_by_group(covariances: VarCorrs, found: Variances) -> ICCByGroup:
    """The variance of each term's intercept as a share of random and residual variance."""
    intercepts = {name: _intercept(V) for name, V in covariances.items()}
    shares = {name: v / (found.random + found.residual) for name, v in intercepts.items() if v is not None}
    made: ICCByGroup = table(
        ICCByGroup, {"Group": list(shares), "ICC": list(shares.values())}, [str(k + 1) for k in range(len(shares))]
    )
    return made


def _intercept(covariance: Covariance) -> float | None:
    """The variance of a term's intercept, if it has one."""
    return float(covariance.stddev["(Intercept)"] ** 2) if "(Intercept)" in covariance.columns else None


@word
def r2(fit: FittedModel) -> MixedR2:
    """Explained variance, as performance's `r2`: `.R2_marginal` by the fixed effects, `.R2_conditional` by all.

    fit     a fit of `lmer`, or of `lm`: there `.R2` and `.R2_adjusted`
    method  of `glmer`: the residual variance on the link: "delta", "lognormal" (the default) or "trigamma" (Nakagawa,
            Johnson & Schielzeth 2017)

    Notes as of `icc`. Sources: Nakagawa & Schielzeth (2013), equations 26 and 30; with random slopes Johnson (2014),
    equations 10 and 11.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.r2(fit)
    # R2 for Mixed Models
    <BLANKLINE>
      Conditional R2: 0.234
         Marginal R2: 0.090
    """
    noted(fit, False)
    found = variances(fit)
    return MixedR2((found.fixed + found.random) / found.total, found.fixed / found.total)


@r2.register(LinearFit)
def r2_linear(fit: LinearFit) -> LinearR2:
    """R-squared of a least-squares fit, and adjusted for its degrees of freedom, as R's summary.lm."""
    squares = explained_squares(fit.solution, fit.rows.weights, fit.intercept)
    share = squares / (squares + fit.solution.rss)
    n, df = fit.solution.n_obs - fit.intercept, fit.solution.df_residual
    return LinearR2(share, 1 - (1 - share) * n / df if df else math.nan)


def noted(fit: FittedModel | GeneralizedFittedModel, by_group: bool) -> None:
    """What must be said of the variances of a fit."""
    if any(term.coder is not None for term in fit.design.spec.random_terms):
        note(SLOPES_BY_GROUP if by_group else SLOPES)
    if isSingular(fit):
        note(SINGULAR)


@word
def variance_ratio(fit: FittedModel) -> pd.DataFrame:
    """The variance ratio of Gelman & Hill (2007), 12.3, of every random effect: DataFrame by effect.

    fit  a fit of `lmer`

    group, term   the effect
    ratio         sigma_alpha^2 / sigma_y^2; of a slope in units of 1/x^2
    n_equal       sigma_y^2 / sigma_alpha^2: the group size at which the group's own mean and the distribution of
                  group means carry equal information, half of complete and half of no pooling; infinite where the
                  variance is zero. For a slope the sum of x^2 in a group takes the place of its size.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.variance_ratio(fit).round(3)
        group         term  ratio  n_equal
    0  county  (Intercept)  0.189      5.3
    """
    frame = VarCorr(fit).as_frame()
    single = frame[frame["var1"].notna() & frame["var2"].isna()].reset_index(drop=True)
    ratio = single["vcov"].to_numpy(float) / fit.sigma**2
    with np.errstate(divide="ignore"):
        n_equal = 1 / ratio
    return pd.DataFrame({"group": single["grp"], "term": single["var1"], "ratio": ratio, "n_equal": n_equal})

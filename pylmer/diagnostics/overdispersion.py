"""check_overdispersion: Pearson's chi-square of a fit of counts beside its degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..extract import df_residual
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.words import word_of
from ..numerics.distributions import chisquare_upper
from ..text import Shown

SURE = 0.05  # p-value under which overdispersion is said to be there


@dataclass(frozen=True, repr=False)
class Overdispersion(Shown):
    """chisq_statistic sum w (y - mu)^2 / V, dispersion_ratio that over residual_df, and the p-value of chi-square.

    chisq_statistic   sum w (y - mu)^2 / V over the rows
    dispersion_ratio  that over residual_df: 1 without overdispersion
    residual_df       rows less parameters
    p_value           of the chi-square law with residual_df degrees of freedom
    """

    chisq_statistic: float
    dispersion_ratio: float
    residual_df: int
    p_value: float

    @property
    def found(self) -> bool:
        """Whether the counts vary more than the model says."""
        return self.p_value < SURE and self.dispersion_ratio > 1

    def __repr__(self) -> str:
        rows = {
            "dispersion ratio": f"{self.dispersion_ratio:.3f}",
            "Pearson's Chi-Squared": f"{self.chisq_statistic:.3f}",
            "p-value": "< 0.001" if self.p_value < 0.001 else f"{self.p_value:.3f}",
        }
        width = max(map(len, rows.values()))
        lines = [f"{name:>21} = {value:>{width}}" for name, value in rows.items()]
        said = "Overdispersion detected." if self.found else "No overdispersion detected."
        return "\n".join(["# Overdispersion test", "", *lines, "", said])

    __str__ = __repr__


@word_of(GeneralizedFittedModel, GeneralizedFit)
def check_overdispersion(fit: GeneralizedFittedModel | GeneralizedFit) -> Overdispersion:
    """Whether the counts of a fit vary more than its family says, as performance's `check_overdispersion`.

    fit  a fit of `glmer` or `glm` of counts: poisson, negative binomial, or binomial with more than one trial a row

    Pearson's chi-square is compared with the residual degrees of freedom (rows less parameters). The conditional modes
    of a mixed model are fitted too, so that its ratio is below 1 on average where the model is right: a ratio above 1
    is telling, one below proves nothing. Raises ArgumentError for 0/1 responses, which cannot be overdispersed, and for
    other families.

    >>> import pylmer
    >>> cbpp = pylmer.datasets.load("cbpp")
    >>> fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", cbpp, "binomial")
    >>> pylmer.check_overdispersion(fit)
    # Overdispersion test
    <BLANKLINE>
         dispersion ratio =  1.237
    Pearson's Chi-Squared = 63.078
                  p-value =  0.119
    <BLANKLINE>
    No overdispersion detected.
    """
    if reason := nothing_to_check(fit):
        raise ArgumentError(reason)
    df = df_residual(fit)
    chisq = fit.optimum.pearson if isinstance(fit, GeneralizedFittedModel) else float(fit.pearson @ fit.pearson)
    return Overdispersion(chisq, chisq / df, df, chisquare_upper(chisq, df))


def nothing_to_check(fit: GeneralizedFittedModel | GeneralizedFit) -> str:
    """Why the responses of a fit cannot be overdispersed; "" where they can."""
    if not fit.family.discrete:
        return f"overdispersion is of counts: the {fit.family.name} family estimates its scale"
    w = fit.prior_weights if isinstance(fit, GeneralizedFittedModel) else fit.weights
    if fit.family.name == "binomial" and np.all(w <= 1):
        return "responses of single trials cannot be overdispersed: there is nothing to check"
    return ""

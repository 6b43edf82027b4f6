"""Marginal means of generalized linear mixed models: on the link's scale, with z tests, and the way back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...design.estimable import null_space
from ...errors import ArgumentError
from ...extract import vcov
from ...families import Family
from ...fit.generalized import GeneralizedFittedModel
from .basis import Basis, KnownDf, basis_of
from .transformations import ResponseScale, Transformation, named, response_scale

RESULTS = {"binomial": "prob", "poisson": "rate"}  # what means are called, by family
ODDS = "log odds ratio"


@basis_of.register(GeneralizedFittedModel)
def generalized_basis(fit: GeneralizedFittedModel, lmer_df: str | None) -> Basis:
    """Coefficients judged by the normal distribution and `vcov`."""
    if lmer_df not in (None, "asymptotic"):
        raise ArgumentError(
            f"lmer_df={lmer_df!r}: marginal means of a glmer() have z tests, without degrees of freedom: leave it out"
        )
    kept = fit.design.spec.fixed_columns
    return Basis(kept, fit.beta, null_space(fit, kept), KnownDf(vcov(fit).to_numpy(), np.inf), None)


@response_scale.register(GeneralizedFittedModel)
def generalized_scale(fit: GeneralizedFittedModel) -> ResponseScale:
    """The link; for the bias adjustment the random effects' standard deviation, of all terms together.

    The mean over new groups is that of h(eta + Z b); where the variance of Z b differs between rows, its mean.
    """
    return ResponseScale(link_transformation(fit.family), fit.effect_spread)


def link_transformation(family: Family) -> Transformation | None:
    """The link as a transformation of the mean; None for the identity.

    Differences of logits are logarithms of odds ratios, of logarithms those of ratios.
    """
    link = family.link
    if link.name == "identity":
        return None
    made = Transformation(
        link.name,
        link.name,
        link.inverse,
        partial(link.inverse, order=1),
        base=float(np.e) if link.name == "log" else None,
        bend=partial(link.inverse, order=2),
        twist=partial(link.inverse, order=3),
        result=RESULTS.get(family.name, "response"),
    )
    return replace(made, differences=odds_ratio()) if link.name == "logit" else made


def odds_ratio() -> Transformation:
    """Of differences of logits."""
    return replace(named("log", ODDS), name=ODDS, ratio="odds.ratio")

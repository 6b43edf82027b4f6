"""print, summary and display of fits of `glmer`: lme4's pages, with 2.x's label of -2 log L."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import FitNote
from ..extract import VarCorr, deviance, fixef, logLik, nobs, resid, se_fixef, vcov
from ..extract.generalized import covariance_notes
from ..extract.likelihood import group_sizes
from ..extract.variances import variances
from ..families import Family
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.distributions import student_two_sided
from ..text import show_html, wrap_words
from ..text.arguments import check_digits, under_either_name
from .arm import NAMES, Display, display, shown_call
from .filling import PAGE
from .fits import sizes
from .fixed import fixed_list
from .footers import long_footer, short_footer
from .headers import criteria, exact_criteria, model_lines, short_criteria
from .pages import coefficients_html, html_variances, pre
from .summaries import Summary, summary
from .variances import print_variances

CLASS_NAME = "[glmerMod]"


def title(fit: GeneralizedFittedModel) -> str:
    """Generalized linear mixed model fit by maximum likelihood (...), wrapped as lme4 wraps it."""
    how = "Laplace Approximation" if fit.nAGQ == 1 else f"Adaptive Gauss-Hermite Quadrature, nAGQ = {fit.nAGQ}"
    text = f"Generalized linear mixed model fit by maximum likelihood ({how}) {CLASS_NAME}"
    return "\n".join(wrap_words(text, PAGE - 2, exdent=2))


def family_line(family: Family) -> str:
    """Family: binomial  ( logit )"""
    return f" Family: {family.name}  ( {family.link.name} )"


def heading(fit: GeneralizedFittedModel, control: bool = False) -> list[str]:
    """Family, formula, data and the arguments that shape a fit."""
    return [family_line(fit.family), *model_lines(fit, control)]


def print_generalized(fit: GeneralizedFittedModel, digits: int = 4) -> str:
    """A fit as lme4's print shows it."""
    parts = [
        title(fit),
        *heading(fit),
        exact_criteria(criteria(fit)),
        "Random effects:",
        print_variances(VarCorr(fit), digits=digits),
        sizes(nobs(fit), group_sizes(fit)),
        fixed_list(fixef(fit), digits),
        *short_footer(fit),
    ]
    return "\n".join(parts)


@show_html.register
def html_generalized(fit: GeneralizedFittedModel) -> str:
    """A fit in a notebook."""
    top = pre(title(fit), *heading(fit), short_criteria(criteria(fit)))
    tables = html_variances(VarCorr(fit)) + coefficients_html(coefficient_table(fit))
    return f"<div>{top}{tables}{pre(*long_footer(fit))}</div>"


def coefficient_table(fit: GeneralizedFittedModel, use_hessian: bool = True) -> pd.DataFrame:
    """Estimate, Std. Error, z value (with a scale called t value, as in R), Pr(>|z|) by fixed effect."""
    estimate, error = pd.Series(fixef(fit)), pd.Series(cast(Any, se_fixef)(fit, use_hessian))
    z = estimate / error
    p = pd.Series(student_two_sided(z.to_numpy(), np.inf), index=z.index)
    name = "t value" if fit.family.has_scale else "z value"
    return pd.DataFrame({"Estimate": estimate, "Std. Error": error, name: z, "Pr(>|z|)": p})


@summary.register(GeneralizedFittedModel)
def summary_generalized(
    fit: GeneralizedFittedModel,
    correlation: bool | None = None,
    corr: bool | None = None,
    use_hessian: bool = True,
) -> Summary:
    """Summary of a fit of `glmer` with Wald's z tests: a record that prints itself.

    correlation, corr  whether the page shows the correlations of the fixed effects; by default for up to twelve of them
    use_hessian        standard errors from the Hessian, or with False at fixed variances (see `vcov`)
    """
    return Summary(
        coefficients=coefficient_table(fit, use_hessian),
        vcov=cast(Any, vcov)(fit, use_hessian=use_hessian),
        varcor=VarCorr(fit),
        sigma=fit.sigma,
        ngrps=group_sizes(fit),
        nobs=nobs(fit),
        AICtab=criteria(fit),
        residuals=resid(fit, "pearson", scaled=True) if fit.data.source.at_hand else None,
        call=fit.call,
        title=title(fit),
        header=tuple(heading(fit, control=True)),
        footer=tuple(long_footer(replace(fit, notes=(*fit.notes, *map(FitNote, covariance_notes(fit)))))),
        correlation=under_either_name(correlation=correlation, corr=corr),
    )


@display.register(GeneralizedFittedModel)
def display_generalized(fit: GeneralizedFittedModel, digits: int = 2, detail: bool = False) -> Display:
    """The short page of a fit, as arm's display; the deviance is that of `deviance(fit)`, as arm has it."""
    likelihood, given_modes = logLik(fit), deviance(fit)
    table = coefficient_table(fit).rename(columns=NAMES)
    return Display(
        call=shown_call(fit),
        coefficients=table if detail else table.iloc[:, :2],
        varcor=variances(fit, use_scale=True),
        nobs=nobs(fit),
        ngrps=group_sizes(fit),
        AIC=-2 * likelihood + 2 * likelihood.df,
        DIC=2 * given_modes + 2 * likelihood,
        deviance=given_modes,
        digits=check_digits(digits),
    )

"""Tests of the terms of generalized linear mixed models: lme4's sequential table, likelihood ratios, drop1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...design import ModelData
from ...engine.generalized.generalized import optimize_generalized
from ...engine.generalized.no_effects import without_effects
from ...errors import ArgumentError
from ...extract import logLik
from ...fit.fitting import design_of
from ...fit.generalized import (
    GeneralizedFittedModel,
    generalized_devfun,
    generalized_model,
    steps_of,
)
from ...fit.request import Request
from ...language.syntax import MixedFormula
from ..records import AnovaTable
from .analysis import tested_terms
from .deletions import by_likelihood, drop1, random_effects_table, ranova, scope_of
from .hypotheses import type_of
from .likelihood_ratio import changed_data, changed_request, likelihood_of, refitted, without_random_effects
from .variance_tables import sequential_table

NO_DDF = (
    "ddf={ddf!r}: a generalized model has no denominator degrees of freedom; what there is are z tests (summary), "
    "Wald's chi-square (Anova), likelihood ratios (drop1, anova of two fits) and the bootstrap (bootMer)"
)
TESTS = ("none", "Chisq")


@tested_terms.register(GeneralizedFittedModel)
def sequential(fit: GeneralizedFittedModel, type: int | str | None, ddf: str | None) -> AnovaTable:
    """lme4's table of one fit, of type 1."""
    if ddf is not None and ddf != "lme4":
        raise ArgumentError(NO_DDF.format(ddf=ddf))
    if type is not None and type_of(type) != "I":
        raise ArgumentError(
            f"type={type!r}: the table of a glmer() is sequential, type 1; Anova(fit, type=2) has tests"
        )
    return sequential_table(fit, fit.optimum.vcov_rx / fit.sigma**2)


@likelihood_of.register(GeneralizedFittedModel)
def criterion_of(fit: GeneralizedFittedModel) -> str:
    """The criterion of a fit, in words."""
    laplace = fit.devfun.laplace
    if laplace.scale == "lme4":
        return f"lme4's criterion with a scale, no likelihood (nAGQ={fit.nAGQ})"
    if fit.nAGQ > 1:
        return f"adaptive quadrature with {fit.nAGQ} nodes"
    kind = "of the exact Laplace approximation" if _is_exact(fit) else "of R's Laplace approximation (Fisher weights)"
    return f"the likelihood {kind}, nAGQ={fit.nAGQ}"


def _is_exact(fit: GeneralizedFittedModel) -> bool:
    """With a canonical link R's approximation is the exact one."""
    return fit.devfun.laplace.observed or fit.family.canonical


@refitted.register(GeneralizedFittedModel)
def refitted_generalized(fit: GeneralizedFittedModel, formula: MixedFormula) -> GeneralizedFittedModel:
    """The same data with another formula, without issuing its notes."""
    return _solved(fit, *changed_data(fit, formula))


def refitted_on_its_rows(fit: GeneralizedFittedModel, formula: MixedFormula) -> GeneralizedFittedModel:
    """The rows that `fit` used, whatever another formula could read besides, without issuing notes."""
    used = fit.rows.used
    request = changed_request(fit, formula)
    if used.positions is not None:
        request = replace(request, subset=used.kept)
    return _solved(fit, request, design_of(request))


def _solved(fit: GeneralizedFittedModel, request: Request, data: ModelData) -> GeneralizedFittedModel:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = generalized_devfun(request, data)
        optimum = optimize_generalized(devfun, steps=steps_of(request.control))
    return generalized_model(type(fit), request, data, devfun, optimum)


@drop1.register(GeneralizedFittedModel)
def drop1_generalized(
    fit: GeneralizedFittedModel, scope: str | Sequence[str] | None = None, test: str | None = None
) -> AnovaTable:
    """Fixed-effects terms of a fit of `glmer` left out one at a time, as lme4's drop1: AIC of the refits.

    scope  labels of terms, or a formula such as "~ x + z"; default all that are not part of another term
    test   "Chisq": likelihood-ratio tests too; "none", the default
    """
    if test not in (None, *TESTS):
        raise ArgumentError(f"test={test!r}: of a glmer() wanted 'Chisq' or 'none'")
    return by_likelihood(fit, scope_of(fit, scope), test)


@ranova.register(GeneralizedFittedModel)
def ranova_generalized(fit: GeneralizedFittedModel, reduce_terms: bool = True) -> AnovaTable:
    """Random effects of a fit of `glmer` left out one at a time; the arguments are those of `ranova` for `lmer`."""
    return random_effects_table(fit, reduce_terms)


@without_random_effects.register(GeneralizedFittedModel)
def _by_generalized_linear_model(fit: GeneralizedFittedModel) -> tuple[float, int]:
    value = without_effects(fit.optimum, steps_of(fit.control))
    return -value / 2, logLik(fit).df - len(fit.par)

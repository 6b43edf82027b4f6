"""anova(m1, m2, ...): likelihood-ratio tests of nested models, and what a refit without something needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from ...design import ModelData
from ...errors import ArgumentError, DataError, FitNote, note
from ...extract import LogLik, logLik
from ...fit.devfun import make_devfun
from ...fit.fitted_model import FittedModel
from ...fit.fitting import design_of
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...fit.optimum import optimize_devfun
from ...fit.refitting import refitML
from ...fit.request import Request
from ...fit.same_response import same_response
from ...language import deparse
from ...language.nodes import Argument
from ...language.syntax import MixedFormula
from ...numerics.distributions import chisquare_upper
from ...numerics.linalg import Array
from ..records import AnovaTable, table

REFITTED = "refitting model(s) with ML (instead of REML)"
MIXTURE = (
    "some models fit with REML = TRUE, some not: a restricted likelihood beside a likelihood says nothing about the "
    "models; leave refit=True"
)
Fit = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit


@singledispatch
def likelihood_of(fit: Any) -> str | None:
    """What kind of likelihood a fit has, in words: those of different kinds cannot be compared; None for no fit."""
    return None


@likelihood_of.register(FittedModel)
@likelihood_of.register(LinearFit)
def _normal(fit: FittedModel | LinearFit) -> str:
    return "the likelihood of a linear model"


@likelihood_of.register(GeneralizedFit)
def _generalized(fit: GeneralizedFit) -> str:
    return "the likelihood of a generalized linear model"


def is_fit(given: Any) -> bool:
    """Whether this is a model that can be compared."""
    return likelihood_of(given) is not None


def check_same_likelihood(fits: Sequence[Fit], names: Sequence[str]) -> None:
    """ArgumentError unless all models were fitted by one criterion: likelihoods of two kinds have no ratio.

    Without random effects all approximations of the likelihood of a family without scale are that of its glm().
    """
    mixed = [k for k, fit in enumerate(fits) if not (isinstance(fit, GeneralizedFit) and not fit.family.has_scale)]
    beside = len(mixed) < len(fits) and all(isinstance(fits[k], GeneralizedFittedModel) for k in mixed)
    one, *others = mixed if beside and mixed else range(len(fits))
    first = likelihood_of(fits[one])
    for k in others:
        if (other := likelihood_of(fits[k])) != first:
            raise ArgumentError(
                f"the models were fitted by different criteria: {names[one]} by {first}, {names[k]} by {other}; the "
                "difference of their logLik says nothing about the models: fit them alike"
            )


def likelihood_table(fits: Sequence[Fit], refit: bool, model_names: Sequence[str] | None) -> AnovaTable:
    """The table of several fits to the same response, by increasing number of parameters."""
    names = names_of(fits, model_names)
    check_same_likelihood(fits, names)
    check_same_data(fits, names)
    if refit and any(isinstance(fit, FittedModel) and fit.REML for fit in fits):
        note(REFITTED)
        fits = [refitML(fit) if isinstance(fit, FittedModel) else fit for fit in fits]
    if len({isinstance(fit, FittedModel) and fit.REML for fit in fits}) > 1:
        note(MIXTURE)
    likelihoods: list[LogLik] = [logLik(fit) for fit in fits]
    if said := criterion_errors(fits):
        note(said)
    order = sorted(range(len(fits)), key=lambda k: likelihoods[k].df)
    values = np.array([float(likelihoods[k]) for k in order])
    npar = np.array([likelihoods[k].df for k in order])
    n = likelihoods[0].nobs
    Chisq, Df, p = ratios(values, npar)
    columns = {
        "npar": npar,
        "AIC": -2 * values + 2 * npar,
        "BIC": -2 * values + math.log(n) * npar,
        "logLik": values,
        "-2*log(L)": -2 * values,
        "Chisq": Chisq,
        "Df": Df,
        "Pr(>Chisq)": p,
    }
    heading = (*_data_lines(fits[0]), "Models:", *(f"{names[k]}: {formula_text(fits[k])}" for k in order))
    made: AnovaTable = table(AnovaTable, columns, [names[k] for k in order], heading)
    return made


def criterion_errors(fits: Sequence[Fit]) -> str:
    """What must be said of criteria that are estimated and cannot be computed exactly, "" if all are exact."""
    errors = [fit.criterion_error for fit in fits if isinstance(fit, FittedModel)]
    error = math.sqrt(sum(each**2 for each in errors))
    if not error:
        return ""
    return (
        "log-likelihoods are estimated by the iterative engine: Chisq, AIC and BIC have a Monte-Carlo standard error "
        f"of up to {error:.2g}"
    )


def ratios(values: Array, npar: Array) -> tuple[Array, Array, Array]:
    """Twice the gain in log-likelihood over the model before, its degrees of freedom and p-value; NaN for the first."""
    Chisq = np.append(np.nan, 2 * np.maximum(np.diff(values), 0.0))
    Df = np.append(np.nan, np.diff(npar).astype(float))
    return Chisq, Df, np.array([p_value(x, df) for x, df in zip(Chisq, Df, strict=True)])


def p_value(Chisq: float, df: float) -> float:
    """Upper tail of chi-square; NaN where there is nothing to test."""
    return chisquare_upper(Chisq, df) if df > 0 else math.nan


def names_of(fits: Sequence[Fit], given: Sequence[str] | None, default: str = "MODEL") -> list[str]:
    """A name for each model: those given, or MODEL1, MODEL2, ..."""
    if given is None:
        return [f"{default}{k + 1}" for k in range(len(fits))]
    if isinstance(given, str) or len(given) != len(fits):
        raise ArgumentError(f"model_names={given!r}: wanted {len(fits)} names, one for each model")
    if len(set(given)) < len(given):
        raise ArgumentError(f"model_names={list(given)!r}: names must differ")
    return [str(name) for name in given]


def check_same_data(fits: Sequence[Fit], names: Sequence[str]) -> None:
    """DataError unless all models were fitted to the same rows and the same response."""
    first = fits[0]
    for fit, name in zip(fits[1:], names[1:], strict=True):
        if fit.design.n != first.design.n:
            raise DataError(
                f"models were not all fitted to the same rows: {names[0]} used {first.design.n}, {name} {fit.design.n};"
                " drop rows with missing values before fitting, or give each the same subset"
            )
        if not same_response(first, fit):
            raise DataError(
                f"models were not all fitted to the same response: {names[0]} has {_response(first)}, {name} has "
                f"{_response(fit)}, with other values"
            )


def _response(fit: Fit) -> str:
    node = fit.design.formula.response
    return "none" if node is None else deparse(node)


def formula_text(fit: Fit) -> str:
    """A fit's formula as it was fitted."""
    return str(fit.formula)


def _data_lines(fit: Fit) -> tuple[str, ...]:
    request = fit.request
    lines = [f"Data: {request.data_name}"] if request.data_name is not None else []
    return (*lines, *([f"Subset: {request.subset_text}"] if request.subset_text is not None else []))


# --- refits ----------------------------------------------------------------------------------------------------------


def changed_request(fit: FittedModel | GeneralizedFittedModel, formula: MixedFormula) -> Request:
    """What `fit` was asked, with another formula."""
    node = formula.node
    arguments = tuple(Argument(node, a.name) if a.name == "formula" else a for a in fit.call.arguments)
    call = replace(fit.call, arguments=arguments)
    return replace(fit.request, formula=formula, start=None, call=call, verbose=0)


@singledispatch
def refitted(fit: Any, formula: MixedFormula) -> Any:
    """The same data with another formula, without issuing its notes; DataError if other rows come to be used."""
    raise ArgumentError(f"wanted a fit of lmer() or glmer(), found {type(fit).__name__}")


@refitted.register(FittedModel)
def _refitted_linear(fit: FittedModel, formula: MixedFormula) -> FittedModel:
    request, data = changed_data(fit, formula)
    devfun = make_devfun(data, request.REML, request.control)
    optimum = optimize_devfun(devfun)
    notes = tuple(FitNote(text) for text in (*data.notes, *optimum.notes))
    return type(fit)(request, devfun, optimum, notes)


def changed_data(fit: FittedModel | GeneralizedFittedModel, formula: MixedFormula) -> tuple[Request, ModelData]:
    """Request and rows of the same model with another formula; DataError if other rows come to be used."""
    request = changed_request(fit, formula)
    data = design_of(request)
    if data.n != fit.design.n:
        raise DataError(
            f"without a term {data.n} rows have no missing value, with it {fit.design.n}: "
            "drop the rows with missing values before fitting"
        )
    return request, data


@singledispatch
def without_random_effects(fit: Any) -> tuple[float, int]:
    """Log-likelihood (or REML's) and number of parameters with all covariances at zero."""
    raise ArgumentError(f"wanted a fit of lmer() or glmer(), found {type(fit).__name__}")


@without_random_effects.register(FittedModel)
def _by_least_squares(fit: FittedModel) -> tuple[float, int]:
    value = fit.criterion.at(fit.covariances.multiple(0.0)).value
    return -value / 2, len(fit.beta) + 1


def describe(fit: FittedModel | GeneralizedFittedModel) -> str:
    """A fit's formula as it was fitted."""
    return str(fit.formula)

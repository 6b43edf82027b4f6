"""PBmodcomp and case_bootstrap of fits of `glmer`: responses from the family, refits by the criterion of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...design import ModelData
from ...engine.generalized.generalized import optimize_generalized
from ...engine.generalized.glm_fit import GlmPoint, fit_glm
from ...errors import ArgumentError, NumericalError
from ...fit.generalized import GeneralizedFittedModel, generalized_devfun, generalized_model, steps_of
from ...fit.linear.generalized import GeneralizedFit
from ...numerics.linalg import Array, Codes
from ...simulation.drawing import Seed, generator, replicates
from ...simulation.generalized import draw_generalized
from ..analysis_of_variance.likelihood_ratio import check_same_likelihood
from .cases import asked_of, case_bootstrap, refitted, resampled_cases
from .likelihood_ratios import (
    NESTED,
    NOT_NESTED,
    NestedModels,
    ParametricComparison,
    PBmodcomp,
    check_same_response,
    deviances,
    parameters_more,
    simulated,
)
from .record import BootMer
from .replicating import Execution

NAMES = ("the large model", "the small one")


# --- parametric bootstrap tests --------------------------------------------------------------------------------------


@PBmodcomp.register(GeneralizedFittedModel)
def compare_generalized(
    large: GeneralizedFittedModel,
    small: Any,
    nsim: int = 1000,
    seed: Seed = None,
    *,
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> ParametricComparison:
    """Parametric bootstrap test of fits of `glmer`; the arguments are those of `PBmodcomp` for `lmer`.

    small  a fit of `glmer` by the same criterion, or of `glm` with the same family
    """
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, parallel, ncpus, "PBmodcomp")
    models = nested(large, small)
    return simulated(models, lambda size: _drawn(small, size, rng), count, seed, how)


def nested(large: GeneralizedFittedModel, small: Any) -> NestedModels:
    """The two models, if they are nested and their likelihoods can be compared."""
    if not isinstance(small, GeneralizedFittedModel | GeneralizedFit):
        raise ArgumentError(
            f"PBmodcomp() wants fits of glmer(), the small one perhaps of glm(), found {type(small).__name__}"
        )
    check_same_response(large, small)
    _check_family(large, small)
    if isinstance(small, GeneralizedFittedModel):
        check_same_likelihood([large, small], NAMES)
        lower = small.optimum.value
    else:
        lower = minus_2_log_likelihood(small.optimum.at)
    df = parameters_more(large, small)
    if lower < large.optimum.value - NESTED:
        raise ArgumentError(NOT_NESTED)
    return NestedModels(large, small, lower - large.optimum.value, df)


def _check_family(large: GeneralizedFittedModel, small: GeneralizedFittedModel | GeneralizedFit) -> None:
    """ArgumentError unless both models have one family, theta of a negative binomial among it where it is held."""
    linear = isinstance(small, GeneralizedFit)
    if linear and large.free_shape:
        raise ArgumentError(
            "PBmodcomp(): theta of the large model is estimated, that of a glm() is not: compare two fits of glmer_nb()"
        )
    if linear and large.devfun.laplace.scale == "lme4":
        raise ArgumentError("PBmodcomp(): the large model was fitted by lme4's criterion, which is no likelihood")
    first, second = _family(large), _family(small)
    if first != second:
        raise ArgumentError(f"PBmodcomp(): the models have different families: {first} and {second}")
    if not np.allclose(large.prior_weights, _weights(small)):
        raise ArgumentError("the models were fitted with different weights or numbers of trials")


def _family(fit: GeneralizedFittedModel | GeneralizedFit) -> str:
    """The law with its link, theta of a negative binomial left out where it is estimated."""
    free = isinstance(fit, GeneralizedFittedModel) and fit.free_shape
    return f"{fit.family.word if free else fit.family.name} ({fit.family.link.name})"


def _weights(fit: GeneralizedFittedModel | GeneralizedFit) -> Array:
    return fit.weights if isinstance(fit, GeneralizedFit) else fit.prior_weights


def _drawn(small: GeneralizedFittedModel | GeneralizedFit, count: int, rng: np.random.Generator) -> Array:
    """Responses (n, count) of the small model."""
    if isinstance(small, GeneralizedFittedModel):
        return draw_generalized(small, count, rng)
    phi = _phi(small.optimum.at)
    return np.column_stack([small.family.simulate(rng, small.mu, small.weights, phi) for _ in range(count)])


@deviances.register(GeneralizedFit)
def _of_linear_model(model: GeneralizedFit, Y: Array) -> Array:
    found = np.full(Y.shape[1], np.nan)
    for r, y in enumerate(Y.T):
        try:
            at = fit_glm(replace(model.optimum.at.data, y=y), model.optimum.beta).at
            found[r] = minus_2_log_likelihood(at)
        except NumericalError:
            continue
    return found


def minus_2_log_likelihood(at: GlmPoint) -> float:
    """-2 log L of a generalized linear model, its scale by maximum likelihood as in the exact criterion of `glmer`."""
    phi = _phi(at)
    return float(at.deviance / phi + at.data.family.saturated(at.data.y, _full(at), phi))


def _phi(at: GlmPoint) -> float:
    family, y = at.data.family, at.data.y
    return family.dispersion(y, _full(at), at.eta, at.deviance, 0.0, len(y)) if family.has_scale else 1.0


def _full(at: GlmPoint) -> Array:
    return np.broadcast_to(np.asarray(at.data.w, float), at.data.y.shape)


# --- resampled cases -------------------------------------------------------------------------------------------------


@case_bootstrap.register(GeneralizedFittedModel)
def cases_of_generalized(
    fit: GeneralizedFittedModel,
    FUN: Any = None,
    nsim: int = 1,
    seed: Seed = None,
    *,
    resample: Sequence[bool] | None = None,
    progress: bool | None = None,
) -> BootMer:
    """Case bootstrap of a fit of `glmer`; the arguments are those of `case_bootstrap` for `lmer`."""
    return resampled_cases(fit, FUN, nsim, seed, resample, progress)


@refitted.register(GeneralizedFittedModel)
def _refitted(fit: GeneralizedFittedModel, data: ModelData, rows: Codes) -> GeneralizedFittedModel:
    request = asked_of(fit, data, rows)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = generalized_devfun(request, data)
        optimum = optimize_generalized(devfun, steps=steps_of(request.control))
    return generalized_model(type(fit), request, data, devfun, optimum)

"""power of fits of `glmer`: Wald's z or chi-square with the covariance of `vcov`, and likelihood ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.generalized.generalized import optimize_generalized
from ..engine.generalized.solution import GeneralizedOptimum
from ..errors import ArgumentError, NumericalError
from ..extract import logLik
from ..fit.generalized import GeneralizedFittedModel, generalized_devfun, steps_of
from ..fit.generalized_batch import GeneralizedBatch, refit_all_generalized
from ..fit.given_generalized import given_generalized_model
from ..fit.given_parameters import GIVEN
from ..inference.analysis_of_variance.likelihood_ratio import refitted
from ..language import deparse, explicit_formula, update_formula
from ..language.syntax import MixedFormula
from ..numerics.distributions import chisquare_upper
from ..numerics.linalg import Array
from ..prediction.generalized import parameters_of
from ..simulation.drawing import Seed, generator, replicates
from ..simulation.generalized import draw_generalized
from ..text.arguments import check_level
from .effect_tests import (
    EffectTest,
    LikelihoodRatio,
    Outcome,
    UserTest,
    columns_of,
    first_effect,
    outcome,
    without_columns,
    z_title,
)
from .extending import extend, larger_design
from .records import Power, PowerCurve
from .words import Truth, check_alpha, curve_along, power, powerCurve, simulated

METHODS = ("z", "lr")


@power.register(GeneralizedFittedModel)
def power_generalized(
    fit: GeneralizedFittedModel,
    test: Any = None,
    nsim: int = 1000,
    seed: Seed = None,
    alpha: float = 0.05,
    *,
    method: str = "z",
    newparams: Any = None,
    level: float = 0.95,
    progress: bool | None = None,
) -> Power:
    """The power of a test of a fit of `glmer`; the arguments are those of `power` for `lmer`.

    method  "z", the default: summary's z, or Wald's chi-square of a term; "lr": likelihood ratio
    """
    count, rng = replicates(nsim), generator(seed)
    check_alpha(alpha)
    check_level(level)
    prepared = prepared_test(fit, test, method)
    parameters = parameters_of(fit, newparams)
    truth = Truth(
        fit.design,
        parameters.beta,
        newparams is None and fit.optimum.optimizer != GIVEN,
        lambda here: draw_generalized(fit, here, rng, parameters=parameters),
    )
    return simulated(truth, prepared, count, alpha, level, progress)


def prepared_test(fit: GeneralizedFittedModel, test: Any, method: str) -> EffectTest:
    """The test that `power` was asked for; ArgumentError for effects that the model has not."""
    if callable(test):
        return UserTest(fit, test)
    if isinstance(test, MixedFormula) or (isinstance(test, str) and "~" in test):
        return _comparison(fit, str(test))
    name = first_effect(fit) if test is None else test
    columns = columns_of(fit, name)
    if method not in METHODS:
        raise ArgumentError(
            f"method={method!r}: of a fit of glmer() there are 'z' and 'lr'; degrees of freedom are those of lmer()"
        )
    effect = f"predictor '{name}'"
    if method == "lr":
        return LikelihoodRatio(fit, _without(fit, columns), len(columns), effect, columns)
    return GeneralizedWaldTest(fit, columns, effect)


@dataclass(frozen=True, eq=False)
class GeneralizedWaldTest:
    """z test of a coefficient, or chi-square test of several."""

    fit: GeneralizedFittedModel
    coefficients: tuple[int, ...]
    effect: str

    @property
    def title(self) -> str:
        """simr's words."""
        return z_title(self.coefficients)

    def apply(self, Y: Array) -> Outcome:
        """Refit, then test one by one."""
        batch: GeneralizedBatch = refit_all_generalized(self.fit, Y)
        return outcome(batch, lambda r: self._p_value(batch, r))

    def _p_value(self, batch: GeneralizedBatch, r: int) -> float:
        at, V = list(self.coefficients), batch.vcov[r]
        if not np.isfinite(V).all():
            V = covariance_of(batch.optimum(r))
        estimate, V = batch.beta[r, at], V[np.ix_(at, at)]
        return chisquare_upper(float(estimate @ np.linalg.solve(V, estimate)), len(at))


def covariance_of(optimum: GeneralizedOptimum) -> Array:
    """That of beta (p, p) from the Hessian, or at fixed variances where that has none."""
    try:
        return optimum.vcov
    except NumericalError:
        return optimum.vcov_rx


def _without(fit: GeneralizedFittedModel, columns: tuple[int, ...]) -> GeneralizedFittedModel:
    """The model without some columns of X."""
    data = without_columns(fit, columns)
    devfun = generalized_devfun(fit.request, data)
    return type(fit)(fit.request, data, devfun, optimize_generalized(devfun, steps=steps_of(fit.control)))


def _comparison(fit: GeneralizedFittedModel, null: str) -> LikelihoodRatio:
    """Against a smaller model: its formula, in which `.` is the side of the model's own."""
    formula = update_formula(explicit_formula(fit.formula, fit.design.fixed_terms), null)
    if not formula.random:
        raise ArgumentError(
            f"{deparse(formula.node)} has no random term; for a test of the only one give a function, such as "
            "lambda fit: ranova(fit)['Pr(>Chisq)'].iloc[-1]"
        )
    smaller = refitted(fit, formula)
    more = logLik(fit).df - logLik(smaller).df
    if more < 1:
        raise ArgumentError(
            f"{deparse(formula.node)} has {logLik(smaller).df} parameters, the model {logLik(fit).df}: the comparison "
            "wants fewer"
        )
    return LikelihoodRatio(fit, smaller, more, "model comparison")


# --- larger designs --------------------------------------------------------------------------------------------------


@extend.register(GeneralizedFittedModel)
def extend_generalized(
    fit: GeneralizedFittedModel,
    along: str | None = None,
    *,
    within: str | Sequence[str] | None = None,
    n: int | None = None,
    values: Sequence[Any] | None = None,
    newparams: Any = None,
) -> GeneralizedFittedModel:
    """The model of a fit of `glmer` on a larger (or smaller) design, with its parameters; arguments as for `lmer`.

    Trials of a binomial response are repeated with its rows. theta of a negative binomial is held from here on.
    """
    if not fit.nAGQ or (fit.scaled and fit.nAGQ > 1):
        raise ArgumentError(f"extend(): nAGQ={fit.nAGQ} has no room for given parameters: extend(update(fit, nAGQ=1))")
    request, whole = larger_design(fit, along, within, n, values)
    held = replace(request, family=fit.family, free_shape=False)
    return given_generalized_model(type(fit), held, whole, parameters_of(fit, newparams))


@powerCurve.register(GeneralizedFittedModel)
def curve_generalized(
    fit: GeneralizedFittedModel,
    test: Any = None,
    along: str | None = None,
    breaks: Sequence[int] | None = None,
    nsim: int = 1000,
    seed: Seed = None,
    alpha: float = 0.05,
    *,
    within: str | Sequence[str] | None = None,
    method: str = "z",
    newparams: Any = None,
    level: float = 0.95,
    progress: bool | None = None,
) -> PowerCurve:
    """`power` of a fit of `glmer` at several sizes of the design; arguments as for `lmer`."""
    study: dict[str, Any] = {"alpha": alpha, "method": method, "level": level, "progress": progress}
    return curve_along(fit, test, along, breaks, within, newparams, replicates(nsim), generator(seed), study)

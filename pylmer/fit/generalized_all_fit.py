"""allFit of `glmer`: the same criterion by other optimizers, from the model's own start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..engine.generalized.generalized import first_guess, optimize_generalized, optimum_there
from ..engine.generalized.solution import GeneralizedOptimum
from ..engine.generalized.user import At, GeneralizedDevfun
from ..engine.optimize.other_optimizers import run_named
from ..errors import NumericalError
from ..numerics.linalg import Array
from ..options import OPTIMIZERS
from .all_fit import AllFit, Refitted, allFit, compared
from .generalized import GeneralizedFittedModel


@allFit.register(GeneralizedFittedModel)
def all_generalized(
    fit: GeneralizedFittedModel, optimizers: Sequence[str] = OPTIMIZERS
) -> AllFit[GeneralizedFittedModel]:
    """Fit a model of `glmer` again with each optimizer, over the covariances and the fixed effects together."""
    return compared(fit, optimizers, Refitted(_fitted_by, _errors, lambda optimum: int(optimum.evaluations)))


def _errors(fit: GeneralizedFittedModel) -> Array:
    return np.asarray(np.sqrt(np.diag(fit.optimum.vcov_rx)))


def _fitted_by(fit: GeneralizedFittedModel, name: str) -> GeneralizedFittedModel:
    control = replace(fit.control, optimizer=name, optCtrl={})
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        optimum = optimize_generalized(fit.devfun) if name == "newton" else _by_other(fit, name)
    return type(fit)(replace(fit.request, control=control), fit.data, fit.devfun, optimum)


def _by_other(fit: GeneralizedFittedModel, name: str) -> GeneralizedOptimum:
    devfun = fit.devfun
    criterion = CountedCriterion(devfun)
    lower, upper = fit.covariances.bounds
    free = np.full(devfun.size - devfun.k, np.inf)
    bounds = np.append(lower, -free), np.append(upper, free)
    found = run_named(name, criterion.value, criterion.gradient, first_guess(devfun), bounds, {})
    at = criterion.at(found.par)
    return optimum_there(devfun, at, found.converged, found.message, found.evaluations, name)


class CountedCriterion:
    """The criterion for optimizers that know numbers alone: each evaluation begins at the modes of the last."""

    def __init__(self, devfun: GeneralizedDevfun) -> None:
        self.devfun = devfun
        self.last: At | None = None

    def at(self, x: Array) -> At:
        self.last = self.devfun.at(x, self.last)
        return self.last

    def value(self, x: Array) -> float:
        """NumericalError where there is none."""
        return float(self.at(x).value)

    def gradient(self, x: Array) -> Array:
        """Zero where the criterion has no value: the optimizer turns back because of the value."""
        try:
            return self.devfun.gradient(self.at(x))
        except NumericalError:
            return np.zeros(self.devfun.size)

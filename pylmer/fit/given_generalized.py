"""A generalized model with parameters that are given, not estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..design import ModelData
from ..engine.generalized.joint_newton import JointDescent
from ..engine.generalized.proof import certify
from ..engine.generalized.quadrature import QuadratureAt
from ..engine.generalized.solution import GeneralizedOptimum
from ..numerics.linalg import Array
from .generalized import GeneralizedModel, generalized_devfun
from .given_parameters import GIVEN, Parameters, par_of_theta
from .request import Request


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenOptimum(GeneralizedOptimum):
    """The criterion at given parameters, sigma among them; its certificate says how far from a minimum it is."""

    given_beta: Array
    given_sigma: float

    @property
    def beta(self) -> Array:
        """As it was given."""
        return self.given_beta

    @property
    def sigma(self) -> float:
        """As it was given."""
        return self.given_sigma

    @property
    def estimated(self) -> bool:
        """Never."""
        return False

    @property
    def vcov(self) -> Array:
        """Of beta at the variances that are given: the Hessian speaks of minima alone."""
        return self.vcov_rx


def given_generalized_model(
    kind: type[GeneralizedModel], request: Request, data: ModelData, parameters: Parameters
) -> GeneralizedModel:
    """The record of class `kind` at theta, beta and sigma; the modes are those of the response in `data`."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = generalized_devfun(request, data)
        x = np.concatenate([par_of_theta(data.design.random, parameters.theta), parameters.beta])
        at = devfun.at(x)
        correction = np.zeros((at.place.size,) * 2)
        stay = JointDescent(at, correction, True, "parameters are given", 1, 0, at.passes, (float(at.value),))
        laplace = at.laplace if isinstance(at, QuadratureAt) else at
        proof = certify(stay, laplace)
    found = (devfun, at, True, stay.message, 1, 0, at.passes, proof, stay.trace, stay, GIVEN)
    optimum = GivenOptimum(*found, given_beta=parameters.beta, given_sigma=parameters.sigma)
    return kind(request, data, devfun, optimum)

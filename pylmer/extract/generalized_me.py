"""getME for fits of `glmer`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from ..errors import ArgumentError
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.linalg import Array
from . import system
from .likelihood import group_sizes
from .me import COMPONENTS as OF_LMER
from .me import DevComp, component, getME
from .records import NamedVector

LINEAR = ("RX", "REML", "is_REML", "devcomp", "lower")  # what means something else here


def _theta_nb(fit: GeneralizedFittedModel) -> float:
    if fit.family.theta is None:
        raise ArgumentError(f"getME(): 'glmer.nb.theta' is of negative binomial models; this is {fit.family.name}")
    return float(fit.family.theta)


def _RX(fit: GeneralizedFittedModel) -> pd.DataFrame:
    """Upper triangular (p, p) with RX'RX = X'V^-1 X, V of the working weights."""
    unscaled = fit.optimum.vcov_rx / fit.sigma**2
    names = list(fit.design.X_names)
    return pd.DataFrame(linalg.cholesky(np.linalg.inv(unscaled)), index=names, columns=names)


def _lower(fit: GeneralizedFittedModel) -> NamedVector:
    return NamedVector(fit.covariances.bounds[0], index=list(fit.covariances.names))


def _devcomp(fit: GeneralizedFittedModel) -> DevComp:
    optimum, n, p = fit.optimum, fit.design.n, len(fit.beta)
    y, mu, W = fit.rows.y, fit.mu, fit.optimum.working_weights
    slope = fit.family.link.inverse(fit.eta, 1)
    wrss = float(np.sum(W * ((y - mu) / slope) ** 2))
    cmp = {
        "ldL2": optimum.logdet_V,
        "ldRX2": 2 * float(np.sum(np.log(np.diag(_RX(fit))))),
        "wrss": wrss,
        "ussq": optimum.penalty,
        "pwrss": wrss + optimum.penalty,
        "drsum": optimum.deviance,
        "REML": np.nan,
        "dev": optimum.value,
        "sigmaML": fit.sigma if fit.family.has_scale else np.nan,
        "sigmaREML": np.nan,
    }
    dims = {"N": n, "n": n, "p": p, "nmp": n - p, "q": len(fit.b), "nth": len(fit.theta)}
    dims |= {"useSc": int(fit.family.has_scale), "reTrms": len(fit.design.random), "spFe": 0, "REML": 0}
    return DevComp(pd.Series(cmp), pd.Series(dims | {"nAGQ": fit.nAGQ, "GLMM": 1, "NLMM": 0}))


COMPONENTS: dict[str, Callable[[Any], Any]] = {
    **{name: found for name, found in OF_LMER.items() if name not in LINEAR},
    "RX": _RX,
    "L": lambda fit: _factors(fit).L,
    "RZX": lambda fit: pd.DataFrame(_factors(fit).RZX, columns=fit.design.X_names),
    "REML": lambda fit: 0,
    "is_REML": lambda fit: False,
    "lower": _lower,
    "devcomp": _devcomp,
    "eta": lambda fit: fit.eta,
    "weights": lambda fit: fit.prior_weights,
    "ngrps": group_sizes,
    "glmer.nb.theta": _theta_nb,
}


def _factors(fit: GeneralizedFittedModel) -> system.System:
    """Those of the working linear model."""
    weights: Array = fit.optimum.working_weights
    return system.weighted_system(fit, weights)


@getME.register(GeneralizedFittedModel)
def getME_generalized(fit: GeneralizedFittedModel, name: str | Sequence[str]) -> Any:
    """A component of the fit by lme4's name: those of `lmer`, and eta, weights, glmer.nb.theta.

    L, RZX and RX are those of the working linear model at the optimum.
    """
    skipped = {"L", "RZX"} | ({"glmer.nb.theta"} if fit.family.theta is None else set())
    return component(fit, name, COMPONENTS, skipped)

"""Residuals that are standard normal if the model is right, and how far their ordered values may stray.

Of lmer and lm residuals over sigma; of glmer and glm quantile residuals, turned normal (Dunn & Smyth 1996, J. Comput.
Graph. Stat. 5, 236-244): also of counts and of 0/1 responses.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, cast

import numpy as np
from scipy import special

from ..errors import ArgumentError
from ..extract import resid
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..numerics.linalg import Array
from ..simulation.drawing import Seed, generator

SMALLEST = 1e-12  # probability whose normal quantile is taken


@singledispatch
def normal_residuals(fit: Any, seed: Seed = 1) -> tuple[Array, bool]:
    """The residuals (n,), and whether they are quantile residuals; a seed for those that are random."""
    return resid(fit, "pearson").dropna().to_numpy() / fit.sigma, False


@normal_residuals.register(GeneralizedFittedModel)
def _(fit: GeneralizedFittedModel, seed: Seed = 1) -> tuple[Array, bool]:
    try:
        u = cast(Any, resid)(fit, type="quantile", seed=seed).dropna().to_numpy()
    except ArgumentError:  # the link has no mean for some random effects
        return resid(fit, "pearson").dropna().to_numpy() / fit.sigma, False
    return turned_normal(u), True


@normal_residuals.register(GeneralizedFit)
def _(fit: GeneralizedFit, seed: Seed = 1) -> tuple[Array, bool]:
    law = (fit.y, fit.mu, fit.weights, fit.dispersion)
    at, below = fit.family.cdf(*law), fit.family.cdf_below(*law)
    return turned_normal(below + generator(seed).random(len(at)) * (at - below)), True


def turned_normal(u: Array) -> Array:
    """Normal quantiles of probabilities."""
    return np.asarray(special.ndtri(np.clip(u, SMALLEST, 1 - SMALLEST)))


def order_limits(n: int, level: float) -> tuple[Array, Array]:
    """Limits (n,) of each ordered value of n standard normal ones: normal quantiles of Beta(i, n + 1 - i).

    >>> [ends.round(2).tolist() for ends in order_limits(2, 0.95)]
    [[-2.24, -1.0], [1.0, 2.24]]
    """
    i = np.arange(1, n + 1)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = (special.ndtri(special.betaincinv(i, n + 1 - i, tail)) for tail in tails)
    return np.asarray(low), np.asarray(high)

"""Randomized quantile residuals: where a response lies in its distribution, random effects and all.

    F_i(y) = integral of F(y | h(x_i'beta + offset_i + s_i z)) phi(z) dz,    s_i^2 = sum over terms of z_i'Sigma z_i

by Gauss-Hermite quadrature, one dimension a row whatever the random effects are, since only their sum counts. Given the
conditional modes instead, residuals would be too small: the modes were fitted to the responses (shrinkage). Those of
one group are dependent.

Source: Dunn & Smyth (1996), Randomized quantile residuals, J. Comput. Graph. Stat. 5, 236-244.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.linalg import Array, chunks

NODES = 40
CELLS = 2_000_000  # numbers at the nodes that are held at once


def quantile_residuals(fit: GeneralizedFittedModel, seed: Any) -> Array:
    """(n,), uniform in 0..1 if the model is right."""
    below, at = marginal_cdf(fit)
    return np.asarray(below + _generator(seed).random(len(at)) * (at - below))


def marginal_cdf(fit: GeneralizedFittedModel) -> tuple[Array, Array]:
    """P(Y < y) and P(Y <= y) of every row, random effects integrated out: (n,), (n,)."""
    family, y, w = fit.family, fit.rows.y, fit.prior_weights
    below, at = np.empty(len(y)), np.empty(len(y))
    for rows in chunks(len(y), max(1, CELLS // NODES)):
        if family.discrete:
            below[rows] = _mean(fit, rows, partial(_probability, family.cdf_below, y[rows, None], w[rows, None], fit))
        at[rows] = _mean(fit, rows, partial(_probability, family.cdf, y[rows, None], w[rows, None], fit))
    return (below if family.discrete else at), at


def _probability(law: Callable[..., Array], y: Array, w: Array, fit: GeneralizedFittedModel, mu: Array) -> Array:
    return law(y, mu, w, fit.sigma**2)


def _mean(fit: GeneralizedFittedModel, rows: slice, function: Callable[[Array], Array]) -> Array:
    """The mean of a function of mu over the random effects of some rows."""
    x, weight = np.polynomial.hermite_e.hermegauss(NODES)
    eta = fit.optimum.fixed_predictor[rows, None] + fit.effect_deviations[rows, None] * x
    if not fit.family.valid(eta):
        raise ArgumentError(
            f"the {fit.family.link.name} link has no mean for some values that random effects can give: "
            "there are no quantile residuals; take type='deviance' or 'pearson'"
        )
    values = np.broadcast_to(function(fit.family.mu(eta)), eta.shape)
    return np.asarray(np.clip(values @ (weight / weight.sum()), 0.0, 1.0))


def _generator(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ArgumentError(f"seed must be a whole number from 0 or a numpy Generator, found {seed!r}") from None

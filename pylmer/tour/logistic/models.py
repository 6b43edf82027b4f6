"""Steps that fit a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import criterion_curve, display, family, se_coef
from ..telling import fixed, table
from .herds import Herds


def complete_pooling(herds: Herds) -> Sequence[str]:
    """One probability for each quarter."""
    b: Any = herds.complete.coef()
    sums = herds.by_herd.sum()
    first = probability(herds, b["(Intercept)"])
    return (
        "Contagious bovine pleuropneumonia was followed in 15 herds of the Ethiopian highlands: in each of four "
        "quarters the animals at risk and the new cases among them (Lesnoff et al. 2004, Preventive Veterinary "
        f"Medicine 64, 27-40), {sums['cases']} cases in {sums['animals']} animals counted once a quarter. Complete "
        "pooling leaves the herds out:",
        str(display(herds.complete)),
        f"Coefficients are on the logit scale. In the first quarter logit^-1({b['(Intercept)']:.2f}) = {first:.3f} of "
        f"the animals fall ill; in the second the odds are exp({b['period2']:.2f}) = {np.exp(b['period2']):.2f} times "
        "those. That herds differ is not in this model.",
    )


def no_pooling(herds: Herds) -> Sequence[str]:
    """A probability for each herd."""
    fit, sums = herds.none, herds.by_herd
    b: Any = fit.coef()
    error: Any = se_coef(fit)
    levels = [*sums.index[:3], *highest_and_lowest(herds)]
    names = [f"herd{level}" for level in levels]
    return (
        "No pooling gives each herd an intercept of its own: glm with 15 indicators, ... ~ herd + period - 1. The "
        "probability is that of the first quarter.",
        table(
            [f"herd {level}" for level in levels],
            {
                "animals": [*map(str, sums["animals"][levels])],
                "cases": [*map(str, sums["cases"][levels])],
                "estimate": fixed(b[names]),
                "std. error": fixed(error[names]),
                "probability": fixed([probability(herds, value) for value in b[names]], 3),
            },
        ),
        f"From {probability(herds, b[names[-1]]):.2f} to {probability(herds, b[names[-2]]):.2f}: no pooling overstates "
        "how much herds differ, the more so the fewer animals a herd has.",
    )


def multilevel(herds: Herds) -> Sequence[str]:
    """M."""
    M = herds.M
    mean, sd = float(M.fixef()["(Intercept)"]), float(M.theta[0])
    low, middle, high = (probability(herds, mean + k * sd) for k in (-1, 0, 1))
    return (
        "The multilevel model lies between both: intercepts of herds come from a normal distribution on the logit "
        "scale, whose standard deviation is estimated.",
        str(display(M)),
        f"In the first quarter a herd in the middle has a probability of {middle:.3f}, two thirds of the herds lie "
        f"between {low:.3f} and {high:.3f}. The effects of the quarters are those within a herd: herd 8, with many "
        "cases, was followed in the first quarter alone, which complete pooling takes for an effect of that quarter.",
    )


def criterion(herds: Herds) -> Sequence[str]:
    """-2 log L over theta."""
    curve = criterion_curve(herds.M)
    return (
        "How much to pool is one number, the standard deviation theta of the herds. For each theta the others are "
        "estimated, and what remains is a curve whose lowest point is the fit:",
        str(curve),
        f"The optimum lies {curve.complete - curve.lowest:.1f} below complete pooling, and no pooling, where theta is "
        "infinite, is infinitely far above.",
    )


def probability(herds: Herds, eta: float) -> float:
    """logit^-1."""
    return float(family(herds.M).mu(np.array([float(eta)]))[0])


def highest_and_lowest(herds: Herds) -> list[str]:
    """The herds with the highest and the lowest estimate without pooling."""
    estimates = herds.pooled["no_pooling"]
    return [str(estimates.idxmax()), str(estimates.idxmin())]

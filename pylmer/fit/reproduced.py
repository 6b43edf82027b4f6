"""Responses that the fixed effects and the groups reproduce: nothing is left to estimate sigma from."""

from __future__ import annotations

import numpy as np

from ..engine.optimize.unbounded import BLURRED, falls_without_end
from ..errors import NumericalError
from .fitted_model import FittedModel

EXACT = 1e-8  # share of the residuals in the penalized residual sum of squares that is rounding
ROUNDED = 1e-10  # residuals, relative to the response, that may be rounding


def reproduced_note(model: FittedModel) -> str:
    """What must be said where the groups leave nothing, "" where they leave something.

    As the variances run away either the criterion falls without end, sigma is not to be estimated, and NumericalError
    is raised; or it tends to a limit.
    """
    at, left = model.at, _left(model)
    exact = left < EXACT * at.s2 * at.criterion.m
    if not (exact or left < ROUNDED**2 * at.gram.y_square or at.noise > BLURRED):
        return ""
    groups = " and ".join(dict.fromkeys(repr(term.group) for term in model.design.random))
    correlated = any(family.kinked for family in model.covariances.families)
    if falls_without_end(at) or (exact and correlated):
        raise NumericalError(
            f"the fixed effects and {groups} reproduce the response exactly, so sigma cannot be estimated: "
            "is the response constant within groups?"
        )
    if not exact:
        return ""
    return (
        f"the fixed effects and {groups} reproduce the response nearly exactly: the criterion tends to a limit "
        "as sigma tends to zero, and only the ratios of the random effects' variances are determined"
    )


def _left(model: FittedModel) -> float:
    """The weighted residual sum of squares; of rows that are not at hand by sums, in which more of it is rounding."""
    if not model.data.source.at_hand:
        return max(model.solution.r2 - float(model.u @ model.u), 0.0)
    rows = model.rows
    weights = 1.0 if rows.weights is None else rows.weights
    return float(np.sum(weights * (rows.y - model.mu) ** 2))

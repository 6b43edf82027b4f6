"""Satterthwaite's degrees of freedom of the coefficients of many responses of one design."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.criterion.deviance import with_log_sigma
from ...engine.many_responses import sensitivities
from ...engine.many_responses.stacked_points import StackedPoints
from ...engine.optimize.asymptotics import flat_directions, inverse
from ...fit.many_fits import BatchFits
from ...numerics.linalg import Array, Codes
from .satterthwaite import Satterthwaite, satterthwaite


def coefficient_tests(batch: BatchFits[Any]) -> tuple[Array, Array]:
    """Standard errors (R, p) and degrees of freedom (R, p) of every response's coefficients; NaN where it failed.

    Together where the responses were solved together, else one after the other.
    """
    eye = np.eye(batch.beta.shape[1])
    error, df = np.full(batch.beta.shape, np.nan), np.full(batch.beta.shape, np.nan)
    solved = {r: points for r, points in enumerate(batch.optima.points) if points is not None}
    shared = np.array([r for r in solved if batch.problem.stacked and r not in batch.problem.own], dtype=np.int64)
    if len(shared):
        of_shared = _together(batch, shared)
        error[shared], df[shared] = np.sqrt(of_shared.variances(eye)), of_shared.single(eye)
    for r in sorted(set(solved) - set(shared.tolist())):
        alone = satterthwaite(batch.problem.criterion(r).at(solved[r]))
        error[r], df[r] = np.sqrt(alone.variances(eye)), alone.single(eye)
    return error, df


def _together(batch: BatchFits[Any], who: Codes) -> Satterthwaite:
    """With a leading axis: the responses `who`."""
    problem = batch.problem
    places = StackedPoints.stacked(problem.families, [batch.optima.points[r] for r in who.tolist()])
    found, s2, m = sensitivities(problem.stack, who, places), batch.sigma[who] ** 2, problem.stack.m
    H = with_log_sigma(found.hessian, found.r2_slopes, s2, m)
    C = s2[:, None, None] * found.Phi
    slopes = np.concatenate([s2[:, None, None, None] * found.slopes, 2 * C[:, None]], axis=1)
    return Satterthwaite(problem.responses.gram.scaling.inverse, C, slopes, 2 * inverse(H), flat_directions(H))

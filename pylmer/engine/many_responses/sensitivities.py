"""What the degrees of freedom of many responses need, each at its own optimum; the leading axis is that of the runs.

With D_j = Z_j'V^-1X and theta the local coordinates of a run's place,

    dPhi/dtheta_a = Phi [sum_j D_j' dSigma_a D_j] Phi,    dr2/dtheta_a = -sum_j g_j' dSigma_a g_j,    g = Z'Py,

and the Hessian of the profiled criterion is differences of its exact score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes, symmetric
from ...numerics.stacks import product
from ..optimize.information import step_of_differences
from .stacked import Stack, StackRun, products_by_run
from .stacked_points import StackedPoints


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """Of m runs: Phi = (X'V^-1X)^-1 (m, p, p), its slopes (m, k, p, p), r2_slopes (m, k), hessian (m, k, k)."""

    Phi: Array
    slopes: Array
    r2_slopes: Array
    hessian: Array


def sensitivities(stack: Stack, who: Codes, places: StackedPoints) -> Sensitivities:
    """Of the responses `who`, each at its place; the arithmetic has not failed there."""
    parts = [_of_run(stack.run(who[part], places[part])) for part in stack.parts(len(who), places)]
    Phi, slopes, r2_slopes = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Sensitivities(Phi, slopes, r2_slopes, _hessians(stack, who, places))


def _of_run(run: StackRun) -> tuple[Array, Array, Array]:
    beta, _, Phi, _ = run.fixed()
    g = run.solved(beta)[2]
    D = run.cross_products()
    inner = sum(_turned(run, f, dS, D[f]) for f, dS in enumerate(run.tangents))
    r2 = sum(_turned(run, f, dS, g[f]) for f, dS in enumerate(run.tangents))
    return Phi, Phi[:, None] @ inner @ Phi[:, None], -np.asarray(r2)[:, :, 0, 0]


def _turned(run: StackRun, f: int, tangents: Array, x: Array) -> Array:
    """sum_j x_j' dSigma_a x_j of factor f, run by run: (m, k, c, c) for x (rj, L, c)."""
    each = [products_by_run(x, product(run.by_level(f, dS), x), run.R) for dS in np.moveaxis(tangents, 1, 0)]
    return np.stack(each, axis=1)


def _hessians(stack: Stack, who: Codes, places: StackedPoints) -> Array:
    """Central differences of the score in the coordinates of each place: (m, k, k)."""
    h = step_of_differences(places.extent)[:, None]
    rows = [
        stack.scores(who, places.shifted(h * unit)) - stack.scores(who, places.shifted(-h * unit))
        for unit in np.eye(places.size)
    ]
    shape = (len(who), places.size, places.size)
    return symmetric(np.stack(rows, axis=1).reshape(shape) / (2 * h[:, :, None]))

"""Hessians by central differences of exact scores: of one response all differences at once, of many all responses.

As `proof.observed_information` and `GeneralizedOptimum.vcov`: vanished directions are held.
"""

from __future__ import annotations

import numpy as np

from ....numerics.linalg import Array, Mask, symmetric, transposed
from ....numerics.stacks import product
from ...many_responses.stacked_points import StackedPoints
from ..joint_newton import difference_step
from ..laplace import LaplaceAt
from ..user import GeneralizedDevfun
from .criteria import chunks_of, many_laplace
from .descent import ManyRuns, evaluated, scores_at
from .design import one_factor
from .places import ManyPlaces, is_singular
from .values import Linearized


def beta_covariances(devfun: GeneralizedDevfun, Y: Array, places: ManyPlaces) -> Array:
    """2 H^-1 of beta (R, p, p) for the columns of Y (n, R) at their optima, in the user's units.

    NaN where the Hessian is not positive definite.
    """
    design = one_factor(devfun.structure)
    found = [np.zeros((0, design.p, design.p))]
    for part in chunks_of(design, Y.shape[1]):
        laplace, who = many_laplace(devfun, design, Y[:, part]), np.arange(len(part))
        here = places[part]
        values = evaluated(laplace, who, here, np.zeros((design.L, design.J, len(part))))
        unused = np.zeros(len(part))
        found.append(_beta_blocks(ManyRuns(laplace, who, here, values, unused, unused, unused > 0)))
    back = devfun.structure.scaling.inverse
    return symmetric(back @ np.concatenate(found) @ back.T)


def _beta_blocks(runs: ManyRuns) -> Array:
    """2 H^-1 of the scaled beta (m, p, p)."""
    k, H = runs.places.k, _hessians(runs)
    for r in np.flatnonzero(np.asarray(is_singular(runs.places))):
        held = np.flatnonzero(~runs.places.points.points(int(r)).free)
        H[r, held], H[r, :, held] = 0.0, 0.0
        H[r, held, held] = 1.0
    known: Mask = np.asarray(np.isfinite(H).all(axis=(1, 2)))
    values, vectors = np.linalg.eigh(np.where(known[:, None, None], H, np.eye(H.shape[1])))
    good = known & (values[:, 0] > 0)
    C = 2 * (vectors / np.where(good[:, None], values, np.nan)[:, None, :]) @ transposed(vectors)
    return np.asarray(C[:, k:, k:])


def _hessians(runs: ManyRuns) -> Array:
    """d's Hessian in the local coordinates of every run (m, k + p, k + p)."""
    h = np.maximum(1e-5 * runs.places.extent, 1e-6)
    slopes = [_score_beside(runs, h, a) - _score_beside(runs, -h, a) for a in range(runs.places.size)]
    return symmetric(np.stack(slopes, axis=1) / (2 * h[:, None, None]))


def _score_beside(runs: ManyRuns, h: Array, coordinate: int) -> Array:
    """The score (m, k + p) where one coordinate is larger by h (m,)."""
    step = np.zeros((len(h), runs.places.size))
    step[:, coordinate] = h
    places = runs.places.shifted(step)
    return scores_at(runs.laplace, runs.who, places, runs.values.rows.expected(runs.laplace, runs.places, places))


def hessian_at(devfun: GeneralizedDevfun, at: LaplaceAt) -> Array:
    """d's Hessian in the local coordinates of one response's place (k + p, k + p); the devfun is `solvable`."""
    laplace = many_laplace(devfun, one_factor(devfun.structure), at.responses.y[:, None])
    size, h = at.place.size, difference_step(at.place)
    steps = np.vstack([h * np.eye(size), -h * np.eye(size)])
    points = StackedPoints.stacked(devfun.covariances, [at.place.points])
    here = ManyPlaces(points[np.zeros(len(steps), int)], np.tile(at.place.beta, (len(steps), 1)))
    beside = here.shifted(steps)
    u = _about(at, len(steps)).expected(laplace, here, beside)
    scores = scores_at(laplace, np.zeros(len(steps), int), beside, u)
    return symmetric((scores[:size] - scores[size:]) / (2 * h))


def _about(at: LaplaceAt, runs: int) -> Linearized:
    """The rows about the modes of one response, as those of many runs."""
    (sums,), (b,), (g,) = at.observed_engine.gram.factors, at.modes.b, at.Ztg
    right = product(sums.ZtZ, b[:, :, None])[:, :, 0] - g
    parts = b.T, right.T, sums.ZtZ.transpose(1, 2, 0), sums.ZtXy[:, :, :-1].transpose(1, 2, 0)
    return Linearized(*(np.repeat(part[..., None], runs, axis=-1) for part in parts))

"""Covariances of beta of many responses at their optima: exact scores differenced, all runs at once.

As `proof.observed_information` and `GeneralizedOptimum.vcov`: central differences, vanished directions held.
"""

from __future__ import annotations

import numpy as np

from ....numerics.linalg import Array, Codes, Mask, symmetric, transposed
from ..user import GeneralizedDevfun
from .descent import ManyRuns, evaluated, moved_to
from .design import one_factor
from .places import ManyPlaces
from .solve import chunks_of, is_singular, many_laplace


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
    every: Codes = np.arange(len(h))
    return moved_to(runs, every, runs.places.shifted(step)).gradient

"""A grid of all covariances of a pair of effects: axes, standard deviations, ratios of the smaller to the larger.

What is singular is as much on it as what is not. Without a correlation the axes are those of the columns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...numerics.linalg import Array, Codes
from ..covariance.corners import ALONE, TOGETHER
from ..covariance.unstructured import ANGLES
from .pair_map import squared

SIZES = (0.15, *ALONE)  # larger standard deviations on the grid, relative to sigma
ROUND = (*SIZES, *TOGETHER[2:])  # those where the smaller is as large
RATIOS = (0.0, 0.1, 0.4)  # of the smaller to the larger, elsewhere


def templates(place: Array) -> Array:
    """T (..., 2, 2) = U diag(s, ratio s) at an angle, a deviation s and a ratio (..., 3).

    >>> templates(np.array([0.0, 2.0, 0.5]))
    array([[ 2., -0.],
           [ 0.,  1.]])
    """
    angle, larger, ratio = np.moveaxis(place, -1, 0)
    cos, sin, smaller = np.cos(angle), np.sin(angle), larger * ratio
    return np.stack([larger * cos, -smaller * sin, larger * sin, smaller * cos], axis=-1).reshape(*angle.shape, 2, 2)


class PairGrid(NamedTuple):
    """Zero, ROUND, and angles by SIZES by RATIOS: as `Places` (m, 3), and as coefficients of the map (m, 4)."""

    place: Array
    w: Array


@lru_cache(maxsize=2)
def whole_grid(turns: bool) -> PairGrid:
    """The grid, of axes that turn or of the columns."""
    angles = np.pi * np.arange(ANGLES) / ANGLES if turns else [0.0, np.pi / 2]
    others = np.stack(np.meshgrid(angles, SIZES, RATIOS, indexing="ij"), axis=-1).reshape(-1, 3)
    place = np.concatenate([[[0.0, size, 1.0] for size in (0.0, *ROUND)], others])
    return PairGrid(place, squared(templates(place)))


def undercut_by_none(values: Array, turns: bool) -> Codes:
    """The places of the grid whose neighbours all have values as high or higher, infinite ones left out."""
    zero, same = values[0], values[1 : len(ROUND) + 1]
    out = values[len(ROUND) + 1 :].reshape(-1, len(SIZES), len(RATIOS))
    padded = np.full((len(out), len(SIZES) + 2, len(RATIOS) + 2), np.inf)
    padded[:, 0], padded[:, 1:-1, -1], padded[:, 1:-1, 1:-1] = zero, same[: len(SIZES)], out
    beside = [padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]]
    beside += [np.roll(out, turn, axis=0) for turn in (1, -1) if turns]
    line = np.concatenate([[zero], same, [np.inf]])
    flatter = np.concatenate([out[:, :, -1].min(axis=0), np.full(len(ROUND) - len(SIZES), np.inf)])
    lowest = np.concatenate(
        [
            [zero <= min(same[0], out[:, 0].min())],
            same <= np.minimum(np.minimum(line[:-2], line[2:]), flatter),
            (out <= np.minimum.reduce(beside)).ravel(),
        ]
    )
    return np.flatnonzero(lowest & np.isfinite(values))


def around_places(place: Array, part: float, turns: bool) -> Array:
    """Each place (m, 3) and those beside it (m, 27, 3), by a part of the grid's distances."""
    steps = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(27, 3) * part
    angle, larger, ratio = np.moveaxis(place[:, None] + np.zeros((27, 1)), -1, 0)
    turned = angle + turns * steps[:, 0] * np.pi / ANGLES
    sized = larger * (ALONE[1] / ALONE[0]) ** steps[:, 1]
    return np.stack([turned, sized, np.clip(ratio + 0.1 * steps[:, 2], 0.0, 1.0)], axis=-1)

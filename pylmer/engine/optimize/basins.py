"""Whether the criterion of one pair of effects has a minimum elsewhere: a grid of all covariances, seen at once.

The grid is over axes, standard deviations and the ratio of the smaller to the larger, so that it has the singular
covariances and the others alike; without a correlation the axes are those of the columns. Its local minima are joined
with the optimum by the shortest path between the two Sigma (Bhatia, Jain & Lim 2019: T and T* Q, with Q turning T* as
near to T as it goes, and straight between them). Where the criterion falls all the way there is one basin; a minimum
behind a rise is looked at closer, and descended from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, Mask
from ..covariance.corners import ALONE, TOGETHER
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points
from ..covariance.unstructured import ANGLES
from ..criterion.profiled import Criterion, ProfiledEvaluation
from .certificate import kkt
from .newton import Run, newton
from .pair_map import PairMap, squared
from .search import INTERIOR

SIZES = (0.15, *ALONE)  # larger standard deviations on the grid, relative to sigma
ROUND = (*SIZES, *TOGETHER[2:])  # those where the smaller is as large
RATIOS = (0.0, 0.1, 0.4)  # of the smaller to the larger, elsewhere
NEAR = 25.0  # a minimum of the grid at most this much above the optimum may lead below it, or if it is among the
LOWEST = 3  # lowest
DESCENTS = 10  # at most
STEPS = 100
HALVINGS = range(3, 8)  # places on a path: eighths, and nearer and nearer to its ends
CLOSER = 5  # times that the places around a minimum of the grid are looked at, at half the distance each time
STRICT = 1e-6  # least slope, relative to the mean of Z'QZ, at which a vanished deviation is sure not to grow


class Ends(NamedTuple):
    """Where descents from outside the optimum's basin ended; how many values were looked at."""

    runs: list[Run[ProfiledEvaluation]]
    values: int


def ends_elsewhere(
    criterion: Criterion, families: Sequence[CovarianceFamily], best: Run[ProfiledEvaluation], allowed: float
) -> Ends:
    """Descents from the minima of the grid that a rise of more than `allowed` parts from the optimum, lowest first."""
    view = View(PairMap.of(criterion), families[0].width == 2 and families[0].charted, allowed)
    runs = [] if _vanished_for_sure(best) else _descent(criterion, best.at.place.floored(INTERIOR))
    known = [best, *runs]
    left = view.apart(_near(view.minima(), best.at.value), known)
    left = view.apart(view.closer(left), known) if len(left.value) else left
    while len(left.value) and len(runs) < DESCENTS:
        fresh = _descent(criterion, _points(criterion, families, templates(left.place[0])))
        runs, left = runs + fresh, view.apart(left[1:], fresh)
    return Ends(runs, view.looked)


def _points(criterion: Criterion, families: Sequence[CovarianceFamily], T: Array) -> Points:
    """The terms' parts of T (2, 2)."""
    parts = [T[at, at] for _, at in (criterion.gram.place[term] for term in range(len(families)))]
    return Points(family.at_template(part, np.eye(len(part))) for family, part in zip(families, parts, strict=True))


def _template(at: ProfiledEvaluation) -> Array:
    """T (2, 2) of all terms."""
    T = np.zeros((2, 2))
    for term, point in enumerate(at.place):
        _, own = at.criterion.gram.place[term]
        T[own, own] = point.template()
    return T


def _near(minima: Places, value: float) -> Places:
    return minima[(minima.value < value + NEAR) | (np.arange(len(minima.value)) < LOWEST)]


def _vanished_for_sure(run: Run[ProfiledEvaluation]) -> bool:
    """Whether nothing has vanished, or only what the criterion is strictly against."""
    if not run.at.place.singular():
        return True
    slopes = kkt(run.at)
    return run.converged and bool(slopes) and min(slopes.values()) > STRICT


def _descent(criterion: Criterion, points: Points) -> list[Run[ProfiledEvaluation]]:
    """The run, or none where the arithmetic fails."""
    try:
        return [newton(criterion.at, points, STEPS)]
    except NumericalError:
        return []


@dataclass(frozen=True, eq=False)
class Places:
    """Angle of the first axis, larger deviation and ratio of the smaller to it (m, 3), lowest value (m,) first."""

    place: Array
    value: Array

    def __getitem__(self, which: Mask | Codes | slice) -> Places:
        return Places(self.place[which], self.value[which])


@dataclass(eq=False)
class View:
    """The criterion of a pair, whether its axes turn, and what a rise must exceed to part two basins.

    Counts what it has `looked` at.
    """

    seen: PairMap
    turns: bool
    allowed: float
    looked: int = field(default=0)

    def values(self, T: Array) -> Array:
        """The criterion at T (..., 2, 2)."""
        self.looked += T[..., 0, 0].size
        return self.seen.values(squared(T.reshape(-1, 2, 2))).reshape(T.shape[:-2])

    def minima(self) -> Places:
        """The local minima of the grid."""
        grid = _grid(self.turns)
        self.looked += len(grid.w)
        found = self.seen.values(grid.w)
        lowest = _undercut_by_none(found, self.turns)
        return _sorted(Places(grid.place[lowest], found[lowest]))

    def closer(self, places: Places) -> Places:
        """The lowest place around each, found by steps from the distances of the grid down."""
        place, value = places.place, places.value
        for k in range(CLOSER):
            around = _around(place, 0.5 ** (k + 1), self.turns)
            values = self.values(templates(around))
            which = values.argmin(axis=1)[:, None]
            place = np.take_along_axis(around, which[..., None], axis=1)[:, 0]
            value = np.take_along_axis(values, which, axis=1)[:, 0]
        return _sorted(Places(place, value))

    def apart(self, places: Places, ends: list[Run[ProfiledEvaluation]]) -> Places:
        """The places from which the criterion does not fall all the way to one of the ends."""
        for end in ends:
            places = places[np.logical_not(self._joined(places, end.at))]
        return places

    def _joined(self, places: Places, end: ProfiledEvaluation) -> Mask:
        """Whether the criterion falls all the way from each place to an end: (m,)."""
        T, there = templates(places.place), _template(end)
        left, _, right = np.linalg.svd(there.T @ T)
        t = _fractions()[:, None, None]
        path = (1 - t) * T[:, None] + t * (there @ left @ right)[:, None]
        way = np.column_stack([places.value, self.values(path), np.full(len(T), end.value)])
        return np.asarray((np.diff(way, axis=1) <= self.allowed).all(axis=1))


def _sorted(places: Places) -> Places:
    return places[np.argsort(places.value)]


def templates(place: Array) -> Array:
    """T (..., 2, 2) = U diag(s, ratio s) at an angle, a deviation s and a ratio (..., 3).

    >>> templates(np.array([0.0, 2.0, 0.5]))
    array([[2., 0.],
           [0., 1.]])
    """
    angle, larger, ratio = np.moveaxis(place, -1, 0)
    cos, sin, smaller = np.cos(angle), np.sin(angle), larger * ratio
    return np.stack([larger * cos, -smaller * sin, larger * sin, smaller * cos], axis=-1).reshape(*angle.shape, 2, 2)


def _around(place: Array, part: float, turns: bool) -> Array:
    """Each place (m, 3) and those beside it (m, 27, 3), by a part of the grid's distances."""
    steps = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(27, 3) * part
    angle, larger, ratio = np.moveaxis(place[:, None] + np.zeros((27, 1)), -1, 0)
    turned = angle + turns * steps[:, 0] * np.pi / ANGLES
    sized = larger * (ALONE[1] / ALONE[0]) ** steps[:, 1]
    return np.stack([turned, sized, np.clip(ratio + 0.1 * steps[:, 2], 0.0, 1.0)], axis=-1)


@lru_cache(maxsize=1)
def _fractions() -> Array:
    near = {0.5**k for k in HALVINGS}
    return np.array(sorted({k / 8 for k in range(1, 8)} | near | {1 - each for each in near}))


class Grid(NamedTuple):
    """Zero, ROUND, and angles by SIZES by RATIOS: as `Places` (m, 3), and as coefficients of the map (m, 4)."""

    place: Array
    w: Array


@lru_cache(maxsize=2)
def _grid(turns: bool) -> Grid:
    angles = np.pi * np.arange(ANGLES) / ANGLES if turns else [0.0, np.pi / 2]
    others = np.stack(np.meshgrid(angles, SIZES, RATIOS, indexing="ij"), axis=-1).reshape(-1, 3)
    place = np.concatenate([[[0.0, size, 1.0] for size in (0.0, *ROUND)], others])
    return Grid(place, squared(templates(place)))


def _undercut_by_none(values: Array, turns: bool) -> Codes:
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

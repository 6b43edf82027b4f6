"""Whether the criterion of one pair of effects has a minimum elsewhere: a grid of all covariances, seen at once.

The local minima of the grid are joined with the optimum by the shortest path between the two Sigma (Bhatia, Jain & Lim
2019: T and T* Q, with Q turning T* as near to T as it goes, and straight between them). Where the criterion falls all
the way there is one basin; from a minimum behind a rise a descent begins. Several minima are looked at closer first:
the way from a place of the grid may lead past a narrow one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, Codes, Mask
from ..covariance.family import CovarianceFamily
from ..covariance.points import Points
from ..criterion.profiled import Criterion, ProfiledEvaluation
from .certificate import kkt
from .newton import Run, newton
from .pair_grid import around_places, templates, undercut_by_none, whole_grid
from .pair_map import PairMap, squared
from .search import INTERIOR

NEAR = 25.0  # a minimum of the grid at most this much above the optimum may lead below it, or if it is among the
LOWEST = 3  # lowest
TRIED = 20  # at most
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
    minima = _near(view.minima(), best.at.value)
    left = minima if len(minima.value) > 1 else view.apart(minima, known)
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
    return minima[(minima.value < value + NEAR) | (np.arange(len(minima.value)) < LOWEST)][:TRIED]


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
        grid = whole_grid(self.turns)
        self.looked += len(grid.w)
        found = self.seen.values(grid.w)
        lowest = undercut_by_none(found, self.turns)
        return _sorted(Places(grid.place[lowest], found[lowest]))

    def closer(self, places: Places) -> Places:
        """The lowest place around each, found by steps from the distances of the grid down."""
        place, value = places.place, places.value
        for k in range(CLOSER):
            around = around_places(place, 0.5 ** (k + 1), self.turns)
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


@lru_cache(maxsize=1)
def _fractions() -> Array:
    near = {0.5**k for k in HALVINGS}
    return np.array(sorted({k / 8 for k in range(1, 8)} | near | {1 - each for each in near}))

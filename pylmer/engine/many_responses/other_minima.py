"""Another minimum than the one that was found: descents from the corners of the covariances, many at once.

With few levels or little data the criterion can have several minima, which no scan at multiples of I sees: a term that
is zero in one is large in another, or lies along another direction. Optima that may not be the lowest (`doubtful`) are
compared with the criterion at all `corners`, the other terms where they are or small; a few steps are taken from those
that come near, and those that go lower are followed to their end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product as pairs
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...numerics.linalg import Array, Codes, Mask
from ..covariance.corners import SMALL, TOGETHER, Corners, corners
from ..covariance.family import CovarianceFamily
from ..covariance.point import VANISHED, Point
from ..covariance.unstructured import Unstructured
from ..criterion.trusted import collinearity
from ..sums.gram import Gram
from .descent import Descent, Runs
from .stacked import Stack
from .stacked_points import StackedPoints

FEW_LEVELS = 16  # of some factor: below this any optimum is doubtful ...
SOME_LEVELS = 50  # ... and below this a singular one is, ...
SOME_ROWS = 1000  # ... of no more rows than these
COLLINEAR = 0.95  # correlation, about zero, of two columns of one factor from which any optimum is doubtful
NEAR = 12.0  # a corner at most this much above the optimum may lead below it ...
SINGULAR_NEAR = 25.0  # ... and this much where the optimum is singular, or if it is among the
LOWEST = 3  # lowest corners
TRIED = 20  # corners at most that are descended from, for each optimum
ROUNDS = (4, 8.0, 16), (4, 4.0, 10), (8, 2.0, 6), (80, 2.0, 3)  # steps, how far above a descent goes on then, how many
ARRIVED = 1e-3  # above the optimum, after some steps: on the way to it
COLLAPSED = 1e-10  # of r2: an end where sigma vanishes and the criterion falls without end is no minimum
LOWER = 1e-7  # relative difference from which an optimum is another one

Counts: TypeAlias = tuple[int, int]  # values alone, and full evaluations


def doubtful(gram: Gram, parameters: int, singular: Array) -> Mask:
    """Which optima (m,) may not be the lowest; along a single parameter the scan has seen all."""
    if parameters < 2:
        return np.zeros(len(singular), bool)
    levels = min(sums.J for sums in gram.factors)
    few = levels < FEW_LEVELS or collinearity(gram) > COLLINEAR
    return np.asarray(singular & (levels < SOME_LEVELS) & (gram.n <= SOME_ROWS)) | few


def least_difference(value: Any, noise: Any) -> Any:
    """The smallest difference of criteria that shows another minimum."""
    return np.maximum(LOWER * np.maximum(1.0, np.abs(value)), noise)


@dataclass(frozen=True, eq=False)
class WidenedOptima:
    """runs: one a response, with a lower end in place of each doubtful one that has one; counts: what it took.

    creeping  descents that have not ended and may yet go lower, and `whose` run each would undercut
    """

    runs: Runs
    counts: Counts
    creeping: Runs
    whose: Codes


def widened(stack: Stack, runs: Runs) -> WidenedOptima:
    """Descents from the corners of the covariances for the runs that are doubtful."""
    lost = np.any(runs.places.deviations() < VANISHED, axis=1)
    parameters = runs.places.size
    doubts = np.flatnonzero(doubtful(stack.engine.gram, parameters, lost) & np.isfinite(runs.values.value))
    if not len(doubts):
        return WidenedOptima(runs, (0, 0), runs[doubts], doubts)
    ends, whose, going, counts = _descended(stack, runs[doubts], lost[doubts])
    whose = doubts[whose]
    creeping, their = ends[going], whose[going]
    kept = ends.values.r2 > COLLAPSED * runs.values.r2[whose]
    lower = np.flatnonzero(kept & (ends.values.value < runs.values.value[whose] - _least(runs)[whose]))
    if len(lower):
        order = lower[np.lexsort((ends.values.value[lower], whose[lower]))]
        first = order[np.unique(whose[order], return_index=True)[1]]
        runs = runs.updated(whose[first], ends[first])
    return WidenedOptima(runs, counts, creeping, their)


def _least(runs: Runs) -> Array:
    return np.asarray(least_difference(runs.values.value, runs.values.noise))


def _descended(stack: Stack, runs: Runs, lost: Mask) -> tuple[Runs, Codes, Codes, Counts]:
    """Where descents from the corners end, which of the runs each tried to undercut, which have not arrived."""
    R, places = len(runs.who), corner_places(runs.places)
    count = len(places.T[0]) // R
    values = stack.criteria(np.tile(runs.who, count), places).reshape(count, R)
    corner, run = np.nonzero(chosen_corners(runs.places.families, values - runs.values.value, lost))
    if not len(run):
        return runs[run], run, run, (values.size, 0)
    descent = Descent(stack, runs.who[run], places[corner * R + run])
    for steps, close, most in ROUNDS:
        descent.go(steps)
        rise = descent.state.values.value - runs.values.value[run]
        descent.going = _promising(descent, rise, _least(runs)[run], run, close, most)
    return descent.runs, run, descent.going, (values.size, descent.evaluations)


def _promising(descent: Descent, rise: Array, least: Array, run: Codes, close: float, most: int) -> Codes:
    """Of the descents that go on those that are lower than the optimum or may yet be: of each run the lowest that
    differ."""
    on = np.zeros(len(run), bool)
    on[descent.going] = True
    on &= (rise < -least) | ((rise > np.maximum(least, ARRIVED)) & (rise < close))
    out: list[int] = []
    for each in np.unique(run[on]):
        mine = np.flatnonzero((run == each) & on)
        mine = mine[np.argsort(rise[mine])]
        distinct = [k for n, k in enumerate(mine) if n == 0 or rise[k] - rise[mine[n - 1]] > least[k]]
        out += [int(k) for k in distinct[:most]]
    return np.array(out, dtype=int)


Block: TypeAlias = tuple[Corners, int | None, bool]  # corners of which term (None: of all), and the others small


def corner_places(found: StackedPoints) -> StackedPoints:
    """All corners of each term in turn, the others as found or small, and all together, for R runs: N R places."""
    R = len(found.T[0])
    T: list[Array] = []
    U: list[Array] = []
    for own, axes, fixed in zip(found.T, found.U, _fixed(found.families), strict=True):
        for mine, theirs, out in ((own, fixed.T, T), (axes, fixed.U, U)):
            places = theirs[:, None].repeat(R, axis=1)
            places[fixed.own] = mine
            out.append(places.reshape(-1, *mine.shape[1:]))
    return replace(found, T=tuple(T), U=tuple(U))


class FixedPlaces(NamedTuple):
    """One term at all N corners: template and axes (N, l, l), and at which of them it stays as a run has it (N,)."""

    T: Array
    U: Array
    own: Mask


@lru_cache(maxsize=64)
def _fixed(families: tuple[CovarianceFamily, ...]) -> tuple[FixedPlaces, ...]:
    """Every term at the corners of all, in the order of `blocks`."""
    places: list[list[Point | None]] = [[] for _ in families]
    for these, term, small in blocks(families):
        for corner, (k, family) in pairs(these.points, enumerate(families)):
            point: Point | None = family.multiple(SMALL) if small else None
            if term in (k, None):
                point = corner if k == term else family.multiple(float(corner.deviations()[0]))
            places[k].append(point)
    return tuple(_stacked(points, family.width) for points, family in zip(places, families, strict=True))


def _stacked(points: Sequence[Point | None], width: int) -> FixedPlaces:
    none = np.eye(width)
    T = np.array([none if point is None else point.template() for point in points])
    U = np.array([none if point is None or point.axes is None else point.axes for point in points])
    return FixedPlaces(T, U, np.array([point is None for point in points]))


def blocks(families: Sequence[CovarianceFamily]) -> list[Block]:
    """The corners in the order of `corner_places`."""
    out: list[Block] = [(corners(family), term, False) for term, family in enumerate(families)]
    if len(families) > 1:
        out += [(Corners(corners(family).whole, (), False), term, True) for term, family in enumerate(families)]
    return [*out, (Corners(tuple(Unstructured(c * np.eye(1), np.eye(1)) for c in TOGETHER), (), False), None, False)]


def chosen_corners(families: Sequence[CovarianceFamily], rise: Array, lost: Mask) -> Mask:
    """Which corners (N, R) each run is tried from, by their rise above it: of single directions the local minima."""
    parts, at = [], 0
    for these, _, _ in blocks(families):
        own, first = rise[at : at + len(these.points)], len(these.whole)
        along = np.where(these.minima(own[first:]), own[first:], np.inf) if these.along else own[first:]
        parts.append(np.concatenate([own[:first], along]))
        at += len(own)
    left = np.concatenate(parts)
    rank = np.argsort(np.argsort(left, axis=0), axis=0)
    near = np.where(lost, (left < SINGULAR_NEAR) | (rank < LOWEST), left < NEAR)
    return np.asarray(near & np.isfinite(left) & (rank < TRIED))

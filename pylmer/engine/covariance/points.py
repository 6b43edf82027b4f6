"""The points of all terms together: their free coordinates, moves and limits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...numerics.linalg import Array
from .correlated import Correlated
from .point import Point, lower_entries
from .unstructured import Unstructured

Points = tuple[Point, ...]
VANISHED = 1e-4  # a scaled standard deviation below this is zero (engine.md section 3)
Mask: TypeAlias = npt.NDArray[np.bool_]


def singular(points: Sequence[Point], tolerance: float = VANISHED) -> bool:
    """Whether some covariance has lost a direction, or a correlation of cs or ar1 is at its limit."""
    return any(np.any(point.deviations() < tolerance) or at_limit(point, tolerance) for point in points)


def at_limit(point: Point, tolerance: float = VANISHED) -> bool:
    """Whether rho of cs or ar1 is as small or as large as it can be."""
    if not isinstance(point, Correlated):
        return False
    rho = point.family.rho(point.eta)[0]
    return min(rho - point.family.lowest, 1 - rho) < tolerance


def free_coordinates(points: Sequence[Point]) -> Mask:
    """Mask over all local coordinates: False where they would only grow a vanished deviation."""
    return np.concatenate([np.zeros(0, bool), *(_free(point) for point in points)])


def _free(point: Point) -> Mask:
    size, alive = point.size, point.deviations() > 0
    if isinstance(point, Unstructured):
        return alive[lower_entries(len(alive))[1]]
    return np.concatenate([alive, np.full(size - len(alive), bool(alive.any()))])


def _sizes(points: Points) -> list[int]:
    return [point.size for point in points]


def _pieces(points: Points, step: Array) -> list[Array]:
    ends = list(accumulate(_sizes(points), initial=0))
    return [step[start:end] for start, end in pairwise(ends)]


def moved(points: Points, step: Array) -> Points:
    """The points after `step` (k,), in charts of their own and inside their domains."""
    return tuple(point.moved(s) for point, s in zip(points, _pieces(points, step), strict=True))


def shifted(points: Points, step: Array) -> Points:
    """The points displaced by `step` (k,) in their own charts."""
    return tuple(point.shifted(s) for point, s in zip(points, _pieces(points, step), strict=True))


def size_of(points: Points) -> float:
    """The largest entry of all templates."""
    return float(max(np.max(np.abs(point.template()), initial=0.0) for point in points))

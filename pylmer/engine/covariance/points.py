"""The covariances of all random terms as one place, in all their local coordinates side by side."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Self

import numpy as np

from ...numerics.linalg import Array, Mask
from .family import CovarianceFamily
from .point import VANISHED, Point


class Points(tuple[Point, ...]):
    """One point per random term, in fitting order; a step is (k,), the coordinates of all terms in turn.

    >>> from pylmer.engine.covariance.family import covariance_family
    >>> place = Points.multiple((covariance_family("us", 2), covariance_family("diag", 1)), 1.0)
    >>> place.size, place.extent
    (4, 1.0)
    >>> place.moved(np.array([0.0, 0.0, 0.0, -0.25]))[1].template()
    array([[0.75]])
    """

    __slots__ = ()

    @classmethod
    def multiple(cls, families: Iterable[CovarianceFamily], c: float) -> Self:
        """Every Sigma c^2 I."""
        return cls([_multiple(family, c) for family in families])

    @property
    def size(self) -> int:
        """k, the number of local coordinates."""
        return sum([point.size for point in self])

    @property
    def extent(self) -> float:
        """The largest entry of all templates."""
        return max([float(np.maximum.reduce(np.abs(point.template()), axis=None, initial=0.0)) for point in self])

    def pieces(self, values: Array) -> list[Array]:
        """What each point has of values (k, ...)."""
        if len(self) == 1:
            return [values]
        ends = list(accumulate([point.size for point in self], initial=0))
        return [values[start:end] for start, end in pairwise(ends)]

    def moved(self, step: Array) -> Self:
        """The points after `step`, in charts of their own and inside their domains."""
        return type(self)([point.moved(s) for point, s in zip(self, self.pieces(step), strict=True)])

    def shifted(self, step: Array) -> Self:
        """The points displaced by `step` in their own charts."""
        return type(self)([point.shifted(s) for point, s in zip(self, self.pieces(step), strict=True)])

    def same_chart(self, other: Self) -> bool:
        """Whether second-order information at `other` still speaks of the same coordinates."""
        return all(mine.same_chart(theirs) for mine, theirs in zip(self, other, strict=True))

    def with_point(self, term: int, point: Point) -> Self:
        """The same with another point for one term."""
        return type(self)((*self[:term], point, *self[term + 1 :]))

    # --- what vanishes ------------------------------------------------------------------------------------------------

    def singular(self, tolerance: float = VANISHED) -> bool:
        """Whether some covariance has lost a direction, or a correlation that is a parameter is at its limit."""
        return any(np.logical_or.reduce(p.deviations() < tolerance) or p.at_limit(tolerance) for p in self)

    def floored(self, floor: float) -> Self:
        """Every standard deviation at least `floor`."""
        return type(self)([point.floored(floor) for point in self])

    def zeroed(self, tolerance: float = VANISHED) -> Self:
        """Every standard deviation below `tolerance` set to zero."""
        return type(self)([point.zeroed(tolerance) for point in self])

    @property
    def free(self) -> Mask:
        """Mask (k,): False where a coordinate would only grow a vanished deviation."""
        return np.concatenate([point.free for point in self])

    @property
    def kinks(self) -> Mask:
        """Mask (k,) of coordinates that must be held: all that are not free, where a point is `kinked`."""
        if any(point.kinked for point in self):
            return ~self.free
        return np.zeros(self.size, bool)


def stacked_templates(places: Iterable[Points]) -> list[Array]:
    """The templates of each term at several places, (m, l, l)."""
    return [np.array([point.template() for point in term]) for term in zip(*places, strict=True)]


@lru_cache(maxsize=256)
def _multiple(family: CovarianceFamily, c: float) -> Point:
    return family.multiple(c)

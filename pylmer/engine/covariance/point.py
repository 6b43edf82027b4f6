"""One place in the space of a term's covariances: its square root R and the entries that move."""

from __future__ import annotations

from typing import Protocol

from ...numerics.linalg import Array


class Point(Protocol):
    """A covariance Sigma = T T' (l, l) with k local coordinates."""

    @property
    def size(self) -> int:
        """k, the number of local coordinates."""

    def template(self) -> Array:
        """T (l, l), any square root of Sigma."""

    def tangents(self) -> Array:
        """dSigma/da for each coordinate: (k, l, l)."""

    def curvature(self, G: Array) -> Array:
        """tr(G d2Sigma/da db) for symmetric G (l, l): (k, k)."""

    def shifted(self, step: Array) -> Point:
        """The point at local coordinates `step` (k,), still in these coordinates."""

    def moved(self, step: Array) -> Point:
        """The same point with coordinates of its own."""

    def zeroed(self, tolerance: float) -> Point:
        """The point with every standard deviation below `tolerance` set to zero."""

    def floored(self, floor: float) -> Point:
        """The point with every standard deviation at least `floor`."""

    def deviations(self) -> Array:
        """Standard deviations along the principal axes (us) or of the columns."""

    def same_chart(self, other: Point) -> bool:
        """Whether second-order information at `other` still speaks of the same coordinates."""


def lower_entries(width: int) -> tuple[list[int], list[int]]:
    """Rows and columns of a lower triangle, column by column (lme4's order of theta)."""
    return [i for j in range(width) for i in range(j, width)], [j for j in range(width) for _ in range(j, width)]

"""One place in the space of a term's covariances: its square root T and the coordinates that move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ...numerics.linalg import Array, Mask

VANISHED = 1e-4  # a scaled standard deviation below this is zero (engine.md section 3)
Linear: TypeAlias = "tuple[Array, float] | None"  # a and c - a'x of a condition a'x = c on local coordinates x


class Point(ABC):
    """A covariance Sigma = T T' (l, l) with k local coordinates.

    A new kind of point must answer the first part; the rest says "nothing special here" unless it is overridden.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """k, the number of local coordinates."""

    @abstractmethod
    def template(self) -> Array:
        """T (l, l), any square root of Sigma."""

    @abstractmethod
    def tangents(self) -> Array:
        """dSigma/da for each coordinate: (k, l, l)."""

    @abstractmethod
    def curvature(self, G: Array) -> Array:
        """tr(G d2Sigma/da db) for symmetric G (l, l): (k, k)."""

    @abstractmethod
    def shifted(self, step: Array) -> Point:
        """The point at local coordinates `step` (k,), still in these coordinates."""

    @abstractmethod
    def moved(self, step: Array) -> Point:
        """The same point with coordinates of its own."""

    @abstractmethod
    def zeroed(self, tolerance: float) -> Point:
        """The point with every standard deviation below `tolerance` set to zero."""

    @abstractmethod
    def floored(self, floor: float) -> Point:
        """The point with every standard deviation at least `floor`."""

    @abstractmethod
    def deviations(self) -> Array:
        """Standard deviations along the principal axes (us) or of the columns."""

    def same_chart(self, other: Point) -> bool:
        """Whether second-order information at `other` still speaks of the same coordinates."""
        return True

    # --- charts -------------------------------------------------------------------------------------------------------

    @property
    def axes(self) -> Array | None:
        """The axes (l, l) of a chart that turns with the point; None where coordinates are the same everywhere."""
        return None

    def basis(self) -> Array:
        """Directions of Sigma (k, l, l) that span those that the structure allows at this point."""
        return self.moved(np.zeros(self.size)).tangents()

    def units(self, smallest: float) -> Array:
        """How large a step of each coordinate is large: the standard deviations that they move, or 1: (k,)."""
        return np.ones(self.size)

    def root_directions(self) -> Array | None:
        """dT/da (k, l, l), where T is a function of the coordinates alone."""
        return None

    def linear_deviation(self, R: Array, a: int, value: float) -> Linear:
        """The condition that sqrt(Sigma_aa) is `value` in the user's units, where it is linear."""
        return None

    def linear_correlation(self, a: int, b: int, value: float) -> Linear:
        """The condition that the correlation of two columns is `value`, where it is linear."""
        return None

    # --- where a covariance is singular -------------------------------------------------------------------------------

    def at_limit(self, tolerance: float = VANISHED) -> bool:
        """Whether a correlation that is a parameter is as small or as large as it can be."""
        return False

    @property
    def free(self) -> Mask:
        """Mask (k,): False where a coordinate would only grow a vanished deviation."""
        return np.ones(self.size, bool)

    @property
    def kinked(self) -> bool:
        """Whether the criterion may have a kink here: coordinates that are not `free` must then be held."""
        return False

    def vanished(self) -> Array:
        """Orthonormal directions (l, k) in which Sigma = T T' vanishes exactly, up to rounding."""
        U, s, _ = np.linalg.svd(self.template())
        return null_directions(U, s)

    def stretched(self, change: Callable[[Array], Array]) -> Point | None:
        """The point with its deviations changed; None where it has correlations besides, that would stay."""
        return None

    def without_smallest(self) -> Point | None:
        """The point without the direction of its smallest deviation, where it has directions to lose."""
        return None

    # --- likelihood profiles ------------------------------------------------------------------------------------------

    @property
    def numbers(self) -> Array:
        """The coordinates that are numbers of their own, as far as there are any: deviations, then correlations."""
        return np.zeros(0)

    def upright(self) -> Point:
        """The same covariance with `numbers` that are not negative where they are deviations."""
        return self

    def inside(self, step: Array) -> Point:
        """As `moved`, but what may not be negative stops at zero."""
        return self.moved(step)

    def idle(self, score: Array) -> Mask:
        """Mask (k,) of coordinates that add nothing, or that only the end of their range holds."""
        return np.zeros(self.size, bool)

    def turned(self, G: Array) -> Point:
        """The same covariance in coordinates in which the score sees what could grow, G being dd/dSigma."""
        return self

    def neutral(self, k: int) -> Point:
        """The point with coordinate k such that it makes nothing singular."""
        return self

    def anew(self, deviation: float) -> Point:
        """A covariance of this structure from which any other is near, with what cannot be reset as it is."""
        return self

    # --- Kenward and Roger's adjustment -------------------------------------------------------------------------------

    def span(self, tau: float) -> Array | None:
        """Semi-definite matrices (m, l, l) of which all covariances of the structure are combinations, and all
        combinations, near here, covariances of the structure; None if there are none.

        tau  is the variance that would be noticed where one has vanished
        """
        return None

    def by_variances(self) -> tuple[Array, Array]:
        """First (k, l, l), second (k, k, l, l) derivatives of Sigma in variances and correlations, without a `span`."""
        raise NotImplementedError


def null_directions(U: Array, s: Array) -> Array:
    """The columns of U whose deviations s, descending, are rounding."""
    return np.asarray(U[:, s <= 1e-12 * max(1.0, float(s[0]))])


def lower_entries(width: int) -> tuple[list[int], list[int]]:
    """Rows and columns of a lower triangle, column by column (lme4's order of theta)."""
    return [i for j in range(width) for i in range(j, width)], [j for j in range(width) for _ in range(j, width)]


def pairs_below(width: int) -> list[tuple[int, int]]:
    """The places below the diagonal, column by column."""
    return [(i, j) for j in range(width) for i in range(j + 1, width)]


def rank_ones(Sigma: Array, tau: float) -> Array:
    """w w' for scaled eigenvectors of Sigma and their sums in pairs: (l (l + 1) / 2, l, l), all semi-definite."""
    values, vectors = np.linalg.eigh(Sigma)
    w = (vectors * np.sqrt(np.maximum(values, 0.0) + tau)).T
    pairs = [w[i] + w[j] for i in range(len(w)) for j in range(i)]
    return np.array([np.outer(x, x) for x in (*w, *pairs)])

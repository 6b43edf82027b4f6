"""Templates of many runs at once, moved in the charts of `covariance`, for structures with `template_units`.

They are linear in the template within a chart: a step delta (k,) leads from T to T + U Delta(delta), with U orthogonal
(us) or I (diag), so that with E_a = U D_a

    dSigma/da = E_a T' + T E_a',    d2Sigma/da db = E_a E_b' + E_b E_a' .
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ...numerics.linalg import Array, Mask
from ..covariance.family import CovarianceFamily
from ..covariance.point import Point
from ..covariance.points import Points
from ..covariance.unstructured import SAME_CHART


class OfLevels(Protocol):
    """L effects of each level of a grouping factor."""

    @property
    def L(self) -> int: ...


class PlacedTerms(Protocol):
    """Sums or rows: grouping factors, and of each random term the factor and its columns there."""

    @property
    def factors(self) -> Sequence[OfLevels]: ...

    @property
    def place(self) -> Mapping[int, tuple[int, slice]]: ...


@dataclass(frozen=True, eq=False)
class StackedPoints:
    """Where m runs stand: per random term T and U (m, l, l), in scaled coordinates; `units` D_a (k_i, l, l)."""

    families: tuple[CovarianceFamily, ...]
    units: tuple[Array, ...]
    T: tuple[Array, ...]
    U: tuple[Array, ...]

    @classmethod
    def stacked(cls, families: Sequence[CovarianceFamily], places: Sequence[Sequence[Point]]) -> StackedPoints:
        """One run at each of `places`."""
        terms = list(zip(*places, strict=True))
        T = tuple(np.array([point.template() for point in points]) for points in terms)
        U = tuple(
            np.array([np.eye(family.width) if point.axes is None else point.axes for point in points])
            for family, points in zip(families, terms, strict=True)
        )
        return cls(tuple(families), tuple(_units(family) for family in families), T, U)

    def __getitem__(self, runs: Array) -> StackedPoints:
        return replace(self, T=tuple(T[runs] for T in self.T), U=tuple(U[runs] for U in self.U))

    def updated(self, runs: Array, other: StackedPoints) -> StackedPoints:
        """These places with `other` in the places of `runs`."""
        T, U = tuple(T.copy() for T in self.T), tuple(U.copy() for U in self.U)
        for mine, theirs in zip((*T, *U), (*other.T, *other.U), strict=True):
            mine[runs] = theirs
        return replace(self, T=T, U=U)

    @property
    def size(self) -> int:
        """k, the number of local coordinates."""
        return sum(len(units) for units in self.units)

    @property
    def extent(self) -> Array:
        """The largest entry of all templates of each run: (m,)."""
        return np.asarray(np.max([np.max(np.abs(T), axis=(1, 2)) for T in self.T], axis=0))

    def deviations(self) -> Array:
        """Standard deviations along the principal axes (us) or of the columns (diag), of all terms: (m, sum l)."""
        return np.concatenate([np.sqrt(np.sum(T**2, axis=1)) for T in self.T], axis=1)

    def moved(self, step: Array) -> StackedPoints:
        """The places after `step` (m, k), in charts of their own."""
        T, U = [], []
        for family, new, axes in zip(self.families, self.shifted(step).T, self.U, strict=True):
            if family.charted:
                axes, new = _charted(new, axes)
            T.append(new)
            U.append(axes)
        return replace(self, T=tuple(T), U=tuple(U))

    def shifted(self, step: Array) -> StackedPoints:
        """The places at the local coordinates `step` (m, k), still in these charts."""
        pieces = np.split(step, np.cumsum([len(units) for units in self.units])[:-1], axis=1)
        terms = zip(self.T, self.U, self.units, pieces, strict=True)
        return replace(self, T=tuple(T + U @ np.tensordot(piece, units, axes=1) for T, U, units, piece in terms))

    def floored(self, floor: float) -> StackedPoints:
        """Every standard deviation at least `floor`."""
        return self._with(lambda s: np.maximum(s, floor))

    def zeroed(self, tolerance: float) -> StackedPoints:
        """Every standard deviation below `tolerance` set to zero."""
        return self._with(lambda s: np.where(s < tolerance, 0.0, s))

    def _with(self, change: Callable[[Array], Array]) -> StackedPoints:
        T = [U * change(np.linalg.norm(T, axis=1))[:, None, :] for T, U in zip(self.T, self.U, strict=True)]
        return replace(self, T=tuple(T))

    def same_chart(self, other: StackedPoints) -> Mask:
        """Whether second-order information at `other` still speaks of the same coordinates: (m,)."""
        cosines = [np.abs(np.sum(U * V, axis=1)) for U, V in zip(self.U, other.U, strict=True)]
        return np.asarray(np.min(np.concatenate(cosines, axis=1), axis=1) >= SAME_CHART)

    def templates(self, gram: PlacedTerms) -> list[Array]:
        """Per grouping factor (m, L, L), block diagonal."""
        out = [np.zeros((len(self.T[0]), sums.L, sums.L)) for sums in gram.factors]
        for term, T in enumerate(self.T):
            factor, at = gram.place[term]
            out[factor][:, at, at] = T
        return out

    def directions(self, gram: PlacedTerms) -> list[Array]:
        """E_a per grouping factor (m, k, L, L): zero for parameters of other factors."""
        out = [np.zeros((len(self.T[0]), self.size, sums.L, sums.L)) for sums in gram.factors]
        column = 0
        for term, (U, units) in enumerate(zip(self.U, self.units, strict=True)):
            factor, at = gram.place[term]
            out[factor][:, column : column + len(units), at, at] = U[:, None] @ units
            column += len(units)
        return out

    def points(self, run: int) -> Points:
        """One run's points."""
        terms = zip(self.families, self.T, self.U, strict=True)
        return Points(family.at_template(T[run], U[run]) for family, T, U in terms)


def stackable_families(families: Sequence[CovarianceFamily]) -> bool:
    """Whether their points can be moved together."""
    return all(family.template_units() is not None for family in families)


def _units(family: CovarianceFamily) -> Array:
    """D_a (k, l, l)."""
    units = family.template_units()
    assert units is not None  # no other families are stacked
    return units


def _charted(T: Array, previous: Array) -> tuple[Array, Array]:
    """U and U diag(s) of each T (m, l, l); signs of U follow those of `previous`."""
    if T.shape[-1] == 1:
        return previous, previous * np.abs(T)
    U, s, _ = np.linalg.svd(T)
    U = U * np.where(np.sum(U * previous, axis=1) < 0, -1.0, 1.0)[:, None, :]
    return U, U * s[:, None, :]

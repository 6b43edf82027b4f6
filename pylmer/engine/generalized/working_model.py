"""The working linear model at eta: a linear mixed model of W z = W (eta - offset) - g under weights W, its sums alone.

Its deviance is that of lmer where the family has a scale; without one sigma is known to be 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, symmetric
from ...numerics.unlocked import cached_property
from ..covariance.point import Point
from ..covariance.points import Points
from ..criterion.profiled import At, Criterion
from ..factorization.blocked import EliminationEngine
from ..factorization.contract import Fixed, FixedNumbers
from .grouped import GroupedStructure
from .grouped_working import GroupedWorking
from .modes import RowState
from .weighted import WeightedStructure


class WorkingPlace(Protocol):
    """The deviance at one place."""

    @property
    def points(self) -> Points: ...
    @property
    def value(self) -> float: ...
    @property
    def gradient(self) -> Array: ...
    @property
    def information(self) -> Array: ...

    def effects(self) -> tuple[Array, list[Array]]:
        """beta of the scaled columns, and b per factor (J, L)."""


class WorkingModel(Protocol):
    """The deviance as a function of the points."""

    @property
    def scale_is_known(self) -> bool: ...

    def at(self, points: Points) -> WorkingPlace: ...

    def values(self, places: Sequence[Points]) -> list[float] | None:
        """At several places at once; None where that is more work than one by one, or fails."""


def working_criterion(structure: WeightedStructure, at: RowState) -> WorkingModel:
    """The deviance of the working linear model at the rows' eta."""
    if at.responses.family.has_scale:
        return ProfiledScale(working_engine(structure, at), False)
    if isinstance(structure, GroupedStructure):
        return GroupedWorking.of(structure, at)
    return KnownScale(working_engine(structure, at), False)


def working_engine(structure: WeightedStructure, at: RowState) -> EliminationEngine:
    """The sums of [Z X z] of the working linear model at eta, weights W: W z = W (eta - offset) - g."""
    eta = at.eta - at.responses.offset
    Wz, square = at.W * eta - at.g, 0.0
    if at.responses.family.has_scale:  # else a constant
        used = at.W > 0
        square = float(eta @ (Wz - at.g) + np.sum(at.g[used] ** 2 / at.W[used]))
    return structure.working(at.W, Wz, square)


class ProfiledScaleAt(At):
    """`At` with the estimates."""

    def effects(self) -> tuple[Array, list[Array]]:
        b = self.factorization.modes(self.v[:, None])[1]
        return self.factorization.fixed.beta, [each[:, :, 0] for each in b]


@dataclass(frozen=True, eq=False)
class KnownScaleAt(ProfiledScaleAt):
    """`At` with sigma = 1."""

    @property
    def s2(self) -> float:
        return 1.0

    @property
    def noise(self) -> float:
        return 1e-12 * (1 + abs(self.value))

    @cached_property
    def information(self) -> Array:
        """As of `At`, but that no scale is profiled out."""
        return symmetric(self.curvature + self._working[0])


@dataclass(frozen=True, eq=False)
class ProfiledScale(Criterion):
    """The deviance with sigma profiled."""

    place: ClassVar[type[ProfiledScaleAt]] = ProfiledScaleAt

    @property
    def scale_is_known(self) -> bool:
        return False

    def at(self, points: Iterable[Point]) -> ProfiledScaleAt:
        place = Points(points)
        return self.place(self, place, self.engine.factorize([point.template() for point in place]))


@dataclass(frozen=True, eq=False)
class KnownScale(ProfiledScale):
    """The deviance of a linear mixed model with sigma = 1, up to a constant."""

    place: ClassVar[type[ProfiledScaleAt]] = KnownScaleAt

    @property
    def scale_is_known(self) -> bool:
        return True

    def value(self, fixed: Fixed) -> float:
        d = float(self.deviance(fixed))
        if not math.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return d

    def deviance(self, fixed: Fixed | FixedNumbers) -> Any:
        return fixed.logdet_V + fixed.r2

"""The leading rows [P 0] of a square root of a covariance, in coordinates of which one is held in a profile.

    Triangular    the entries of P themselves               Polar    [a        0      ]      Covarying    [exp u  0]
                                                                     [b sin w  b cos w]                   [c      b]

a and b are standard deviations, w the arcsine of a correlation, c exp u a covariance; all relative to sigma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ...engine.covariance.point import lower_entries
from ...numerics.linalg import Array

ZERO, SMALL = 1e-7, 1e-3  # a standard deviation of zero has no logarithm: exp u begins at SMALL instead


class LeadingBlock(Protocol):
    """P (h, h), lower triangular, in k coordinates."""

    @property
    def values(self) -> Array:
        """The coordinates (k,)."""

    @property
    def h(self) -> int:
        """How many rows lead."""

    @property
    def not_negative(self) -> list[int]:
        """Coordinates that end at zero, because of what is held."""

    @property
    def signed(self) -> list[int]:
        """Coordinates below the diagonal, that may have either sign."""

    @property
    def identity(self) -> Array:
        """The coordinates (k,) of the identity."""

    def reset(self, size: float, held: int) -> Array:
        """The coordinates (k,) with diagonal entries of one size and none below them, but for `held`."""

    @property
    def last(self) -> float:
        """The last pivot of P: where it is zero, nothing below it is of use."""

    @property
    def last_slopes(self) -> Array:
        """Derivatives of the last diagonal entry of P in the coordinates: (k,)."""

    def rows(self) -> Array:
        """P."""

    def directions(self) -> Array:
        """dP/dx: (k, h, h)."""

    def bends(self, M: Array) -> Array:
        """sum_ij M_ij d2P_ij/dx dy for M (h, h): (k, k)."""

    def at(self, values: Array) -> LeadingBlock:
        """P of other coordinates."""


@dataclass(frozen=True, eq=False)
class TriangularBlock:
    """The entries of P, column by column. If one below the diagonal is held, that above it is number `pivot`: with its
    sign would change that of what is held.
    """

    values: Array
    h: int
    pivot: int | None = None

    @classmethod
    def of(cls, P: Array, pivot: int | None = None) -> TriangularBlock:
        return cls(P[lower_entries(len(P))], len(P), pivot)

    @property
    def not_negative(self) -> list[int]:
        return [] if self.pivot is None else [self.pivot]

    @property
    def signed(self) -> list[int]:
        return [k for k, (i, j) in enumerate(zip(*lower_entries(self.h), strict=True)) if i > j]

    @property
    def identity(self) -> Array:
        return np.array([1.0 if i == j else 0.0 for i, j in zip(*lower_entries(self.h), strict=True)])

    def reset(self, size: float, held: int) -> Array:
        values = size * self.identity
        values[held : held + 1] = self.values[held : held + 1]
        return values

    @property
    def last(self) -> float:
        return float(self.values[-1])

    @property
    def last_slopes(self) -> Array:
        return np.asarray(np.eye(len(self.values))[-1])

    def rows(self) -> Array:
        P = np.zeros((self.h, self.h))
        P[lower_entries(self.h)] = self.values
        return P

    def directions(self) -> Array:
        E = np.zeros((len(self.values), self.h, self.h))
        E[(range(len(E)), *lower_entries(self.h))] = 1.0
        return E

    def bends(self, M: Array) -> Array:
        return np.zeros((len(self.values),) * 2)

    def at(self, values: Array) -> TriangularBlock:
        return TriangularBlock(values, self.h, self.pivot)


@dataclass(frozen=True, eq=False)
class Polar:
    """a, b, w. Mirrored, a or b would give the correlation the opposite sign."""

    values: Array
    h: ClassVar[int] = 2
    not_negative: ClassVar[list[int]] = [0, 1]
    signed: ClassVar[list[int]] = []

    @classmethod
    def of(cls, P: Array) -> Polar:
        return cls(np.array([P[0, 0], np.hypot(*P[1]), np.arctan2(*P[1])]))

    @property
    def identity(self) -> Array:
        return np.array([1.0, 1.0, 0.0])

    def reset(self, size: float, held: int) -> Array:
        return np.array([size, size, self.values[2]])

    @property
    def last(self) -> float:
        """But for b, which can grow again with what is below it."""
        return float(np.cos(self.values[2]))

    @property
    def last_slopes(self) -> Array:
        _, b, w = self.values
        return np.array([0.0, np.cos(w), -b * np.sin(w)])

    def rows(self) -> Array:
        a, b, w = self.values
        return np.array([[a, 0.0], [b * np.sin(w), b * np.cos(w)]])

    def directions(self) -> Array:
        _, b, w = self.values
        E = np.zeros((3, 2, 2))
        E[0, 0, 0] = 1.0
        E[1, 1] = np.sin(w), np.cos(w)
        E[2, 1] = b * np.cos(w), -b * np.sin(w)
        return E

    def bends(self, M: Array) -> Array:
        _, b, w = self.values
        out = np.zeros((3, 3))
        out[1, 2] = out[2, 1] = M[1] @ np.array([np.cos(w), -np.sin(w)])
        out[2, 2] = -b * (M[1] @ np.array([np.sin(w), np.cos(w)]))
        return out

    def at(self, values: Array) -> Polar:
        return Polar(values)


@dataclass(frozen=True, eq=False)
class CovaryingBlock:
    """u, c, b. exp u is never zero, so that there is a c to every covariance."""

    values: Array
    h: ClassVar[int] = 2
    not_negative: ClassVar[list[int]] = []
    signed: ClassVar[list[int]] = []

    @classmethod
    def of(cls, P: Array) -> CovaryingBlock:
        return cls(np.array([np.log(P[0, 0] if P[0, 0] > ZERO else SMALL), *P[1]]))

    @property
    def identity(self) -> Array:
        return np.array([0.0, 0.0, 1.0])

    def reset(self, size: float, held: int) -> Array:
        u, c, _ = self.values
        return np.array([np.log(size), c * np.exp(u) / size, size])  # the covariance stays

    @property
    def last(self) -> float:
        return float(self.values[2])

    @property
    def last_slopes(self) -> Array:
        return np.array([0.0, 0.0, 1.0])

    def rows(self) -> Array:
        u, c, b = self.values
        return np.array([[np.exp(u), 0.0], [c, b]])

    def directions(self) -> Array:
        E = np.zeros((3, 2, 2))
        E[0, 0, 0], E[1, 1, 0], E[2, 1, 1] = np.exp(self.values[0]), 1.0, 1.0
        return E

    def bends(self, M: Array) -> Array:
        out = np.zeros((3, 3))
        out[0, 0] = M[0, 0] * np.exp(self.values[0])
        return out

    def at(self, values: Array) -> CovaryingBlock:
        return CovaryingBlock(values)

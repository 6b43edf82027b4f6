"""Laplace's criterion of one grouping factor, the weights of log|M| the observed ones, in as few calls as it takes.

What `laplace` says in terms of lists of factors and of rows, said of the arrays of `grouped`, levels last; the formulas
are those at its head with gamma = 1. X'O Z s and Z'O Z s come from sums over levels, so no row is passed for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, traces
from .grouped import GroupedFactorization, GroupedStructure
from .laplace import Laplace, LaplaceAt, spherical
from .level_arrays import moved, newton_step, product, summed
from .modes import find_modes
from .place import Place
from .weighted import solved


@dataclass(frozen=True, eq=False)
class GroupedLaplace(Laplace):
    """The criterion of the rows of a `GroupedStructure`."""

    @cached_property
    def lean(self) -> bool:
        """Whether its places are `GroupedAt`: one random term, no scale, and the weights are the observed ones."""
        one = len(self.structure.place) == 1
        return one and self.scale == "none" and (self.observed or self.responses.family.canonical)

    def begun(self, place: Place, u: Sequence[Array]) -> LaplaceAt:
        if not self.lean or len(place.shapes):
            return super().begun(place, u)
        T = [place.points[0].template()]
        fixed = self.responses.offset + self.structure.fixed(place.beta)
        modes = find_modes(self.structure, self.responses, T, fixed, u, self.tolerance)
        return GroupedAt(self, place, self.responses, T, modes)


@dataclass(frozen=True, eq=False)
class GroupedAt(LaplaceAt):
    """Such a criterion at one place, without shapes."""

    @property
    def _structure(self) -> GroupedStructure:
        return cast(GroupedStructure, self.criterion.structure)

    @property
    def _levels(self) -> GroupedFactorization:
        return cast(GroupedFactorization, self.factorization)

    def expected_modes(self, place: Place, change: Array) -> list[Array]:
        f, T = self._levels, place.points[0].template()
        right = self._answers[0] + change @ f.C[:, :-1] - product(f.A, self.modes.b[0].T[:, None])[:, 0]
        try:
            u, _ = newton_step(T, f.A, T.T @ right)
        except NumericalError:
            return spherical(self.modes.b, [T])
        return [u.T]

    @cached_property
    def _answers(self) -> tuple[Array, Array, Array]:
        """Z'g and Z'r (L, J), and dd/dbeta (p,)."""
        structure, f, g, c = self._structure, self._levels, self.modes.rows.g, self._direct
        Ztc = structure.level_cross(c)[:, None]
        slopes = structure.fixed_cross(2 * g + c) - summed(f.C[:, :-1], product(f.K, Ztc))[:, 0]
        return structure.level_cross(g), product(f.left, Ztc)[:, 0], slopes

    @property
    def Ztg(self) -> list[Array]:
        return [self._answers[0].T]

    @cached_property
    def G(self) -> list[Array]:
        Ztg, Ztr, _ = self._answers
        both = (Ztg + Ztr) @ Ztg.T
        return [self.ZtVZ[0] - 0.5 * (both + both.T)]

    @cached_property
    def ZtVZ(self) -> list[Array]:
        return [np.add.reduce(self._levels.adjoint[:, : self._levels.L], axis=2)]

    @cached_property
    def beta_gradient(self) -> Array:
        return self._answers[2]

    @cached_property
    def gradient(self) -> Array:
        return np.concatenate([traces(self.place.points[0].tangents(), self.G[0]), self._answers[2]])

    @cached_property
    def information(self) -> Array:
        point, k, XVX, levels = self.place.points[0], self.place.k, self.XVX, self._levels
        N, NC = np.split(levels.adjoint, [levels.L], axis=1)
        s = moved(-point.tangents(), self._answers[0])
        WVW, XVW = summed(s, product(N, s)), summed(NC[:, :-1], s)
        H = np.empty((self.place.size,) * 2)
        H[:k, :k] = WVW + XVW.T @ solved(XVX, XVW) + point.curvature(self.G[0])
        H[k:, k:] = 2 * XVX
        H[k:, :k] = 2 * XVW
        H[:k, k:] = H[k:, :k].T
        return H

    @cached_property
    def XVX(self) -> Array:
        return self.factorization.reduced_Xy[:-1, :-1]

"""Laplace's criterion of one grouping factor, the weights of log|M| the observed ones, in as few calls as it takes.

What `laplace` says in terms of lists of factors and of rows, said of the arrays of `grouped`, levels last; the formulas
are those at its head with gamma = 1. X'O Z s and Z'O Z s come from sums over levels, so no row is passed for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, products_between, traces
from ...numerics.unlocked import cached_property
from .grouped import GroupedStructure
from .grouped_modes import GroupedSearch
from .laplace import Laplace, LaplaceAt, spherical
from .level_arrays import moved, newton_step, product, summed
from .level_factor import LevelFactor
from .modes import ModeSearch, RowResponses
from .place import Place
from .weighted import solved


@dataclass(frozen=True, eq=False)
class GroupedLaplace(Laplace):
    """The criterion of the rows of a `GroupedStructure`."""

    structure: GroupedStructure

    @cached_property
    def lean(self) -> bool:
        """Whether its places are `GroupedAt`: one random term, no scale, and the weights are the observed ones."""
        one = len(self.structure.place) == 1
        return one and self.scale == "none" and (self.observed or self.responses.family.canonical)

    def begun(self, place: Place, u: Sequence[Array]) -> LaplaceAt:
        if not self.lean or len(place.shapes):
            return super().begun(place, u)
        T = self.templates(place)
        return GroupedAt(self, place, self.responses, T, self.modes_at(place, self.responses, T, u))

    def templates(self, place: Place) -> list[Array]:
        return [place.points[0].template()] if len(place.points) == 1 else super().templates(place)

    def search(self, responses: RowResponses, T: Sequence[Array], fixed: Array) -> ModeSearch:
        return GroupedSearch(self.structure, responses, T, fixed)


class LevelSlopes(NamedTuple):
    """Z'g (L, J), dd/dSigma (L, L), dd/dbeta (p,)."""

    Ztg: Array
    of_Sigma: Array
    of_beta: Array


@dataclass(frozen=True, eq=False)
class GroupedAt(LaplaceAt):
    """Such a criterion at one place, without shapes."""

    @property
    def _structure(self) -> GroupedStructure:
        return cast(GroupedStructure, self.criterion.structure)

    @cached_property
    def levels(self) -> LevelFactor:
        """A^-1 + Z Sigma Z', as far as the criterion asks."""
        return LevelFactor.of(self.T[0], *self._structure.level_sums(self.weights))

    def expected_modes(self, place: Place, change: Array) -> list[Array]:
        f, T = self.levels, place.points[0].template()
        right = self.slopes.Ztg + change @ f.C - product(f.A, self.modes.b[0].T[:, None])[:, 0]
        try:
            u, _ = newton_step(T, f.A, T.T @ right)
        except NumericalError:
            return spherical(self.modes.b, [T])
        return [u.T]

    @property
    def minus2loglik(self) -> float:
        return self.modes.rows.D + self.criterion.constant

    @cached_property
    def value(self) -> float:
        d = self.minus2loglik + self.modes.penalty + self.levels.logdet_V
        if not math.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return float(d)

    @cached_property
    def slopes(self) -> LevelSlopes:
        """From the leverages h, c = h A' and what the modes answer to it."""
        structure, f, rows = self._structure, self.levels, self.modes.rows
        c = structure.level_quadratic(f.K)
        c *= self.weight_slopes
        Ztg, Ztc = structure.level_cross(rows.g), structure.level_cross(c)[:, None]
        both = products_between(Ztg + product(f.left, Ztc)[:, 0], Ztg)
        of_beta = structure.fixed_cross(2 * rows.g + c) - summed(f.C, product(f.K, Ztc))[:, 0]
        return LevelSlopes(Ztg, np.add.reduce(f.N, axis=2) - 0.5 * (both + both.T), of_beta)

    @property
    def Ztg(self) -> list[Array]:
        return [self.slopes.Ztg.T]

    @property
    def G(self) -> list[Array]:
        return [self.slopes.of_Sigma]

    @property
    def ZtVZ(self) -> list[Array]:
        return [np.add.reduce(self.levels.N, axis=2)]

    @property
    def beta_gradient(self) -> Array:
        return self.slopes.of_beta

    @cached_property
    def gradient(self) -> Array:
        slopes = self.slopes
        return np.concatenate([traces(self.place.points[0].tangents(), slopes.of_Sigma), slopes.of_beta])

    @cached_property
    def information(self) -> Array:
        point, levels, slopes = self.place.points[0], self.levels, self.slopes
        s = moved(-point.tangents(), slopes.Ztg)
        WVW, XVW = summed(s, product(levels.N, s)), summed(levels.NC, s)
        k, size = len(WVW), len(self.gradient)
        H = np.empty((size, size))
        H[:k, :k] = WVW + XVW.T @ solved(levels.XVX, XVW) + point.curvature(slopes.of_Sigma)
        H[k:, k:] = 2 * levels.XVX
        H[k:, :k] = 2 * XVW
        H[:k, k:] = H[k:, :k].T
        return H

    @property
    def XVX(self) -> Array:
        return self.levels.XVX

"""The working linear model of one grouping factor, its scale known: `working_model` in arrays of all levels.

With K, left = I - A K and X'V^-1X of `level_factor`, and y the working response,

    X'V^-1y = X'Wy - sum of C'K Z'Wy,    r2 = y'Wy - sum of y'WZ K Z'Wy - y'V^-1X beta,
    Z'V^-1r = left Z'Wr,    b = K Z'Wr .
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, block_diagonal, inner, products_of_rows
from ...numerics.unlocked import cached_property
from ..covariance.points import Points, stacked_templates
from ..factorization.contract import PlacedTangents
from ..factorization.one_factor import on_one_factor, reduced_at
from ..sums.gram import factor_templates
from .grouped import GroupedStructure
from .level_arrays import moved, product, summed
from .level_factor import LevelFactor
from .modes import RowState
from .weighted import solved


@dataclass(frozen=True, eq=False)
class GroupedWorking:
    """log|V| + r2, less y'Wy: [A C] (L, L + p, J), X'WX (p, p), Z'Wy (L, J), X'Wy (p,)."""

    structure: GroupedStructure
    AC: Array
    XWX: Array
    Zy: Array
    Xy: Array

    scale_is_known = True

    @classmethod
    def of(cls, structure: GroupedStructure, at: RowState) -> GroupedWorking:
        Wy = at.W * (at.eta - at.responses.offset) - at.g
        return cls(structure, *structure.level_sums(at.W), structure.level_cross(Wy), structure.fixed_cross(Wy))

    def at(self, points: Points) -> GroupedWorkingAt:
        (T,) = self._templates([point.template() for point in points])
        return GroupedWorkingAt(self, points, LevelFactor.of(T, self.AC, self.XWX))

    def _templates(self, T: list[Array]) -> list[Array]:
        return factor_templates(self.structure.place, [len(self.AC)], T)

    def values(self, places: Sequence[Points]) -> list[float] | None:
        (T,) = self._templates(stacked_templates(places))
        try:
            parts = reduced_at(self._XytXy, np.concatenate([self.AC, self.Zy[:, None]], axis=1), T)
            return None if parts is None else [_deviance(*each) for each in zip(*parts, strict=True)]
        except NumericalError:
            return None

    @property
    def _XytXy(self) -> Array:
        p = len(self.Xy)
        out = np.zeros((p + 1, p + 1))
        out[:p, :p], out[:p, p], out[p, :p] = self.XWX, self.Xy, self.Xy
        return out

    def tangents(self, points: Points) -> list[PlacedTangents]:
        """Of every term, where it stands."""
        return [(*self.structure.place[term], point.tangents()) for term, point in enumerate(points)]


def _deviance(reduced: Array, logdet_V: float) -> float:
    """Of [X y]'V^-1[X y] and log|V|; NumericalError if it is not finite."""
    XVy = reduced[:-1, -1]
    d = float(logdet_V + reduced[-1, -1] - XVy @ solved(reduced[:-1, :-1], XVy))
    if not math.isfinite(d):
        raise NumericalError(f"the criterion is {d}")
    return d


class _Estimates(NamedTuple):
    """beta (p,), Z'Wr (L, J), and log|V| + r2."""

    beta: Array
    right: Array
    value: float


@dataclass(frozen=True, eq=False)
class GroupedWorkingAt:
    """The deviance at one place."""

    model: GroupedWorking
    points: Points
    levels: LevelFactor

    @cached_property
    def _estimates(self) -> _Estimates:
        model, f = self.model, self.levels
        Ky = product(f.K, model.Zy[:, None])
        XVy = model.Xy - summed(f.C, Ky)[:, 0]
        beta = solved(f.XVX, XVy)
        d = f.logdet_V - float(XVy @ beta) - inner(model.Zy, Ky[:, 0])
        if not math.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return _Estimates(beta, model.Zy - beta @ f.C, d)

    @property
    def value(self) -> float:
        """log|V| + r2, less y'Wy; NumericalError if it is not finite."""
        return self._estimates.value

    def effects(self) -> tuple[Array, list[Array]]:
        """beta of the scaled columns, and b per factor (J, L)."""
        return self._estimates.beta, [product(self.levels.K, self._estimates.right[:, None])[:, 0].T]

    @cached_property
    def _derivatives(self) -> tuple[Array, Array]:
        f, placed, L = self.levels, self.model.tangents(self.points), len(self.levels.K)
        own, E = product(f.left, self._estimates.right[:, None])[:, 0], on_one_factor(placed, L)
        G, s = np.add.reduce(f.N, axis=2) - products_of_rows(own), moved(E, own)
        WVW, XVW = summed(s, product(f.N, s)), summed(f.NC, s)
        bent = [point.curvature(G[at, at]) for point, (_, at, _) in zip(self.points, placed, strict=True)]
        information = block_diagonal(bent) + WVW - XVW.T @ solved(f.XVX, XVW)
        return E.reshape(len(E), -1) @ G.ravel(), 0.5 * (information + information.T)

    @property
    def gradient(self) -> Array:
        """In the local coordinates of the points."""
        return self._derivatives[0]

    @property
    def information(self) -> Array:
        """Average information plus curvature, no scale profiled out."""
        return self._derivatives[1]

"""Uncorrelated effects: one standard deviation a column, or one for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, Codes, Mask
from .deviations import DeviationFamily, DeviationPoint
from .point import Linear, Point


@dataclass(frozen=True, eq=False)
class Diagonal(DeviationPoint):
    """Sigma = diag(d)^2, or d^2 I where `d` has one entry for all columns (hom)."""

    d: Array
    width: int

    @property
    def size(self) -> int:
        return int(self.d.size)

    @property
    def columns(self) -> int:
        return self.width

    def with_d(self, d: Array) -> Diagonal:
        return Diagonal(d, self.width)

    def template(self) -> Array:
        return np.diag(np.broadcast_to(self.d, self.width))

    def tangents(self) -> Array:
        return np.asarray((2.0 * self.indicators * self.d[:, None])[:, :, None] * np.eye(self.width))

    def curvature(self, G: Array) -> Array:
        return np.diag(2.0 * self.indicators @ np.diag(G))

    def root_directions(self) -> Array:
        return np.asarray(self.indicators[:, :, None] * np.eye(self.width))

    def shifted(self, step: Array) -> Diagonal:
        return Diagonal(self.d + step, self.width)

    def moved(self, step: Array) -> Diagonal:
        return self.shifted(step)

    def zeroed(self, tolerance: float) -> Diagonal:
        return self.with_d(np.where(np.abs(self.d) < tolerance, 0.0, self.d))

    def floored(self, floor: float) -> Diagonal:
        return self.with_d(np.maximum(np.abs(self.d), floor))

    @property
    def free(self) -> Mask:
        return self.deviations() > 0

    def stretched(self, change: Callable[[Array], Array]) -> Point:
        return self.with_d(change(self.d))

    def linear_correlation(self, a: int, b: int, value: float) -> Linear:
        raise ArgumentError("the columns of a diag term have no correlation to hold")

    def span(self, tau: float) -> Array:
        basis = np.eye(self.width)[None] if self.d.size == 1 else _units(self.width)
        Sigma = np.broadcast_to(self.d, self.width) ** 2
        scale = np.array([np.max(Sigma * np.diag(one)) + tau for one in basis])
        return np.asarray(basis * scale[:, None, None])


class DiagonalFamily(DeviationFamily):
    """Independent effects."""

    def multiple(self, c: float) -> Point:
        return Diagonal(np.full(self.n_sd, c), self.width)

    def point(self, par: Array, R: Array) -> Point:
        return Diagonal(self.scaled(par, R), self.width)

    def par(self, point: Point, R: Array) -> Array:
        return self.unscaled(point, R)

    def outward(self, mean: Array, least: float) -> Point:
        d = np.maximum(np.abs(mean), least)
        return Diagonal(np.array([np.linalg.norm(d)]) if self.hom else d, self.width)

    @cached_property
    def theta_places(self) -> Codes:
        out = np.full((self.width, self.width), -1, np.int64)
        np.fill_diagonal(out, 0 if self.hom else np.arange(self.width))
        return out

    def entry_name(self, group: str, columns: Sequence[str], i: int, j: int) -> str:
        return f"{group}.*" if self.hom else super().entry_name(group, columns, i, j)

    def par_of_theta(self, theta: Array) -> Array:
        return theta

    def template_units(self) -> Array:
        return np.eye(self.width)[None] if self.hom else _units(self.width)

    def at_template(self, T: Array, axes: Array) -> Point:
        return Diagonal(np.diag(T)[: self.n_sd], self.width)

    @property
    def directions(self) -> list[Array]:
        return list(np.eye(self.width)) if self.n_sd > 1 else []

    def along(self, direction: Array, c: float) -> Point:
        return Diagonal(c * direction, self.width)


def _units(width: int) -> Array:
    """e_a e_a' (l, l, l)."""
    return np.asarray(np.eye(width)[:, :, None] * np.eye(width))

"""The unstructured covariance, R's default: any positive semidefinite matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ...numerics.linalg import Array, Codes, Mask, singular
from .family import CovarianceFamily, all_pairs
from .point import Linear, Point, lower_entries, null_directions, pairs_below, rank_ones

SAME_CHART = 0.99  # |cos| between axes of two charts above which second-order information carries over
ROUNDING = 1e-12  # what is so much smaller than the others of its kind is zero
ANGLES = 48  # directions of two columns
PAIRED = 4  # columns up to which every pair of them makes directions of its own


@dataclass(frozen=True, eq=False)
class Unstructured(Point):
    """Sigma = T T' moved as T + U Delta with Delta lower triangular."""

    T: Array
    U: Array
    s: Array | None = None  # (l,) where T = U diag(s), descending

    @classmethod
    def charted(cls, T: Array, previous: Array | None = None) -> Unstructured:
        """The same Sigma with T = U diag(s); signs of U follow those of `previous`."""
        U, s = (np.where(T < 0, -1.0, 1.0), np.abs(T[0])) if len(T) == 1 else singular(T)
        if previous is not None:
            cosines = np.add.reduce(U * previous, axis=0).tolist()
            if min(cosines) < 0:
                U = U * [-1.0 if cosine < 0 else 1.0 for cosine in cosines]
        return cls(U * s, U, s)

    @property
    def size(self) -> int:
        return len(self.T) * (len(self.T) + 1) // 2

    def template(self) -> Array:
        return self.T

    @cached_property
    def directions(self) -> Array:
        """dT/da = U e_i e_j': (k, l, l)."""
        places, width = _coordinates(len(self.T)), len(self.T)
        E = np.zeros((self.size, width, width))
        E[np.arange(self.size), :, places.columns] = self.U.T[places.rows]
        return E

    def tangents(self) -> Array:
        return np.asarray(2.0 * (self.U * self.T)[None]) if len(self.T) == 1 else self._tangents

    @cached_property
    def _tangents(self) -> Array:
        places = _coordinates(len(self.T))
        half = self.U.T[places.rows, :, None] * self.T.T[places.columns, None]
        return np.asarray(half + half.swapaxes(-1, -2))

    def curvature(self, G: Array) -> Array:
        if len(self.T) == 1:
            return np.asarray(2.0 * (self.U * G * self.U))
        places = _coordinates(len(self.T))
        return np.asarray((self.U.T @ G @ self.U).ravel()[places.pairs] * places.twice)

    def shifted(self, step: Array) -> Unstructured:
        return Unstructured(self._displaced(step), self.U)

    def _displaced(self, step: Array) -> Array:
        Delta, places = np.zeros_like(self.T), _coordinates(len(self.T))
        Delta[places.rows, places.columns] = step
        return np.asarray(self.T + self.U @ Delta)

    def moved(self, step: Array) -> Unstructured:
        if self.s is not None and not np.logical_or.reduce(step):
            return self
        if len(self.T) == 1:  # its axis stays
            s = np.abs(self.T[0] + self.U[0] * step)
            return Unstructured(self.U * s, self.U, s)
        return Unstructured.charted(self._displaced(step), self.U)

    def zeroed(self, tolerance: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.where(s < tolerance, 0.0, s), U)

    def floored(self, floor: float) -> Unstructured:
        U, s, _ = np.linalg.svd(self.T)
        return Unstructured(U * np.maximum(s, floor), U)

    def deviations(self) -> Array:
        return np.linalg.svd(self.T, compute_uv=False) if self.s is None else self.s

    def vanished(self) -> Array:
        return super().vanished() if self.s is None else null_directions(self.U, self.s)

    def same_chart(self, other: Point) -> bool:
        if not isinstance(other, Unstructured):
            return False
        cosines = np.abs(np.add.reduce(self.U * other.U, axis=0))
        return bool(np.minimum.reduce(cosines) >= SAME_CHART)

    @property
    def axes(self) -> Array:
        return self.U

    def basis(self) -> Array:
        """All symmetric matrices."""
        width = len(self.T)
        rows, columns = lower_entries(width)
        E = np.zeros((len(rows), width, width))
        E[np.arange(len(rows)), rows, columns] = E[np.arange(len(rows)), columns, rows] = 1.0
        return E

    def units(self, smallest: float) -> Array:
        s = np.linalg.norm(self.T, axis=0)
        return np.asarray(np.maximum(s[lower_entries(len(s))[1]], smallest))

    def root_directions(self) -> Array:
        return self.directions

    def linear_deviation(self, R: Array, a: int, value: float) -> Linear:
        """Of one column: |T| = value."""
        if len(R) > 1:
            return None
        return np.array([float(np.sign(self.U[0, 0]))]), value * R[0, 0] - abs(self.T[0, 0])

    @property
    def free(self) -> Mask:
        return np.asarray((self.deviations() > 0)[_coordinates(len(self.T)).columns])

    def stretched(self, change: Callable[[Array], Array]) -> Point:
        U, s, V = np.linalg.svd(self.T)
        return Unstructured(U * change(s) @ V, self.U)

    def without_smallest(self) -> Point | None:
        s = self.deviations()
        return self.zeroed(1.0001 * s[-1]) if len(s) > 1 and s[-1] > 0 else None

    def anew(self, deviation: float) -> Point:
        return Unstructured(deviation * np.eye(len(self.T)), np.eye(len(self.T)))

    def span(self, tau: float) -> Array:
        return rank_ones(self.T @ self.T.T, tau)


class _Coordinates(NamedTuple):
    """Coordinate a moves entry (row, column) of Delta: rows, columns (k,), pairs of rows (k, k) as places in a matrix
    laid flat, and 2 where both are of one column (k, k)."""

    rows: Codes
    columns: Codes
    pairs: Codes
    twice: Array


@lru_cache(maxsize=32)
def _coordinates(width: int) -> _Coordinates:
    rows, columns = map(np.array, lower_entries(width))
    return _Coordinates(rows, columns, np.add.outer(width * rows, rows), 2.0 * np.equal.outer(columns, columns))


class UnstructuredFamily(CovarianceFamily):
    """Any covariance; `par` is theta."""

    @property
    def size(self) -> int:
        return self.width * (self.width + 1) // 2

    @property
    def bounds(self) -> tuple[Array, Array]:
        rows, columns = lower_entries(self.width)
        return np.where(np.equal(rows, columns), 0.0, -np.inf), np.full(self.size, np.inf)

    def par_names(self, group: str, columns: Sequence[str]) -> list[str]:
        return self.theta_names(group, columns)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return pairs_below(self.width)

    def multiple(self, c: float) -> Point:
        identity = np.eye(self.width)
        return Unstructured(c * identity, identity, np.full(self.width, c) if c >= 0 else None)

    def point(self, par: Array, R: Array) -> Point:
        T, places = np.zeros((self.width, self.width)), _coordinates(self.width)
        T[places.rows, places.columns] = par
        return Unstructured(R @ T, np.eye(self.width))

    def par(self, point: Point, R: Array) -> Array:
        places = _coordinates(self.width)
        return self.factor(point, R)[0][places.rows, places.columns]

    def outward(self, mean: Array, least: float) -> Point:
        U = np.linalg.svd(mean[:, None])[0]
        return Unstructured(U * np.append(np.linalg.norm(mean), np.full(len(mean) - 1, least)), U)

    def par_of_theta(self, theta: Array) -> Array:
        return theta

    def sdcor(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        template = point.template()
        if len(R) == 1:
            return sigma * np.abs(template[0] / R[0]), np.zeros(0)
        inverse = np.linalg.inv(R)
        T = inverse @ template
        sd = np.linalg.norm(T, axis=1)
        sd[sd < ROUNDING * np.linalg.norm(inverse, axis=1) * np.linalg.norm(template)] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            C = np.clip(T @ T.T / np.outer(sd, sd), -1, 1)
        return sigma * sd, all_pairs(C)

    def varcov(self, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
        T = np.linalg.solve(R, point.template())
        return self.sdcor(point, R, sigma)[0] ** 2, sigma**2 * all_pairs(T @ T.T)

    def profiled_par(self, point: Point, R: Array) -> Array:
        T = self.factor(point, R)[0]
        T[np.abs(T) < ROUNDING * np.linalg.norm(T, axis=1, keepdims=True)] = 0.0
        return T[lower_entries(len(T))]

    def template_units(self) -> Array:
        rows, columns = lower_entries(self.width)
        out = np.zeros((len(rows), self.width, self.width))
        out[np.arange(len(rows)), rows, columns] = 1.0
        return out

    def at_template(self, T: Array, axes: Array) -> Point:
        return Unstructured(T, axes)

    @property
    def charted(self) -> bool:
        return True

    @property
    def directions(self) -> list[Array]:
        """Of two columns angles all round; else the columns, sums and differences of two, and of all."""
        width = self.width
        if width == 1:
            return []
        if width == 2:
            turns = np.pi * np.arange(ANGLES) / ANGLES
            return list(np.column_stack([np.cos(turns), np.sin(turns)]))
        units = np.eye(width)
        out, two = list(units), combinations(range(width), 2)
        if width <= PAIRED:
            out += [(units[b] + sign * units[a]) / np.sqrt(2) for a, b in two for sign in (1, -1)]
        turned = np.ones(width)
        turned[0] = -1.0
        return [*out, np.ones(width) / np.sqrt(width), turned / np.sqrt(width)]

    @property
    def circular(self) -> bool:
        return self.width == 2

    def along(self, direction: Array, c: float) -> Point:
        axes = np.linalg.qr(np.column_stack([direction, np.eye(len(direction))]))[0]
        s = np.zeros(len(direction))
        s[0] = c
        return Unstructured(axes * s, axes)

"""An unstructured covariance in coordinates of which one is held: a standard deviation, a correlation, a covariance, or
an entry of theta.

In columns of unit size, Sigma = A A' with the rows of A ordered so that those of interest lead:

    A = [P  0]    P (h, h) in coordinates of its own (`leads`), C free,
        [C  B]    B in a moving chart of its own as in `covariance.Unstructured`

A standard deviation of zero and correlations of -1 and 1 are ordinary points. Where the last pivot of P is zero the
last column of C is of no use and is merged into B.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...engine.covariance.point import Point
from ...engine.covariance.unstructured import Unstructured
from ...numerics.linalg import Array, Mask, lower_factor
from .leading_block import SMALL, LeadingBlock

DEGENERATE = 1e-12  # a leading column shorter than this, relative, is none


@dataclass(frozen=True, eq=False)
class HeldCoordinates(Point):
    """Sigma~ = F A A' F' in the scaled coordinates; F (l, l).

    lead with P (h, h) in k coordinates;   C (l - h, h);   B (l - h, l - h) with its chart U
    """

    F: Array
    lead: LeadingBlock
    C: Array
    B: Unstructured

    def root(self) -> Array:
        """A (l, l)."""
        h, width = self.lead.h, len(self.F)
        A = np.zeros((width, width))
        A[:h, :h], A[h:, :h], A[h:, h:] = self.lead.rows(), self.C, self.B.T
        return A

    @property
    def size(self) -> int:
        """Number of coordinates."""
        inner = len(self.B.T)
        return len(self.lead.values) + self.C.size + inner * (inner + 1) // 2

    def template(self) -> Array:
        return np.asarray(self.F @ self.root())

    @cached_property
    def directions(self) -> Array:
        """dA/dx: (size, l, l)."""
        k, h, width = len(self.lead.values), self.lead.h, len(self.F)
        inner = self.B.directions if width > h else np.zeros((0, 0, 0))
        E = np.zeros((self.size, width, width))
        E[:k, :h, :h] = self.lead.directions()
        for x in range(self.C.size):
            E[k + x, h + x // h, x % h] = 1.0
        E[len(E) - len(inner) :, h:, h:] = inner
        return E

    def tangents(self) -> Array:
        half = self.F @ (self.directions @ self.root().T) @ self.F.T
        return np.asarray(half + np.swapaxes(half, 1, 2))

    def curvature(self, G: Array) -> Array:
        inner = self.F.T @ G @ self.F
        E, k, h = self.directions, len(self.lead.values), self.lead.h
        out = np.asarray(2.0 * np.tensordot(E, inner @ E, axes=([1, 2], [1, 2])))
        out[:k, :k] += self.lead.bends(2.0 * (inner @ self.root())[:h, :h])  # tr(G (A_xy A' + A A_xy'))
        return out

    def shifted(self, step: Array) -> HeldCoordinates:
        k = len(self.lead.values)
        C = self.C + step[k : k + self.C.size].reshape(self.C.shape)
        B = self.B.shifted(step[k + self.C.size :]) if self.B.T.size else self.B
        return HeldCoordinates(self.F, self.lead.at(self.lead.values + step[:k]), C, B)

    @property
    def merged(self) -> bool:
        """Whether the last column of C is of no use."""
        return abs(self.lead.last) < DEGENERATE

    def _pull(self, G: Array) -> Array:
        """B'g, with g what the last pivot of P has with the rows below it in F'GF: (l - h,)."""
        h = self.lead.h
        return np.asarray(self.B.T.T @ (self.F.T @ G @ self.F)[h:, h - 1])

    def opening(self, G: Array) -> float:
        """The steepest rate of tr(G Sigma) as the last pivot of P grows from zero.

        The last column of C may then be any c with cc' <= BB'. The rate is 2 g'c, smallest where c = -B B'g / |B'g|.
        """
        return -2.0 * float(np.linalg.norm(self._pull(G)))

    def opened(self, G: Array) -> HeldCoordinates:
        """The same covariance with the last column of C along its steepest direction, taken out of B."""
        pull = self._pull(G)
        u = pull / np.linalg.norm(pull)
        column = -(self.B.T @ u)[:, None]
        B = self.B.T - (self.B.T @ u)[:, None] * u
        return replace(self, C=np.hstack([self.C[:, :-1], column]), B=Unstructured.charted(B, self.B.U))

    def moved(self, step: Array) -> HeldCoordinates:
        """The same point with B in a chart of its own, nothing negative that may not be, useless columns merged."""
        point = self.shifted(step)
        values, ends = point.lead.values.copy(), point.lead.not_negative
        values[ends] = np.maximum(values[ends], 0.0)
        point = replace(point, lead=point.lead.at(values))
        if not point.B.T.size:
            return point
        if point.merged:
            wide = np.hstack([point.C[:, -1:], point.B.T])
            U, s, _ = np.linalg.svd(wide, full_matrices=False)
            C = np.hstack([point.C[:, :-1], np.zeros((len(point.C), 1))])
            return replace(point, C=C, B=Unstructured(U * s, U))
        return replace(point, B=Unstructured.charted(point.B.T, self.B.U))

    @property
    def numbers(self) -> Array:
        return self.lead.values

    def neutral(self, k: int) -> HeldCoordinates:
        values = self.lead.values
        return replace(self, lead=self.lead.at(np.where(np.arange(len(values)) == k, self.lead.identity, values)))

    def idle(self, score: Array) -> Mask:
        """Mask (size,) of coordinates that add nothing here, or whose `score` (size,) pulls them below zero."""
        mask, k, ends = np.zeros(self.size, bool), len(self.lead.values), self.lead.not_negative
        mask[ends] = (self.lead.values[ends] <= 0) & (score[ends] >= 0)
        if self.merged:
            mask[k + self.lead.h - 1 : k + self.C.size : self.lead.h] = True
        return mask

    def mirrored(self, held: int) -> HeldCoordinates:
        """With the opposite covariances of leading columns with those below, and within P but for coordinate `held`."""
        values = self.lead.values.copy()
        for k in self.lead.signed:
            values[k] *= -1.0 if k != held else 1.0
        return replace(self, lead=self.lead.at(values), C=-self.C)

    def reset(self, size: float, correlation: float, held: int) -> HeldCoordinates:
        """With all but coordinate `held` anew: rows below P as large as `size` times P's last, and so correlated."""
        lead = self.lead.at(self.lead.reset(size, held))
        length = size * max(float(np.linalg.norm(lead.rows()[-1])), SMALL)
        inner = np.eye(len(self.B.T))
        C = np.zeros_like(self.C)
        C[:, -1] = correlation * length
        return replace(self, lead=lead, C=C, B=Unstructured(np.sqrt(1 - correlation**2) * length * inner, inner))

    def zeroed(self, tolerance: float) -> HeldCoordinates:
        return self

    def floored(self, floor: float) -> HeldCoordinates:
        return self

    def deviations(self) -> Array:
        return np.asarray(np.linalg.norm(self.root(), axis=1))

    def same_chart(self, other: Point) -> bool:
        return False


def rooted(point: Point, R: Array, leading: tuple[int, ...], lead: Callable[[Array], LeadingBlock]) -> HeldCoordinates:
    """The covariance `point`, in scaled coordinates Z~ = Z R^-1, with `leading` columns first; `lead` makes P's.

    Column i of Z is measured in units of |R[:, i]|, its root mean square.
    """
    width, h = len(R), len(leading)
    order = [*leading, *(i for i in range(width) if i not in leading)]
    F = (R / np.linalg.norm(R, axis=0))[:, order]
    L = lower_factor(np.linalg.solve(F, point.template()))[0]
    start = HeldCoordinates(F, lead(L[:h, :h]), L[h:, :h], Unstructured(L[h:, h:], np.eye(width - h)))
    return start.moved(np.zeros(start.size))

"""An unstructured covariance in coordinates of which one is a standard deviation or a correlation.

In columns of unit size, Sigma = A A' with the rows of A ordered so that those of interest come first:

    standard deviation      [a  0]              correlation    [a        0        0]
                            [C  B]                             [b sin w  b cos w  0]
                                                               [C                 B]

a (and b) are standard deviations relative to sigma, w is the arcsine of the correlation, C is free, and B moves in a
chart of its own as in `covariance.Unstructured`. A standard deviation of zero and correlations of -1 and 1 are ordinary
points, at which the last column of C is of no use and is merged into B.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..covariance import Point, Unstructured, lower_entries
from ..linalg import Array, lower_factor
from ..optimize import Mask

DEGENERATE = 1e-12  # a leading column shorter than this, relative, is none


@dataclass(frozen=True, eq=False)
class Rooted:
    """Sigma~ = F A A' F' in the scaled coordinates; F (l, l).

    lead (1,): a, or (3,): a, b, w;   C (l - h, h), h = 1 or 2;   B (l - h, l - h) with its chart U
    """

    F: Array
    lead: Array
    C: Array
    B: Unstructured

    @property
    def h(self) -> int:
        """How many rows lead."""
        return int(self.C.shape[1])

    @property
    def last(self) -> float:
        """The last pivot of the leading rows: a, or cos w."""
        return float(self.lead[0] if self.h == 1 else np.cos(self.lead[2]))

    def root(self) -> Array:
        """A (l, l)."""
        h, width = self.h, len(self.F)
        A = np.zeros((width, width))
        A[0, 0] = self.lead[0]
        if h == 2:
            A[1, :2] = self.lead[1] * np.sin(self.lead[2]), self.lead[1] * np.cos(self.lead[2])
        A[h:, :h], A[h:, h:] = self.C, self.B.T
        return A

    @property
    def size(self) -> int:
        """Number of coordinates."""
        inner = len(self.B.T)
        return len(self.lead) + self.C.size + inner * (inner + 1) // 2

    def template(self) -> Array:
        return np.asarray(self.F @ self.root())

    @cached_property
    def directions(self) -> Array:
        """dA/dx: (k, l, l)."""
        h, width = self.h, len(self.F)
        inner = self.B.directions if width > h else np.zeros((0, 0, 0))
        E = np.zeros((self.size, width, width))
        E[0, 0, 0] = 1.0
        if h == 2:
            _, b, w = self.lead
            E[1, 1, :2] = np.sin(w), np.cos(w)
            E[2, 1, :2] = b * np.cos(w), -b * np.sin(w)
        for x in range(self.C.size):
            E[len(self.lead) + x, h + x // h, x % h] = 1.0
        E[len(E) - len(inner) :, h:, h:] = inner
        return E

    def tangents(self) -> Array:
        half = self.F @ (self.directions @ self.root().T) @ self.F.T
        return np.asarray(half + np.swapaxes(half, 1, 2))

    def curvature(self, G: Array) -> Array:
        inner = self.F.T @ G @ self.F
        E = self.directions
        out = np.asarray(2.0 * np.tensordot(E, inner @ E, axes=([1, 2], [1, 2])))
        if self.h == 2:
            _, b, w = self.lead
            row = 2.0 * (inner @ self.root())[1, :2]  # tr(G (A_ab A' + A A_ab')) has A_ab in row 1 alone
            out[1, 2] += row @ np.array([np.cos(w), -np.sin(w)])
            out[2, 1] = out[1, 2]
            out[2, 2] -= b * (row @ np.array([np.sin(w), np.cos(w)]))
        return out

    def shifted(self, step: Array) -> Rooted:
        k = len(self.lead)
        C = self.C + step[k : k + self.C.size].reshape(self.C.shape)
        B = self.B.shifted(step[k + self.C.size :]) if self.B.T.size else self.B
        return Rooted(self.F, self.lead + step[:k], C, B)

    def moved(self, step: Array) -> Rooted:
        """The same point with B in a chart of its own, standard deviations positive, useless columns merged."""
        point = self.shifted(step)
        lead = point.lead.copy()
        lead[:2] = np.maximum(lead[:2], 0.0)  # mirrored, they would give the correlation of opposite sign
        point = replace(point, lead=lead)
        if not point.B.T.size:
            return point
        if abs(point.last) < DEGENERATE:
            wide = np.hstack([point.C[:, -1:], point.B.T])
            U, s, _ = np.linalg.svd(wide, full_matrices=False)
            C = np.hstack([point.C[:, :-1], np.zeros((len(point.C), 1))])
            return replace(point, C=C, B=Unstructured(U * s, U))
        return replace(point, B=Unstructured.charted(point.B.T, self.B.U))

    def idle(self, score: Array) -> Mask:
        """Mask (k,) of coordinates that add nothing here, or whose `score` (k,) pulls them below zero."""
        useless = np.zeros(self.C.shape, bool)
        useless[:, -1:] = abs(self.last) < DEGENERATE
        inner = len(lower_entries(len(self.B.T))[0])
        bound = np.zeros(len(self.lead), bool)
        bound[:2] = (self.lead[:2] <= 0) & (score[: len(bound)][:2] >= 0)
        return np.concatenate([bound, useless.ravel(), np.zeros(inner, bool)])

    def cleared(self, tolerance: float) -> Rooted:
        return self

    def raised(self, floor: float) -> Rooted:
        return self

    def deviations(self) -> Array:
        return np.asarray(np.linalg.norm(self.root(), axis=1))

    def same_chart(self, other: Point) -> bool:
        return False


def rooted(point: Point, R: Array, leading: tuple[int, ...]) -> Rooted:
    """The covariance `point`, in scaled coordinates Z~ = Z R^-1, with one or two `leading` columns.

    Column i of Z is measured in units of |R[:, i]|, its root mean square.
    """
    width, h = len(R), len(leading)
    order = [*leading, *(i for i in range(width) if i not in leading)]
    F = (R / np.linalg.norm(R, axis=0))[:, order]
    L = lower_factor(np.linalg.solve(F, point.template()))[0]
    lead = L[0, :1]
    if h == 2:
        lead = np.array([L[0, 0], np.hypot(L[1, 0], L[1, 1]), np.arctan2(L[1, 0], L[1, 1])])
    B = Unstructured(L[h:, h:], np.eye(width - h))
    start = Rooted(F, lead, L[h:, :h], B)
    return start.moved(np.zeros(start.size))

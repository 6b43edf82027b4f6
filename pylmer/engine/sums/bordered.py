"""A wide factor among the fixed effects: its columns never meet in a row, so that their cross-products are counted.

With D the columns of X (n, d) of which each row has at most one, B the few others (n, r) and W the prior weights,

    [D B] = [N_D N_B] [[a^1/2, C], [0, R_B]],   a = diag(D'WD),  C = N_D'W B,  N_D = D a^-1/2,

N_B what is left of B within the levels of D, brought to length one: a block of Gram-Schmidt (Bjorck 1996, 2.4.8), with
a second pass. Nothing of size n d is ever made; the triangle is that of a QR of X with its columns in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ...numerics.disjoint import disjoint_run
from ...numerics.linalg import Array, Codes, chunks, inverse_upper, rows_for_factor, triangular_factor

SHARE = 0.5  # of the columns must be disjoint, for the others to be few
LOST = 1e-11  # of a column left within levels, relative, that may be rounding


@dataclass(frozen=True, eq=False)
class Bordered:
    """X = [D B] in another order of columns.

    disjoint (d,), others (r,)  places of the columns of D and of B in X
    level, value (n,)           the one column of D that each row has, d for none, and its entry there
    B                           (n, r)
    lengths                     a^1/2 (d,)
    C, R                        (d, r + 1), (r + 1, r + 1): of [B y], prior weights included
    """

    disjoint: Codes
    others: Codes
    level: Codes
    value: Array
    B: sparse.csr_array
    lengths: Array
    C: Array
    R: Array

    @classmethod
    def of(cls, X: sparse.csr_array, y: Array, weights: Array | None) -> Bordered | None:
        """None where X has no such columns, too few of them, or others that they span."""
        first, end = disjoint_run(X)
        if not X.shape[0] or end - first < SHARE * X.shape[1]:
            return None
        disjoint = np.arange(first, min(end, X.shape[1] - 1 + first))  # there is always a column beside them
        others = np.delete(np.arange(X.shape[1]), disjoint)
        level, value = _entries(X, first, first + len(disjoint))
        squares = value**2 if weights is None else weights * value**2
        lengths = np.sqrt(np.bincount(level, squares, len(disjoint) + 1)[:-1])
        if not np.all(lengths > 0):
            return None
        B = sparse.csr_array(X[:, others])
        own = cls(disjoint, others, level, value, B, lengths, np.zeros((len(disjoint), len(others) + 1)), np.eye(1))
        return own._orthogonalized(y, weights)

    @property
    def d(self) -> int:
        """Number of disjoint columns."""
        return len(self.disjoint)

    @cached_property
    def triangle(self) -> Array:
        """What the columns of X, in their own order, are in terms of [N_D N_B]: (p, p)."""
        p, d = self.d + len(self.others), self.d
        out = np.zeros((p, p))
        out[np.arange(d), self.disjoint] = self.lengths
        out[:d, self.others], out[d:, self.others] = self.C[:, :-1], self.R[:-1, :-1]
        return out

    @property
    def of_Xy(self) -> Array:
        """A matrix with the cross-products of [X y], weighted: (p + 1, p + 1)."""
        response = np.concatenate([self.C[:, -1], self.R[:, -1]])[:, None]
        return np.hstack([np.vstack([self.triangle, np.zeros((1, len(self.triangle)))]), response])

    def normalized(self, at: slice) -> Array:
        """Entries of N_D on some rows, without weights, each in the column `level`."""
        return np.asarray(self.value[at] / np.append(self.lengths, 1.0)[self.level[at]])

    def within(self, at: slice) -> Array:
        """N_B on some rows, without weights, transposed: (r, rows)."""
        left = self.B[at].toarray() - self.normalized(at)[:, None] * self._bordering[self.level[at]]
        return np.ascontiguousarray((left @ self._R_inverse).T)

    @cached_property
    def _bordering(self) -> Array:
        """C of B, and a row of zeros for rows without a column of D: (d + 1, r)."""
        return np.vstack([self.C[:, :-1], np.zeros((1, len(self.others)))])

    @cached_property
    def _R_inverse(self) -> Array:
        return inverse_upper(self.R[:-1, :-1])

    def _orthogonalized(self, y: Array, weights: Array | None) -> Bordered | None:
        """With C and R of [B y], None where R has no inverse."""
        C = self.C
        for _ in range(2):  # the second pass takes away what rounding has left
            C = C + self._projection(y, weights, C)
        R = triangular_factor((left for _, left in self._left(y, weights, C)), C.shape[1])
        whole = np.sqrt(np.sum(R**2, axis=0) + np.sum(C**2, axis=0))
        if np.any(np.diag(R)[:-1] <= LOST * whole[:-1]):
            return None
        return Bordered(self.disjoint, self.others, self.level, self.value, self.B, self.lengths, C, R)

    def _left(self, y: Array, weights: Array | None, C: Array) -> Iterator[tuple[slice, Array]]:
        """[B y] - N_D C, weighted, some rows at a time."""
        bordering = np.vstack([C, np.zeros((1, C.shape[1]))])
        for at in chunks(len(y), max(rows_for_factor(C.shape[1]), self.d)):
            left = np.hstack([self.B[at].toarray(), y[at, None]])
            left -= self.normalized(at)[:, None] * bordering[self.level[at]]
            yield at, left if weights is None else left * np.sqrt(weights[at, None])

    def _projection(self, y: Array, weights: Array | None, C: Array) -> Array:
        """N_D'W([B y] - N_D C): (d, r + 1)."""
        out = np.zeros_like(C)
        for at, left in self._left(y, weights, C):
            own = self.normalized(at) if weights is None else self.normalized(at) * np.sqrt(weights[at])
            for column, values in enumerate(left.T):
                out[:, column] += np.bincount(self.level[at], values * own, self.d + 1)[:-1]
        return out


def _entries(X: sparse.csr_array, first: int, end: int) -> tuple[Codes, Array]:
    """Of each row the one entry in the columns from `first` to `end`: its column, from 0, and its value."""
    n = X.shape[0]
    level, value = np.full(n, end - first, dtype=np.int64), np.zeros(n)
    here = np.flatnonzero((X.indices >= first) & (X.indices < end))
    rows = np.searchsorted(X.indptr, here, side="right") - 1
    level[rows], value[rows] = X.indices[here] - first, X.data[here]
    return level, value

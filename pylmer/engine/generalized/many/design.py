"""The rows of a design with one grouping factor, as linear maps of many columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ....numerics.linalg import Array, Codes
from ..weighted import WeightedStructure
from .arrays import stack


@dataclass(frozen=True, eq=False)
class OneFactor:
    """X (n, p), Z (n, L J) with column (a, j) that of effect a of level j, and what sums weights (n, r).

    ZtZ (L L J, n) and ZtX (L p J, n) give z_ia z_ib and z_ia x_ib summed within each level, XtX (p p, n) over all rows
    """

    J: int
    X: Array
    Z: sparse.csr_array
    Zt: sparse.csr_array
    ZtZ: sparse.csr_array
    ZtX: sparse.csr_array
    XtX: Array

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.X.shape[1])

    @property
    def L(self) -> int:
        """Effects of a level."""
        return int(self.Z.shape[1] // self.J)

    # --- of rows and effects ---

    def fixed(self, beta: Array) -> Array:
        """X beta (n, r) for beta (r, p)."""
        return np.asarray(self.X @ beta.T)

    def random(self, b: Array) -> Array:
        """Z b (n, r) for b (L, J, r): a new array."""
        return np.asarray(self.Z @ b.reshape(self.L * self.J, -1))

    def cross(self, c: Array) -> Array:
        """Z'c (L, J, r) for c (n, r)."""
        return np.asarray(self.Zt @ c).reshape(self.L, self.J, -1)

    def fixed_cross(self, c: Array) -> Array:
        """X'c (r, p)."""
        return np.asarray(c.T @ self.X)

    def quadratic(self, K: Array) -> Array:
        """z_i'K_j z_i of every row (n, r), for K (Jr, L, L)."""
        flat = np.moveaxis(K, 0, -1).reshape(self.L * self.L * self.J, -1)
        return np.asarray(self.ZtZ.T @ flat)

    # --- sums of weights (n, r) ---

    def random_squares(self, weights: Array) -> Array:
        """Z'WZ of the levels (Jr, L, L)."""
        return stack((self.ZtZ @ weights).reshape(self.L, self.L, self.J, -1))

    def mixed_squares(self, weights: Array) -> Array:
        """Z'WX of the levels (Jr, L, p)."""
        return stack((self.ZtX @ weights).reshape(self.L, self.p, self.J, -1))

    def fixed_squares(self, weights: Array) -> Array:
        """X'WX (r, p, p)."""
        return np.moveaxis((self.XtX @ weights).reshape(self.p, self.p, -1), -1, 0)


def one_factor(structure: WeightedStructure) -> OneFactor:
    """The rows of a structure with one grouping factor, in scaled coordinates."""
    (factor,) = structure.factors
    X = structure.sums.X
    units = np.eye(factor.L)
    Z = [structure.random([np.tile(unit, (factor.J, 1))]) for unit in units]
    Zt = _summed([(a, z) for a, z in enumerate(Z)], factor.codes, factor.J, factor.L)
    L, p = factor.L, X.shape[1]
    ZtZ = _summed([(a * L + b, y * z) for a, y in enumerate(Z) for b, z in enumerate(Z)], factor.codes, factor.J, L * L)
    ZtX = _summed([(a * p + b, z * X[:, b]) for a, z in enumerate(Z) for b in range(p)], factor.codes, factor.J, L * p)
    XtX = (X[:, :, None] * X[:, None, :]).reshape(len(X), -1).T
    return OneFactor(factor.J, X, sparse.csr_array(Zt.T), Zt, ZtZ, ZtX, np.ascontiguousarray(XtX))


def _summed(columns: Sequence[tuple[int, Array]], codes: Codes, J: int, count: int) -> sparse.csr_array:
    """Row (k, j) sums what column k has in the rows of level j: (count J, n)."""
    n = len(codes)
    values = np.concatenate([values for _, values in columns] or [np.zeros(0)])
    rows = np.concatenate([k * J + codes for k, _ in columns] or [np.zeros(0, int)])
    return sparse.csr_array((values, (rows, np.tile(np.arange(n), len(columns)))), shape=(count * J, n))

"""The rows of a design with one grouping factor, as linear maps of many columns at once.

All maps are sparse matrices, dense columns of X too: their products with (n, r) run along the runs, on one thread.
"""

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

    ZtZ (L L J, n) and ZtX (L p J, n) give z_ia z_ib and z_ia x_ib summed within each level, XtX x_ia x_ib of all rows,
    for the pairs a <= b that `pairs` (p, p) numbers
    """

    J: int
    X: sparse.csr_array
    Xt: sparse.csr_array
    Z: sparse.csr_array
    Zt: sparse.csr_array
    ZtZ: sparse.csr_array
    ZtX: sparse.csr_array
    XtX: sparse.csr_array
    pairs: Codes

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
        return np.asarray(self.X @ np.ascontiguousarray(beta.T))

    def random(self, b: Array) -> Array:
        """Z b (n, r) for b (L, J, r): a new array."""
        return np.asarray(self.Z @ b.reshape(self.L * self.J, -1))

    def cross(self, c: Array) -> Array:
        """Z'c (L, J, r) for c (n, r)."""
        return np.asarray(self.Zt @ c).reshape(self.L, self.J, -1)

    def fixed_cross(self, c: Array) -> Array:
        """X'c (r, p)."""
        return np.asarray(self.Xt @ c).T

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
        return stack((self.ZtX @ weights).reshape(self.L, self.p, self.J, weights.shape[1]))

    def fixed_squares(self, weights: Array) -> Array:
        """X'WX (r, p, p)."""
        return np.moveaxis((self.XtX @ weights)[self.pairs], -1, 0)


def one_factor(structure: WeightedStructure) -> OneFactor:
    """The rows of a structure with one grouping factor, in scaled coordinates."""
    (factor,) = structure.factors
    X, codes, J, L, p = structure.sums.X, factor.codes, factor.J, factor.L, structure.p
    Z = [structure.random([np.tile(unit, (J, 1))]) for unit in np.eye(L)]
    Zt = _summed(Z, codes, J)
    ZtZ = _summed([y * z for y in Z for z in Z], codes, J)
    ZtX = _summed([z * x for z in Z for x in X.T], codes, J)
    first, second = np.triu_indices(p)
    pairs = np.zeros((p, p), np.int64)
    pairs[first, second] = pairs[second, first] = np.arange(len(first))
    XtX = sparse.csr_array((X[:, first] * X[:, second]).T)
    return OneFactor(J, sparse.csr_array(X), sparse.csr_array(X.T), _transposed(Zt), Zt, ZtZ, ZtX, XtX, pairs)


def _transposed(A: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(A.T)


def _summed(columns: Sequence[Array], codes: Codes, J: int) -> sparse.csr_array:
    """Row (k, j) sums what column k (n,) has in the rows of level j."""
    n, count = len(codes), len(columns)
    rows = np.concatenate([np.zeros(0, np.int64), *(k * J + codes for k in range(count))])
    values = np.concatenate([np.zeros(0), *columns])
    return sparse.csr_array((values, (rows, np.tile(np.arange(n), count))), shape=(count * J, n))

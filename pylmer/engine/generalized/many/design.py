"""The rows of a design with one grouping factor, as linear maps of many columns at once.

All maps are sparse matrices, dense columns of X too: their products with (n, r) run along the runs, on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ....numerics.linalg import Array, Codes
from ....numerics.unlocked import cached_property
from ..weighted import WeightedStructure
from .arrays import stack


@dataclass(frozen=True, eq=False)
class OneFactor:
    """Dense columns of X (n, p) and of Z, L of (n,), and the level of every row; the maps are formed when asked for."""

    J: int
    columns: Array
    effects: list[Array]
    codes: Codes

    @cached_property
    def X(self) -> sparse.csr_array:
        """(n, p)."""
        return sparse.csr_array(self.columns)

    @cached_property
    def Xt(self) -> sparse.csr_array:
        """X' (p, n)."""
        return sparse.csr_array(self.columns.T)

    @cached_property
    def Zt(self) -> sparse.csr_array:
        """Z' (L J, n), row (a, j) that of effect a of level j."""
        return _summed(self.effects, self.codes, self.J)

    @cached_property
    def Z(self) -> sparse.csr_array:
        """(n, L J)."""
        return sparse.csr_array(self.Zt.T)

    @cached_property
    def ZtZ(self) -> sparse.csr_array:
        """(L L J, n): z_ia z_ib of a row, summed within each level."""
        return _summed([y * z for y in self.effects for z in self.effects], self.codes, self.J)

    @cached_property
    def ZtX(self) -> sparse.csr_array:
        """(L p J, n): z_ia x_ib of a row, summed within each level."""
        return _summed([z * x for z in self.effects for x in self.columns.T], self.codes, self.J)

    @cached_property
    def XtX(self) -> sparse.csr_array:
        """x_ia x_ib of all rows, for the pairs a <= b that `pairs` numbers."""
        first, second = np.triu_indices(self.p)
        return sparse.csr_array((self.columns[:, first] * self.columns[:, second]).T)

    @cached_property
    def pairs(self) -> Codes:
        """Numbers of the pairs of columns of X (p, p)."""
        first, second = np.triu_indices(self.p)
        pairs = np.zeros((self.p, self.p), np.int64)
        pairs[first, second] = pairs[second, first] = np.arange(len(first))
        return pairs

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.columns.shape[1])

    @property
    def L(self) -> int:
        """Effects of a level."""
        return len(self.effects)

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
    Z = [structure.random([np.tile(unit, (factor.J, 1))]) for unit in np.eye(factor.L)]
    return OneFactor(factor.J, structure.sums.X, Z, factor.codes)


def _summed(columns: Sequence[Array], codes: Codes, J: int) -> sparse.csr_array:
    """Row (k, j) sums what column k (n,) has in the rows of level j."""
    n, count = len(codes), len(columns)
    rows = np.concatenate([np.zeros(0, np.int64), *(k * J + codes for k in range(count))])
    values = np.concatenate([np.zeros(0), *columns])
    return sparse.csr_array((values, (rows, np.tile(np.arange(n), count))), shape=(count * J, n))

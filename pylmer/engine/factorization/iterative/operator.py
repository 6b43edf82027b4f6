"""The remainder as a product with vectors, scaled to a unit diagonal.

    M = I + d S d,   S = A_RR - C' diag(k) C,   P = diag(M),   A = P^-1/2 M P^-1/2

S is never formed: a product costs two with the sparse C. Its diagonal is exact, one product with C squared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ....numerics.linalg import Array
from ..schur_update import squared


@dataclass(frozen=True, eq=False)
class Coupling:
    """The values that all templates share: C (J, q) and A_RR (q, q), the latter as diagonal and what is beside it.

    factors  (q,) which of the other factors each effect belongs to, counted from zero
    """

    C: sparse.csr_array
    diagonal: Array
    beside: sparse.csr_array | None
    factors: Array

    @classmethod
    def of(cls, C: sparse.csr_array, A: sparse.csr_array, factors: Array) -> Coupling:
        diagonal = A.diagonal()
        beside = sparse.csr_array(A - sparse.diags_array(diagonal))
        beside.eliminate_zeros()
        return cls(C, diagonal, beside if beside.nnz else None, factors)

    @property
    def q(self) -> int:
        """Number of effects."""
        return int(self.C.shape[1])

    @property
    def count(self) -> int:
        """Number of the other factors."""
        return int(self.factors[-1]) + 1

    @cached_property
    def uniform(self) -> float | None:
        """The value of all entries of C, if they have one: then C squared is a multiple of C."""
        values = self.C.data
        return float(values[0]) if len(values) and values.min() == values.max() else None

    def squares_times(self, K: Array) -> Array:
        """sum_j K_j C_ji^2 for K (J, m): (q, m)."""
        if self.uniform is not None:
            return np.asarray(self.uniform * (self.C.T @ K))
        return np.asarray(squared(self.C).T @ K)

    def S_times(self, k: Array, B: Array) -> Array:
        """S B for B (q, m)."""
        out: Array = self.diagonal[:, None] * B - self.C.T @ (k[:, None] * (self.C @ B))
        return np.asarray(out if self.beside is None else out + self.beside @ B)


@dataclass(frozen=True, eq=False)
class ScaledOperator:
    """A at given templates: k (J,) of the first factor, d (q,) of the others; diagonal (q,) is that of S."""

    coupling: Coupling
    k: Array
    d: Array
    diagonal: Array

    @cached_property
    def P(self) -> Array:
        """The diagonal of M."""
        return np.asarray(1.0 + self.d**2 * self.diagonal)

    @cached_property
    def scale(self) -> Array:
        """P^-1/2."""
        return np.asarray(1.0 / np.sqrt(self.P))

    @cached_property
    def ends(self) -> Array:
        """d P^-1/2: A = P^-1 + ends S ends."""
        return np.asarray(self.d * self.scale)

    def times(self, B: Array) -> Array:
        """A B for B (q, m)."""
        ends = self.ends[:, None]
        return np.asarray(B / self.P[:, None] + ends * self.coupling.S_times(self.k, ends * B))

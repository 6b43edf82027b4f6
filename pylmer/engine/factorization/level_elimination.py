"""One grouping factor eliminated level by level, in b-space.

Per level, with A its own cross-products as its children left them,

    M = I + T'A T = L L',   B = L^-1 T',   K = B'B = T M^-1 T',   N = I - A K

so that nothing is ever divided by T: singular templates are ordinary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes, transposed
from ...numerics.stacks import cholesky, congruent, inverse_lower, product


@dataclass(frozen=True, eq=False)
class Level:
    """A (J, L, L) and the coupling `path` (J, L, P) to the parents' columns; inverse is L^-1, half_path is B path.

    T is (L, L), or (J, L, L) where the levels of many data sets are stacked (see `many_responses`).
    """

    T: Array
    A: Array
    path: Array
    chol: Array
    inverse: Array
    B: Array
    half_path: Array

    @classmethod
    def eliminated(cls, T: Array, A: Array, path: Array) -> Level:
        chol = cholesky(np.eye(T.shape[-1]) + congruent(T, A))
        inverse = inverse_lower(chol)
        B = product(inverse, transposed(T))
        return cls(T, A, path, chol, inverse, B, product(B, path) if path.shape[2] else path)

    def solve(self, g: Array) -> tuple[Array, Array, Array]:
        """u, b = K g and N g = g - A b for right-hand sides g (J, L, k)."""
        u = product(transposed(self.inverse), product(self.B, g))
        b = product(self.T, u)
        return u, b, g - product(self.A, b)

    @property
    def K(self) -> Array:
        """K (J, L, L)."""
        return product(transposed(self.B), self.B)

    def K_times(self, g: Array) -> Array:
        """K g for g (J, L, k)."""
        return product(transposed(self.B), product(self.B, g))

    def K_times_some(self, levels: Codes, g: Array) -> Array:
        """K g for g (P, L, k), each at one of the levels (P,)."""
        return product(product(transposed(self.B), self.B)[levels], g)

    def sandwich(self, H: Array) -> tuple[Array, Array]:
        """N A - N H N' and K + K H K, each (J, L, L)."""
        K = product(transposed(self.B), self.B)
        N = np.eye(self.T.shape[-1]) - product(self.A, K)
        BA = product(self.B, self.A)
        D = self.A - product(transposed(BA), BA) - product(product(N, H), transposed(N))
        return D, K + product(product(K, H), K)

    def conditional(self, H: Array) -> Array:
        """K + K H K (J, L, L)."""
        K = product(transposed(self.B), self.B)
        return K + product(product(K, H), K)

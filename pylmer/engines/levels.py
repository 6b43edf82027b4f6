"""One grouping factor eliminated level by level, in b-space.

Per level, with A its own cross-products as its children left them,

    M = I + T'A T = L L',   B = L^-1 T',   K = B'B = T M^-1 T',   N = I - A K

so that nothing is ever divided by T: singular templates are ordinary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..linalg import Array, cholesky, inverse_lower, transposed


@dataclass(frozen=True, eq=False)
class Level:
    """A (J, L, L) and the coupling `path` (J, L, P) to the parents' columns; chol is L, half_path is B path."""

    T: Array
    A: Array
    path: Array
    chol: Array
    B: Array
    half_path: Array

    @classmethod
    def eliminated(cls, T: Array, A: Array, path: Array) -> Level:
        width = T.shape[0]
        chol = cholesky(np.eye(width) + T.T @ A @ T)
        B = inverse_lower(chol) @ T.T
        return cls(T, A, path, chol, B, B @ path)

    def solve(self, g: Array) -> tuple[Array, Array, Array]:
        """u, b = K g and N g = g - A b for right-hand sides g (J, L, k)."""
        u = transposed(inverse_lower(self.chol)) @ (self.B @ g)
        b = self.T @ u
        return u, b, g - self.A @ b

    def sandwich(self, H: Array) -> tuple[Array, Array]:
        """N A - N H N' and K + K H K, each (J, L, L)."""
        K = transposed(self.B) @ self.B
        N = np.eye(self.T.shape[0]) - self.A @ K
        BA = self.B @ self.A
        return self.A - transposed(BA) @ BA - N @ H @ transposed(N), K + K @ H @ K

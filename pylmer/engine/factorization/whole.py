"""Few random effects at given templates: no elimination at all, one dense matrix of all of them.

With A = Z'Z (q, q) and Lambda the templates on its diagonal,

    M = I + Lambda'A Lambda = L L',   B = L^-1 Lambda',   K = B'B = Lambda M^-1 Lambda',   N = I - A K

so Z'V^-1 r = N Z'r and Z'V^-1 Z = N A. For small crossed designs this is less work than to administer an elimination.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...numerics.linalg import Array, cholesky, log_diagonal
from ...numerics.stacks import inner_products
from .layout import Layout, joined


class Whole:
    """A (q, q), effects in the order of the factors; T per factor (L, L)."""

    def __init__(self, layout: Layout, A: Array, T: list[Array]) -> None:
        self.layout, self.A, self.Lambda = layout, A, layout.block_diagonal(T)
        chol = cholesky(np.eye(len(A)) + self.Lambda.T @ A @ self.Lambda)
        self.inverse = np.linalg.inv(chol)
        self.B = self.inverse @ self.Lambda.T
        self.logdet_V = 2 * log_diagonal(chol)

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z'c per factor (J, L, k) -> the same, and their half solves B c."""
        return list(columns), [(self.B @ joined(columns))[:, None]]

    def inner(self, one: list[Array], two: list[Array]) -> Array:
        """c_1'Z Sigma (I + Z'Z Sigma)^-1 Z'c_2 from the half solves of `forward`."""
        return inner_products(one, two)

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """u, b and Z'V^-1 r of right-hand sides Z'r."""
        c = joined(reduced)
        u = self.inverse.T @ (self.B @ c)
        b = self.Lambda @ u
        return self.layout.split(u), self.layout.split(b), self.layout.split(c - self.A @ b)

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]:
        """See `pls.Factorization.selected_inverse`."""
        K = self.B.T @ self.B
        AB, c = self.A @ self.B.T, joined(reduced)
        Kc, N_c = K @ c, c - AB @ (self.B @ c)
        D, E = self.A - AB @ AB.T - (N_c @ S) @ N_c.T, K + (Kc @ S) @ Kc.T
        return self.layout.blocks(D), self.layout.blocks(E)

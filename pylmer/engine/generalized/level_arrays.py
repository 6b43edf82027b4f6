"""Small matrices of all levels of one grouping factor, levels last: (a, b, J), so that every entry is one array (J,).

A fit of a few hundred rows asks some fifty times for these: calls cost as much as arithmetic.
With A = Z'WZ of the levels,  M = I + T'A T = L L',  B = L^-1 T'  and  K = B'B = T M^-1 T'.
"""

from __future__ import annotations

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array


def product(A: Array, B: Array) -> Array:
    """A B of every level, (a, k, J) and (k, b, J): (a, b, J)."""
    return np.asarray(A[:, 0, None] * B[0] if len(B) == 1 else np.einsum("akj,kbj->abj", A, B))


def product_from(A: Array, B: Array) -> Array:
    """A'B of every level, (k, a, J) and (k, b, J): (a, b, J)."""
    return product(A.swapaxes(0, 1), B)


def summed(A: Array, B: Array) -> Array:
    """The sum over the levels of A'B, (k, a, J) and (k, b, J): (a, b)."""
    out: Array = A[0] @ B[0].T
    for k in range(1, len(A)):
        out += A[k] @ B[k].T
    return out


def moved(E: Array, g: Array) -> Array:
    """E_a g_j of every level, for E (k, L, L) and g (L, J): (L, k, J)."""
    k, L, _ = E.shape
    return np.asarray((E.reshape(k * L, L) @ g).reshape(k, L, -1).swapaxes(0, 1))


class EliminatedLevels:
    """V = W^-1 + Z Sigma Z' of one factor, Sigma = T T': `inverse` is L^-1 (L, L, J). NumericalError if M is not
    positive definite."""

    def __init__(self, T: Array, A: Array) -> None:
        self.T, self.A = T, A
        self.inverse, logs = inverse_of(congruent(T, A))
        self.logdet = float(logs.sum())
        self.B = float(T[0, 0]) * self.inverse if len(T) == 1 else np.matmul(T, self.inverse)

    def effects(self, c: Array) -> Array:
        """u = M^-1 T'c for c (L, k, J)."""
        return product_from(self.inverse, product(self.B, c))

    def step(self, score: Array) -> tuple[Array, float]:
        """-M^-1 times the score (L, J), and the decrease that it promises."""
        half = product(self.inverse, score[:, None])
        return -product_from(self.inverse, half)[:, 0], float(np.vdot(half, half))

    @property
    def K(self) -> Array:
        """(L, L, J)."""
        return product_from(self.B, self.B)


def congruent(T: Array, A: Array) -> Array:
    """I + T'A T of every level (L, L, J)."""
    L, _, J = A.shape
    if L == 1:
        t = float(T[0, 0])
        return A * (t * t) + 1.0
    square = (T[:, None, :, None] * T[None, :, None, :]).reshape(L * L, L * L)
    M: Array = square.T @ A.reshape(L * L, J)
    M[:: L + 1] += 1.0
    return M.reshape(L, L, J)


def inverse_of(M: Array) -> tuple[Array, Array]:
    """L^-1 (l, l, J) of M = L L' (l, l, J), and log|M| (J,); NumericalError if one is not positive definite."""
    if len(M) == 1:
        pivot = _positive(M)
        return 1.0 / np.sqrt(pivot), np.log(pivot[0, 0])
    return _inverse_of_two(M) if len(M) == 2 else _inverse_of_more(M)


def _positive(pivot: Array) -> Array:
    if not np.minimum.reduce(pivot, axis=None) > 0:
        raise NumericalError("a matrix is not positive definite")
    return pivot


def _inverse_of_two(M: Array) -> tuple[Array, Array]:
    a, b = _positive(M[0, 0]), M[1, 0]
    c = _positive(M[1, 1] - b * b / a)
    inverse = np.empty_like(M)
    inverse[0, 1] = 0.0
    np.divide(1.0, np.sqrt(a), out=inverse[0, 0])
    np.divide(1.0, np.sqrt(c), out=inverse[1, 1])
    np.multiply(b / -a, inverse[1, 1], out=inverse[1, 0])
    return inverse, np.log(a) + np.log(c)


def _inverse_of_more(M: Array) -> tuple[Array, Array]:
    width = len(M)
    L, inverse, logs = np.empty_like(M), np.zeros_like(M), np.zeros(M.shape[2])
    for j in range(width):
        pivot = _positive(M[j, j] - sum(L[j, k] ** 2 for k in range(j)))
        logs += np.log(pivot)
        np.divide(1.0, np.sqrt(pivot), out=inverse[j, j])
        for i in range(j + 1, width):
            np.multiply(M[i, j] - sum(L[i, k] * L[j, k] for k in range(j)), inverse[j, j], out=L[i, j])
    for j in range(width):
        for i in range(j + 1, width):
            np.multiply(-sum(L[i, k] * inverse[k, j] for k in range(j, i)), inverse[i, i], out=inverse[i, j])
    return inverse, logs

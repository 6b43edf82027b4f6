"""Small matrices of all levels of one grouping factor, levels last: (a, b, J), so that every entry is one array (J,).

A fit of a few hundred rows asks some fifty times for these: calls cost as much as arithmetic. With A = Z'WZ of the
levels,  M = I + T'A T = L L',  B = L^-1 T'  and  K = B'B = T M^-1 T'.
"""

from __future__ import annotations

import numpy as np

from ...numerics.linalg import Array, inner, products_between
from ..factorization.one_factor import scalar_pivots


def product(A: Array, B: Array) -> Array:
    """A B of every level, (a, k, J) and (k, b, J): (a, b, J)."""
    return np.asarray(A[:, 0, None] * B[0] if len(B) == 1 else np.einsum("akj,kbj->abj", A, B))


def product_from(A: Array, B: Array) -> Array:
    """A'B of every level, (k, a, J) and (k, b, J): (a, b, J)."""
    return product(A.swapaxes(0, 1), B)


def summed(A: Array, B: Array) -> Array:
    """The sum over the levels of A'B, (k, a, J) and (k, b, J): (a, b)."""
    out = products_between(A[0], B[0])
    for k in range(1, len(A)):
        out += products_between(A[k], B[k])
    return out


def moved(E: Array, g: Array) -> Array:
    """E_a g_j of every level, for E (k, L, L) and g (L, J): (L, k, J)."""
    k, L, _ = E.shape
    return np.asarray((E.reshape(k * L, L) @ g).reshape(k, L, -1).swapaxes(0, 1))


def newton_step(T: Array, A: Array, score: Array) -> tuple[Array, float]:
    """-M^-1 times the score (L, J) and the decrease that it promises, half of score times step; A (L, L, J).

    NumericalError if one M is not positive definite.
    """
    L, _, J = A.shape
    if L == 1:
        step = score / -scalar_pivots(float(T[0, 0]), A[0])
        return step, -inner(score, step)
    return _eliminated_step(np.matmul(T.T, (T.T @ A.reshape(L, -1)).reshape(L, L, J)), score)


def _eliminated_step(M: Array, score: Array) -> tuple[Array, float]:
    """`newton_step` for I + M = L L': h = L^-1 score, then -L'^-1 h; M is lost."""
    last, x, above = len(M) - 1, -score, []
    for j in range(last):
        root = np.sqrt(scalar_pivots(1.0, M[j, j]))
        beside = M[j, j + 1 :] / root
        x[j] /= root
        x[j + 1 :] -= beside * x[j]
        M[j + 1 :, j + 1 :] -= beside[:, None] * beside
        above.append((root, beside))
    root = np.sqrt(scalar_pivots(1.0, M[last, last]))
    x[last] /= root
    decrease = inner(x, x)
    x[last] /= root
    for j in reversed(range(last)):
        root, beside = above[j]
        x[j] -= np.add.reduce(beside * x[j + 1 :], axis=0)
        x[j] /= root
    return x, decrease

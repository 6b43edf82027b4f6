"""Arithmetic on long stacks of small matrices, (J, a, b) with J large and a, b small.

Arrays are stored with the levels last in memory (shape (J, a, b), strides of a transposed (a, b, J)), so that one entry
of all levels is contiguous: unrolled arithmetic then runs at the speed of memory, several times faster than a call per
level. Short stacks and large matrices go to numpy and LAPACK.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import NumericalError
from . import linalg
from .linalg import Array

LONG = 200  # levels from which unrolled arithmetic pays
SMALL = 128  # multiplications per level up to which it pays
PAIR = 2  # width up to which unrolled arithmetic pays whatever the length
UNROLLED = 4  # largest matrix that is factorized entry by entry
LAPACK = 12  # times the width of triangles, the length of a stack up to which LAPACK inverts them sooner
GROUP, MODERATE = 8, 1e37  # so many numbers of this size have a product
KRONECKER = 3  # largest matrix whose congruences are one product with a Kronecker square


def levels_last(J: int, *shape: int) -> Array:
    """An uninitialized stack (J, a, b) with the levels contiguous."""
    return np.empty((*shape, J)).transpose(len(shape), *range(len(shape)))


def product(A: Array, B: Array) -> Array:
    """A B for stacks (J, a, k), (J, k, b); one of them may be a single matrix."""
    if (len(A) if A.ndim == 3 else len(B)) < LONG:
        return np.matmul(A, B)  # type: ignore[no-any-return]  # numpy's stubs widen it
    if A.ndim == 2:
        return _from_left(A, B)
    if B.ndim == 2:
        return _from_right(A, B)
    (J, a, k), b = A.shape, B.shape[2]
    if a * k * b > SMALL or k == 0:
        return np.asarray(np.matmul(A, B))
    out = levels_last(J, a, b)
    for i in range(a):
        for j in range(b):
            np.multiply(A[:, i, 0], B[:, 0, j], out=out[:, i, j])
            for m in range(1, k):
                out[:, i, j] += A[:, i, m] * B[:, m, j]
    return out


def _from_left(A: Array, B: Array) -> Array:
    J, k, b = B.shape
    if A.shape[0] * k > SMALL:
        return np.asarray(np.matmul(A, B))
    out = levels_last(J, A.shape[0], b)
    for i in range(A.shape[0]):
        out[:, i] = A[i, 0] * B[:, 0]
        for m in range(1, k):
            if A[i, m]:
                out[:, i] += A[i, m] * B[:, m]
    return out


def _from_right(A: Array, B: Array) -> Array:
    J, a, _ = A.shape
    out = levels_last(J, a, B.shape[1])
    for i in range(a):
        np.matmul(B.T, A[:, i].T, out=out[:, i].T)
    return out


def congruent(T: Array, A: Array) -> Array:
    """T'A T for a stack A (J, l, l), T a matrix (l, l) or a stack of them.

    vec(T'A T) = (T x T)' vec(A) for rows on end: one product of all levels, where l is small.
    """
    width = A.shape[1]
    if T.ndim > 2 or width > KRONECKER:
        return product(product(T.swapaxes(-1, -2), A), T)
    square = (T[:, None, :, None] * T[None, :, None, :]).reshape(width * width, width * width)
    flat = A.transpose(1, 2, 0).reshape(width * width, len(A))
    return np.asarray(square.T @ flat).reshape(width, width, len(A)).transpose(2, 0, 1)


def cross(A: Array, B: Array) -> Array:
    """sum over levels of A_j' B_j for stacks (J, k, a), (J, k, b): (a, b)."""
    if len(A) < LONG and A.size and B.size:
        return np.asarray(A.reshape(-1, A.shape[2]).T @ B.reshape(-1, B.shape[2]))
    out = np.zeros((A.shape[2], B.shape[2]))
    for i in range(A.shape[1]):
        out += A[:, i].T @ B[:, i]
    return out


def inner_products(one: Sequence[Array], two: Sequence[Array]) -> Array:
    """sum over factors and levels of one_j' two_j, for stacks per factor: (a, b)."""
    total: Array = np.zeros(())
    for a, b in zip(one, two, strict=True):
        total = total + cross(a, b)
    return total


def sum_of_logs(A: Array) -> float:
    """Sum of the logarithms of positive numbers; of many, that of their products by groups, which costs less."""
    values = A.reshape(-1)
    grouped = len(values) // GROUP * GROUP
    if grouped < GROUP * LONG or not (values.min() > 1 / MODERATE and values.max() < MODERATE):
        return float(np.log(values).sum())
    products = np.multiply.reduce(values[:grouped].reshape(GROUP, -1), axis=0)
    return float(np.log(products).sum() + np.log(values[grouped:]).sum())


def cholesky(M: Array) -> Array:
    """Lower Cholesky factors of a stack (J, l, l); NumericalError if one is not positive definite."""
    J, width, _ = M.shape
    if width > UNROLLED or (width > PAIR and J < LONG):
        return linalg.cholesky(M)
    L = levels_last(J, width, width)
    for j in range(width):
        for i in range(j, width):
            rest = M[:, i, j]
            for k in range(j):
                rest = rest - L[:, i, k] * L[:, j, k]
            if i > j:
                np.divide(rest, L[:, j, j], out=L[:, i, j])
                L[:, j, i] = 0.0
            elif rest.min(initial=1.0) > 0:
                np.sqrt(rest, out=L[:, j, j])
            else:
                raise NumericalError("a matrix is not positive definite")
    return L


def inverse_lower(L: Array) -> Array:
    """Inverses of a stack (J, l, l) of lower-triangular matrices."""
    J, width, _ = L.shape
    if width == 1:
        return 1.0 / L
    if width > UNROLLED or (width > PAIR and LAPACK * width > J):
        return np.asarray(np.linalg.inv(L))
    out = levels_last(J, width, width)
    for j in range(width):
        np.divide(1.0, L[:, j, j], out=out[:, j, j])
        for i in range(j + 1, width):
            out[:, j, i] = 0.0
            total = L[:, i, j] * out[:, j, j]
            for k in range(j + 1, i):
                total += L[:, i, k] * out[:, k, j]
            np.divide(np.negative(total, out=total), L[:, i, i], out=out[:, i, j])
    return out

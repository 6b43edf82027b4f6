"""LAPACK on one small matrix, where what numpy does around a call costs more than the call; the same routines."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from ..errors import NumericalError
from .linalg import Array


def cholesky(M: Array) -> Array:
    """Lower Cholesky factor of M (k, k), of which the lower triangle is read; NumericalError without one."""
    if not len(M):
        return M
    factor, info = lapack.dpotrf(M, lower=1, clean=1)
    if info:
        raise NumericalError("a matrix is not positive definite")
    return np.asarray(factor)


def solve_lower(L: Array, c: Array, transposed: bool = False) -> Array:
    """L^-1 c or L^-T c for L (k, k) lower triangular with no zero on its diagonal and c (k,)."""
    return np.asarray(lapack.dtrtrs(L, c, lower=1, trans=int(transposed))[0]).reshape(len(c)) if len(c) else c


def inverse_lower(L: Array) -> Array:
    """L^-1 of L (k, k) lower triangular with no zero on its diagonal."""
    return np.asarray(lapack.dtrtri(L, lower=1)[0]) if len(L) else L


def eigen(H: Array) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and vectors of H (k, k) symmetric, k > 0; NumericalError if there is no end to it."""
    values, vectors, info = lapack.dsyevd(H, lower=1)
    if info:
        raise NumericalError("the eigenvalues of a matrix cannot be found")
    return values, vectors


def singular(T: Array) -> tuple[Array, Array]:
    """U (k, k) and s (k,), descending, of T (k, k) = U diag(s) V', k > 0; NumericalError if there is no end to it."""
    U, s, _, info = lapack.dgesdd(T)
    if info:
        raise NumericalError("the singular values of a matrix cannot be found")
    return U, s

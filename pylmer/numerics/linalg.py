"""Small kernels on stacks of matrices and on tall arrays; knows no models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import blas, lapack

from ..errors import NumericalError

Array: TypeAlias = npt.NDArray[Any]  # float64 throughout; numpy's stubs widen it in most expressions
Codes: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

CHUNK = 65_536  # rows held at once at the most
FEW = 8  # numbers up to which Python's own arithmetic is the quickest
ONE_THREAD_PRODUCT = 250_000  # multiplications up to which OpenBLAS keeps to one thread ...
ONE_THREAD_DOT = 8_192  # numbers of an inner product ...
ONE_THREAD_FACTOR = 9_000  # ... and cells of a tall matrix in a QR factorization
PLAIN = frozenset({bool, int, float, str, type(None)})  # what most of a record is, and no array
FEWEST_ROWS = 64  # a part of a product that is worth a call of its own
FEW_LONG, LONG_ROW = 4, 5_000  # rows up to which, and their length from which, products are formed one by one
FEW_COLUMNS = 8  # right sides that are solved one by one sooner than together


def dense(X: Any) -> Array:
    """A matrix, dense or sparse, as an array."""
    return np.asarray(X if isinstance(X, np.ndarray) else X.toarray())


def read_only(value: Any) -> Any:
    """An array as a view that cannot be written to; likewise a sparse matrix, and the arrays in a tuple or dict.

    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, np.ndarray):
        if not value.flags.writeable:
            return value
        view = value.view()
        view.flags.writeable = False
        return view
    if type(value) is tuple:
        return tuple(map(read_only, value))
    if isinstance(value, sparse.csr_array):
        parts = (read_only(value.data), value.indices, value.indptr)
        return sparse.csr_array(parts, shape=value.shape, copy=False)
    return {key: read_only(each) for key, each in value.items()} if type(value) is dict else value


def seal(record: Any, *names: str) -> None:
    """Make the arrays of a frozen record read-only, for its `__post_init__`: frozen as the record is.

    names  the fields that hold arrays; none: any may
    """
    held = vars(record)
    for name in names or list(held):
        value = held[name]
        if type(value) not in PLAIN and (sealed := read_only(value)) is not value:
            object.__setattr__(record, name, sealed)


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Slices that cover 0..n in order."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def rows_for_products(width: int) -> int:
    """Rows of a product of tall matrices that one thread forms fastest: on small products threads cost time."""
    return min(max(ONE_THREAD_PRODUCT // max(1, width * width), 256), CHUNK)


def products_of_rows(B: Array | Sequence[Array]) -> Array:
    """B B' of few long rows, B (m, n): of very few, one by one, which BLAS does sooner than all at once."""
    if len(B) > FEW_LONG or not len(B) or len(B[0]) < LONG_ROW:
        B = np.asarray(B)
        return np.asarray(B @ B.T)
    out = np.empty((len(B), len(B)))
    for a, row in enumerate(B):
        for b in range(a + 1):
            out[a, b] = out[b, a] = dot(row, B[b])
    return out


def dot(a: Array, b: Array) -> float:
    """a'b for a, b (n,), of long ones a part at a time: a second thread would be woken for microseconds of work."""
    if len(a) <= ONE_THREAD_DOT:
        return float(a @ b)
    return sum([float(a[at] @ b[at]) for at in chunks(len(a), ONE_THREAD_DOT)])


def inner(A: Array, B: Array) -> float:
    """The sum of the products of all entries of two arrays of one shape."""
    return float(np.vdot(A, B)) if A.size <= ONE_THREAD_DOT else dot(A.reshape(-1), B.reshape(-1))


def products_between(A: Array, B: Array) -> Array:
    """A B' of few long rows, A (m, n) and B (k, n), a part at a time, as `dot`."""
    n = A.shape[1]
    if n <= ONE_THREAD_DOT and n * A.shape[0] * B.shape[0] <= ONE_THREAD_PRODUCT:
        return np.asarray(A @ B.T)
    out = np.zeros((len(A), len(B)))
    for at in chunks(n, max(1, min(ONE_THREAD_DOT, ONE_THREAD_PRODUCT // max(1, out.size)))):
        out += A[:, at] @ B[:, at].T
    return out


def product_by_rows(A: Array, B: Array) -> Array:
    """A B (m, k), of a small B (n, k) some rows of A at a time, by one thread."""
    size = ONE_THREAD_PRODUCT // max(1, B.size)
    if size >= len(A) or size < FEWEST_ROWS:
        return np.asarray(A @ B)
    return np.concatenate([A[at] @ B for at in chunks(len(A), size)])


def rows_for_factor(width: int) -> int:
    """Rows of a QR factorization that one thread does fastest."""
    return max(4 * width, ONE_THREAD_FACTOR // max(1, width))


def triangular_factor(blocks: Iterable[Array], width: int) -> Array:
    """R (width, width) of the QR factorization of all rows together, one block of rows at a time."""
    R: Array | None = None
    for block in blocks:
        R = _upper_factor(block if R is None else np.vstack([R, block]))
    full = np.zeros((width, width))
    if R is not None:
        full[: R.shape[0]] = R
    return full * np.where(full.diagonal() < 0, -1.0, 1.0)[:, None]


def _upper_factor(A: Array) -> Array:
    """R (min(n, k), k) of A (n, k), signs as LAPACK leaves them."""
    if not A.size:
        return np.zeros((0, A.shape[1]))
    rows, width = min(A.shape), A.shape[1]
    return np.asarray(lapack.dgeqrf(A)[0][:rows] * upper_places(width)[:rows])


def cholesky(M: Array) -> Array:
    """Lower Cholesky factors of a stack (..., l, l); NumericalError if one is not positive definite."""
    if M.shape[-1] == 1:
        if not np.all(M > 0):
            raise NumericalError("a matrix is not positive definite")
        return np.sqrt(M)
    try:
        return np.linalg.cholesky(M)
    except np.linalg.LinAlgError as error:
        raise NumericalError("a matrix is not positive definite") from error


def log_diagonal(L: Array) -> float:
    """Sum of the logarithms of all diagonal entries of a triangular matrix, or of a stack of them."""
    if L.ndim == 2 and len(L) <= FEW:
        return sum(map(math.log, L.diagonal().tolist()))
    return float(np.add.reduce(np.log(L.diagonal(0, -2, -1)), axis=None))


def inverse_upper(R: Array) -> Array:
    """R^-1 of an upper-triangular matrix, which may be empty; LinAlgError where its diagonal has a zero."""
    if not len(R):
        return R
    inverse, info = lapack.dtrtri(R * upper_places(len(R)))
    if info:
        raise np.linalg.LinAlgError("a triangular matrix has a zero on its diagonal")
    return np.asarray(inverse)


@lru_cache(maxsize=64)
def upper_places(width: int) -> Array:
    """1 in the upper triangle of a matrix (width, width), else 0."""
    return read_only(np.triu(np.ones((width, width))))  # type: ignore[no-any-return]


def deviations_and_correlations(T: Array) -> tuple[Array, Array]:
    """Of T T' for T (..., l, l): standard deviations (..., l) and correlations (..., l, l), NaN beside a zero."""
    sd = np.sqrt(np.sum(T**2, axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return sd, np.clip(T @ transposed(T) / (sd[..., :, None] * sd[..., None, :]), -1, 1)


def powers_of_two(lengths: Array) -> Array:
    """The nearest powers of two, 1 for zero."""
    return np.asarray(np.exp2(np.round(np.log2(np.where(lengths > 0, lengths, 1.0)))))


def symmetric(A: Array) -> Array:
    """The symmetric part of a stack of square matrices."""
    return 0.5 * (A + A.swapaxes(-1, -2))


def transposed(A: Array) -> Array:
    """A stack of matrices, each transposed."""
    return A.swapaxes(-1, -2)


def lower_factor(A: Array) -> tuple[Array, Array]:
    """(T, Q) with A = T Q', T lower triangular with a diagonal >= 0 and Q orthogonal; A is (..., l, l)."""
    Q, R = _small_qr(A.T) if A.ndim == 2 and len(A) else np.linalg.qr(transposed(A))
    sign = np.where(R.diagonal(0, -2, -1) < 0, -1.0, 1.0)
    return transposed(R * sign[..., :, None]), Q * sign[..., None, :]


def joined(parts: Sequence[Array]) -> Array:
    """Vectors one after the other; a single one as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0), *parts])


def traces(E: Array, M: Array) -> Array:
    """tr(E_a M) for E (k, l, l) of symmetric matrices and M (l, l): (k,)."""
    return np.asarray(E.reshape(-1, M.size) @ M.ravel())


def _small_qr(A: Array) -> tuple[Array, Array]:
    """Q and R of A (k, k)."""
    packed, tau, _, _ = lapack.dgeqrf(A)
    return np.asarray(lapack.dorgqr(packed, tau)[0]), np.asarray(packed * upper_places(len(A)))


def block_diagonal(blocks: Iterable[Array]) -> Array:
    """One square matrix with the square `blocks` on its diagonal; a single one as it is."""
    parts = list(blocks)
    if len(parts) == 1:
        return parts[0]
    total = sum(b.shape[0] for b in parts)
    out = np.zeros((total, total))
    at = 0
    for b in parts:
        out[at : at + b.shape[0], at : at + b.shape[0]] = b
        at += b.shape[0]
    return out


def sorted_by(codes: Codes, J: int, order: Codes | None = None) -> Codes:
    """Places in `order` (None: as they stand) sorted by codes in 0..J-1, ties as they were.

    A sparse matrix turned round is a counting sort.

    >>> sorted_by(np.array([2, 0, 2, 1]), 3)
    array([1, 3, 0, 2])
    """
    n = len(codes)
    taken = codes if order is None else codes[order]
    levels = sparse.csc_array((np.ones(n, dtype=bool), taken, np.arange(n + 1)), shape=(J, n))
    places = levels.tocsr().indices
    return np.asarray(places.astype(np.int64) if order is None else order[places])


# --- one small matrix: LAPACK itself, where what numpy does around a call costs more than the call --------------------


def cholesky_of_one(M: Array) -> Array:
    """Lower Cholesky factor of M (k, k), the lower triangle read; NumericalError without one, NaN of NaN."""
    if not len(M):
        return M
    factor, info = lapack.dpotrf(M, lower=1, clean=1)
    if info:
        raise NumericalError("a matrix is not positive definite")
    return np.asarray(factor)


def solve_lower(L: Array, c: Array, transposed: bool = False) -> Array:
    """L^-1 c or L^-T c for L (k, k) lower triangular with no zero on its diagonal and c (k,)."""
    return np.asarray(lapack.dtrtrs(L, c, lower=1, trans=int(transposed))[0]).reshape(len(c)) if len(c) else c


def solve_lower_columns(L: Array, C: Array, transposed: bool = False) -> Array:
    """The same for the columns of C (k, m): few are solved one by one, since LAPACK would wake threads for two."""
    if not C.size:
        return np.zeros(C.shape)
    if C.shape[1] >= FEW_COLUMNS:
        return np.asarray(blas.dtrsm(1.0, L, C, lower=1, trans_a=int(transposed)))
    return np.stack([solve_lower(L, column, transposed) for column in C.T], axis=1)


def solve_upper_columns(R: Array, C: Array) -> Array:
    """R^-1 C for R (k, k) upper triangular with no zero on its diagonal and C (k, m)."""
    return solve_lower_columns(R.T, C, transposed=True)


def solve_positive(A: Array, B: Array) -> Array:
    """A^-1 B for A (k, k), the lower triangle read, and B (k,) or (k, m); NumericalError if A is not positive definite.

    >>> solve_positive(np.array([[4.0, 0.0], [2.0, 2.0]]), np.array([8.0, 6.0])).tolist()
    [1.0, 2.0]
    """
    if not B.size:
        return B
    _, solution, info = lapack.dposv(A, B, lower=1)
    if info:
        raise NumericalError("a matrix is not positive definite")
    return np.asarray(solution).reshape(B.shape)


def inverse_of_lower(L: Array) -> Array:
    """L^-1 of L (k, k) lower triangular with no zero on its diagonal."""
    return np.asarray(lapack.dtrtri(L, lower=1)[0]) if len(L) else L


def eigen(H: Array) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and vectors of H (k, k) symmetric, k > 0; NumericalError if there is no end to it."""
    values, vectors, info = lapack.dsyevd(H, lower=1)
    if info:
        raise NumericalError("the eigenvalues of a matrix cannot be found")
    return values, vectors


def singular(T: Array) -> tuple[Array, Array]:
    """U (k, k) and s (k,), descending, of T = U diag(s) V' (k, k), k > 0; NumericalError as above."""
    U, s, _, info = lapack.dgesdd(T)
    if info:
        raise NumericalError("the singular values of a matrix cannot be found")
    return U, s

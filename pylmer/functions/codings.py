"""Codings: the columns that stand for the levels of a factor, by the names of R's contrasts or by a matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from .arrays import Array
from .levels import Levels
from .series import value_of
from .values import Coding, Factor, Matrix, RefusedError, Value, numeric

UNORDERED, ORDERED = "contr.treatment", "contr.poly"
RULING: ContextVar[tuple[Any, Any]] = ContextVar("pylmer_contrasts", default=(UNORDERED, ORDERED))
PLACE = "\x00"  # encloses a column's place among those of its variable, until a matrix is built
MOST_POLYNOMIAL_LEVELS = 95  # beyond it the polynomials are not orthogonal in double precision (R's limit)


def treatment(n: int, base: int = 0) -> Array:
    """Indicators of every level but the base: (n, n - 1)."""
    matrix = np.zeros((n, n - 1))  # of a wide factor nearly all of it stays untouched, and takes no memory
    columns = np.arange(n - 1)
    matrix[columns + (columns >= base), columns] = 1.0
    return matrix


def deviations(n: int) -> Array:
    """Sum-to-zero contrasts: (n, n - 1)."""
    return np.vstack([np.eye(n - 1), -np.ones((1, n - 1))])


def helmert(n: int) -> Array:
    """Each level against the mean of those before it: (n, n - 1)."""
    i, j = np.indices((n, n - 1))
    return np.where(i <= j, -1.0, np.where(i == j + 1, j + 1.0, 0.0))


def polynomials(scores: Array) -> Array:
    """Orthonormal polynomials of the scores, leading coefficients positive: (n, n - 1)."""
    if scores.shape[0] > MOST_POLYNOMIAL_LEVELS:
        raise RefusedError(f"orthogonal polynomials of {scores.shape[0]} levels cannot be represented accurately")
    centred = scores - scores.mean()
    Q, R = np.linalg.qr(centred[:, None] ** np.arange(scores.shape[0]))
    return np.asarray((Q * np.sign(np.diag(R)))[:, 1:])


def polynomial_names(n: int) -> tuple[str, ...]:
    """.L .Q .C ^4 ^5 ..."""
    return tuple([".L", ".Q", ".C"][: n - 1] + [f"^{k}" for k in range(4, n)])


def named_coding(name: str, levels: Levels) -> Coding:
    """The contrasts of that name (`contr.sum`, `sum`) for some levels; raises RefusedError for an unknown name."""
    return SCHEMES[known_contrasts(name).removeprefix("contr.")](len(levels), levels.labels())


def known_contrasts(name: str) -> str:
    """The name of known contrasts."""
    if name.removeprefix("contr.") not in SCHEMES:
        raise RefusedError(f"no contrasts {name!r}; known: {', '.join(f'contr.{known}' for known in SCHEMES)}")
    return name


SCHEMES: dict[str, Callable[[int, Sequence[str]], Coding]] = {
    "treatment": lambda n, labels: Coding(treatment(n), tuple(labels[1:])),
    "sum": lambda n, labels: Coding(deviations(n), None),
    "helmert": lambda n, labels: Coding(helmert(n), None),
    "poly": lambda n, labels: Coding(polynomials(np.arange(1.0, n + 1)), polynomial_names(n)),
    "SAS": lambda n, labels: Coding(treatment(n, n - 1), tuple(labels[:-1])),
}


def coding_of(contrasts: Any, levels: Levels) -> Coding:
    """Contrasts given as a name, a Coding, a matrix, a data frame or a function of the number of levels."""
    if isinstance(contrasts, Coding):
        return _checked(contrasts, len(levels))
    if isinstance(contrasts, str):
        return named_coding(contrasts, levels)
    if callable(contrasts):
        contrasts = contrasts(len(levels))
    return completed(coding_of_value(value_of(_as_array(contrasts), "the contrasts")), len(levels))


def _as_array(contrasts: Any) -> Any:
    if not isinstance(contrasts, list | tuple):
        return contrasts
    try:
        return np.array(contrasts, dtype=float)
    except (TypeError, ValueError):
        raise RefusedError(f"a matrix of numbers is wanted, found {contrasts!r}") from None


def coding_of_value(value: Value) -> Coding:
    """Numbers as contrasts: of a vector one column; raises RefusedError for what is none."""
    numbers = numeric(value, "a contrast").astype(float)
    names = value.names if isinstance(value, Matrix) and any(value.names) else None
    return Coding(numbers[:, None] if numbers.ndim == 1 else numbers, names)


def completed(coding: Coding, n: int, how_many: int | None = None) -> Coding:
    """The contrasts for n levels, completed to n - 1 columns (or cut to `how_many`) as R's `contrasts<-` does."""
    matrix, names = _checked(coding, n).matrix, coding.names
    wanted = n - 1 if how_many is None else how_many
    given = matrix.shape[1]
    if given < wanted:
        augmented = np.column_stack([np.ones(n), matrix])
        if np.linalg.matrix_rank(augmented) <= given:
            raise RefusedError("singular contrasts: the columns and the intercept are not independent")
        Q = householder(augmented)
        matrix = np.column_stack([matrix, Q[:, given + 1 : wanted + 1]])
        names = None if names is None else (*names, *[""] * (wanted - given))
    return Coding(matrix[:, :wanted], None if names is None else names[:wanted])


def _checked(coding: Coding, n: int) -> Coding:
    if coding.matrix.shape[0] != n:
        raise RefusedError(f"contrasts for {coding.matrix.shape[0]} levels, but the factor has {n}")
    return coding


def householder(X: Array) -> Array:
    """Q (n, n) of a QR of X (n, k) by LINPACK's reflections, whose signs decide what completes a basis.

    Dongarra, Bunch, Moler & Stewart (1979), LINPACK Users' Guide, ch. 9: a zero on the diagonal counts as positive.
    """
    A, Q = np.array(X, dtype=float), np.eye(X.shape[0])
    for place in range(X.shape[1]):
        length = np.linalg.norm(A[place:, place])
        v = A[place:, place] / (length if A[place, place] >= 0 else -length)
        v[0] += 1
        A[place:, place + 1 :] -= np.outer(v, v @ A[place:, place + 1 :]) / v[0]
        Q[:, place:] -= np.outer(Q[:, place:] @ v, v) / v[0]
    return Q


def indicators(factor: Factor) -> Coding:
    """One column per level, without contrasts."""
    return Coding(np.eye(len(factor.levels)), tuple(factor.levels.labels()))


def dense_columns(codes: Array, matrix: Array) -> list[Array]:
    """One array (n,) per column of the coding; a code of -1 gives NaN."""
    bordered, columns = np.full(len(matrix) + 1, np.nan), []
    for column in matrix.T:
        bordered[:-1] = column
        columns.append(bordered[codes])
    return columns

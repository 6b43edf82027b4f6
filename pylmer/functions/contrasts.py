"""Contrasts: contr.treatment, contr.sum, contr.helmert, contr.poly, contr.SAS, and C() which ties them to a factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import numpy as np

from ..language import format_number
from ..language.nodes import Name
from .arrays import Array
from .factor_functions import kept_levels
from .factors import as_factor, drop_unused
from .levels import Levels, TextLevels, number_labels
from .matching import Promise, bind, r_function
from .series import value_of
from .values import (
    Coding,
    Factor,
    Function,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    length,
    numeric,
    scalar,
    text,
    texts_of,
    vector,
    whole,
)

UNORDERED, ORDERED = "contr.treatment", "contr.poly"
RULING: ContextVar[tuple[Any, Any]] = ContextVar("pylmer_contrasts", default=(UNORDERED, ORDERED))
UNLABELLED = frozenset(["contr.sum", "contr.helmert", "contr.poly"])  # contrasts that never name levels
MOST_LEVELS = 5_000  # a contrast matrix of more does not fit into memory
MOST_POLYNOMIAL_LEVELS = 95  # beyond it the polynomials are not orthogonal in double precision (R's limit)


def treatment(n: int, base: int = 0) -> Array:
    """Indicators of every level but the base: (n, n - 1)."""
    return np.delete(np.eye(n), base, axis=1)


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
    return _SCHEMES[_known(name).removeprefix("contr.")](len(levels), levels.labels())


def _known(name: str) -> str:
    """The name of known contrasts."""
    if name.removeprefix("contr.") not in _SCHEMES:
        raise RefusedError(f"no contrasts {name!r}; known: {', '.join(f'contr.{known}' for known in _SCHEMES)}")
    return name


_SCHEMES: dict[str, Callable[[int, Sequence[str]], Coding]] = {
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
    return _fitting(_from_value(value_of(_as_array(contrasts), "the contrasts")), len(levels))


def _as_array(contrasts: Any) -> Any:
    if not isinstance(contrasts, list | tuple):
        return contrasts
    try:
        return np.array(contrasts, dtype=float)
    except (TypeError, ValueError):
        raise RefusedError(f"a matrix of numbers is wanted, found {contrasts!r}") from None


def _from_value(value: Value) -> Coding:
    numbers = numeric(value, "a contrast").astype(float)
    names = value.names if isinstance(value, Matrix) and any(value.names) else None
    return Coding(numbers[:, None] if numbers.ndim == 1 else numbers, names)


def _fitting(coding: Coding, n: int, how_many: int | None = None) -> Coding:
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


def _size(n: Value) -> tuple[int, list[str] | None]:
    """What `n` of contr.*() means: a number of levels, or the levels."""
    if isinstance(n, Strings) and length(n) > 1:
        return length(n), [str(label) for label in texts_of(n)]
    numbers = vector(n, "the levels of a contrast")
    if numbers.shape[0] > 1:
        return numbers.shape[0], number_labels(numbers)
    count = whole(n, "the number of levels", None, MOST_LEVELS)
    if count < 2:
        raise RefusedError("contrasts need at least 2 levels")
    return count, None


def _no_sparse(sparse: Value) -> None:
    if flag(sparse, "sparse", False):
        raise RefusedError("contrasts are plain matrices here: leave out sparse = TRUE")


def _numbered(matrix: Array, labels: Sequence[str] | None, kept: Sequence[int]) -> Matrix:
    return Matrix(matrix, tuple(str(i + 1) if labels is None else labels[i] for i in kept))


def _full(contrasts: Value, n: int, labels: Sequence[str] | None) -> Matrix | None:
    if flag(contrasts, "contrasts", True):
        return None
    return _numbered(np.eye(n), labels, range(n))


@r_function("contr.treatment", package="stats")
def contr_treatment(n: Value, base: Value = None, contrasts: Value = None, sparse: Value = None) -> Matrix:
    """Each level against the base."""
    _no_sparse(sparse)
    count, labels = _size(n)
    number = 1.0 if base is None else scalar(base, "base")
    if number not in range(1, count + 1):
        raise RefusedError(f"base = {format_number(number)} is none of the {count} levels")
    first = int(number) - 1
    kept = [i for i in range(count) if i != first]
    return _full(contrasts, count, labels) or _numbered(treatment(count, first), labels, kept)


@r_function("contr.SAS", package="stats")
def contr_sas(n: Value, contrasts: Value = None, sparse: Value = None) -> Matrix:
    """Each level against the last."""
    _no_sparse(sparse)
    count, labels = _size(n)
    return _full(contrasts, count, labels) or _numbered(treatment(count, count - 1), labels, range(count - 1))


@r_function("contr.sum", package="stats")
def contr_sum(n: Value, contrasts: Value = None, sparse: Value = None) -> Matrix:
    """Each level against the mean of all."""
    _no_sparse(sparse)
    count, labels = _size(n)
    return _full(contrasts, count, labels) or Matrix(deviations(count), ("",) * (count - 1))


@r_function("contr.helmert", package="stats")
def contr_helmert(n: Value, contrasts: Value = None, sparse: Value = None) -> Matrix:
    """Each level against the mean of those before it."""
    _no_sparse(sparse)
    count, labels = _size(n)
    return _full(contrasts, count, labels) or Matrix(helmert(count), ("",) * (count - 1))


@r_function("contr.poly", package="stats")
def contr_poly(n: Value, scores: Value = None, contrasts: Value = None, sparse: Value = None) -> Matrix:
    """Orthogonal polynomials in the levels' scores; with contrasts = FALSE a constant before them."""
    _no_sparse(sparse)
    count, _ = _size(n)
    chosen = np.arange(1.0, count + 1) if scores is None else vector(scores, "scores").astype(float)
    if chosen.shape[0] != count:
        raise RefusedError(f"{chosen.shape[0]} scores for {count} levels")
    if not np.all(np.isfinite(chosen)) or np.unique(chosen).shape[0] < count:
        raise RefusedError("the scores of contr.poly() must be different finite numbers")
    columns = polynomials(chosen)
    if flag(contrasts, "contrasts", True):
        return Matrix(columns, polynomial_names(count))
    return Matrix(np.column_stack([np.ones(count), columns]), tuple(f"^{k}" for k in range(count)))


@r_function("C", lazy=["contr"], package="stats")
def with_contrasts(
    object: Value, contr: Promise | None = None, how_many: Value = None, *dots: Promise, state: dict[str, Any]
) -> Factor:
    """The factor with contrasts of its own: a name (`sum`, "contr.sum"), a function, or a matrix."""
    made = kept_levels(drop_unused(as_factor(object)), state, "C()")
    if len(made.levels) < 2:
        raise RefusedError("contrasts need a factor with at least 2 levels")
    if len(made.levels) > MOST_LEVELS:
        raise RefusedError(f"C() of {len(made.levels):,} levels: at most {MOST_LEVELS:,} can be had")
    count = None if how_many is None else _how_many(how_many, len(made.levels))
    chosen = _chosen(contr, made, dots)
    if isinstance(chosen, Coding) or count is not None:
        raw = chosen if isinstance(chosen, Coding) else _unlabelled(chosen, len(made.levels))
        chosen = _fitting(raw, len(made.levels), count)
    return replace(made, contrasts=chosen)


def _how_many(how_many: Value, n: int) -> int:
    number = scalar(how_many, "how.many")
    if number not in range(1, n):
        raise RefusedError(f"how.many = {format_number(number)}: {n} levels have 1 to {n - 1} contrasts")
    return int(number)


def _unlabelled(name: str, n: int) -> Coding:
    """The named contrasts as R's functions give them for a number of levels: columns numbered, not labelled."""
    return named_coding(name, TextLevels(tuple(str(i + 1) for i in range(n))))


def _chosen(contr: Promise | None, made: Factor, dots: tuple[Promise, ...]) -> Coding | str:
    if contr is None or contr.node is None:
        return _ruling(made)
    if isinstance(contr.node, Name) and contr.node.name in _SCHEMES and not contr.node.prefix:
        return f"contr.{contr.node.name}"
    value = contr.value
    if value is None:
        return _ruling(made)
    if isinstance(value, Strings):
        return _known(text(value, "contrasts"))
    if isinstance(value, Function) and not dots and value.name in UNLABELLED:
        return value.name  # the same columns for any number of levels
    if isinstance(value, Function):
        value = _called(value, len(made.levels), dots)
    return _from_value(value)


def _ruling(made: Factor) -> Coding | str:
    """The contrasts that rule for factors of this kind."""
    ruling = RULING.get()[made.ordered]
    return ruling if isinstance(ruling, str) else coding_of(ruling, made.levels)


def _called(function: Function, n: int, dots: tuple[Promise, ...]) -> Value:
    if function.python:
        return value_of(function.call(n), f"the result of {function.name}()")
    if not function.name.startswith("contr."):
        known = ", ".join(f"contr.{scheme}" for scheme in _SCHEMES)
        raise RefusedError(f"{function.name}() makes no contrasts; known: {known}")
    positional, named = bind(function, [Promise(None, None, lambda: np.array([n])), *dots])
    return function.call(*positional, **named)

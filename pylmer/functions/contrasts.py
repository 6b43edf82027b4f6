"""R's functions of contrasts: contr.treatment and its like make a matrix, C() ties contrasts to a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..language import format_number
from ..language.nodes import Name
from .arrays import Array
from .codings import (
    RULING,
    SCHEMES,
    coding_of,
    coding_of_value,
    completed,
    deviations,
    helmert,
    known_contrasts,
    named_coding,
    polynomial_names,
    polynomials,
    treatment,
)
from .factor_functions import kept_levels
from .factors import as_factor, drop_unused
from .levels import TextLevels, number_labels
from .matching import Promise, bind
from .series import value_of
from .table import r_function
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
    scalar,
    text,
    texts_of,
    vector,
    whole,
)

UNLABELLED = frozenset(["contr.sum", "contr.helmert", "contr.poly"])  # contrasts that never name levels
MOST_LEVELS = 5_000  # a contrast matrix of more does not fit into memory


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
        chosen = completed(raw, len(made.levels), count)
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
    if isinstance(contr.node, Name) and contr.node.name in SCHEMES and not contr.node.prefix:
        return f"contr.{contr.node.name}"
    value = contr.value
    if value is None:
        return _ruling(made)
    if isinstance(value, Strings):
        return known_contrasts(text(value, "contrasts"))
    if isinstance(value, Function) and not dots and value.name in UNLABELLED:
        return value.name  # the same columns for any number of levels
    if isinstance(value, Function):
        value = _called(value, len(made.levels), dots)
    return coding_of_value(value)


def _ruling(made: Factor) -> Coding | str:
    """The contrasts that rule for factors of this kind."""
    ruling = RULING.get()[made.ordered]
    return ruling if isinstance(ruling, str) else coding_of(ruling, made.levels)


def _called(function: Function, n: int, dots: tuple[Promise, ...]) -> Value:
    if function.python:
        return value_of(function.call(n), f"the result of {function.name}()")
    if not function.name.startswith("contr."):
        known = ", ".join(f"contr.{scheme}" for scheme in SCHEMES)
        raise RefusedError(f"{function.name}() makes no contrasts; known: {known}")
    positional, named = bind(function, [Promise(None, None, lambda: np.array([n])), *dots])
    return function.call(*positional, **named)

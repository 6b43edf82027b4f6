"""weights=, offset= and subset=: a value for each row, by the name of a column, an expression, or an array."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..functions import (
    Scope,
    Value,
    check_names,
    evaluate,
    vector,
)
from ..functions.arrays import Array
from ..functions.series import value_of
from ..functions.values import RefusedError, length, numeric
from ..functions.variables import as_variable
from ..language import Terms, deparse, parse_expression
from ..language.nodes import Call, Name, Node
from ..language.walk import nodes
from .rows_used import subset_positions

if TYPE_CHECKING:
    pass


def check_length(value: Value, n: int, node: Node | None, scope: Scope) -> None:
    if length(value) != n and node is not None:
        found = f"{length(value)} value{'' if length(value) == 1 else 's'}"
        raise scope.error(f"{deparse(node)!r} has {found}, the data have {n} rows", node)


def offset_of(fixed: Terms, given: Any, scope: Scope, n: int) -> Array | None:
    found = [(_numeric(evaluate(node, scope), "an offset", node, scope), node) for node in fixed.offsets]
    for numbers, node in found:
        if numbers.ndim > 1:
            raise scope.error(f"an offset is one number for each row, found {numbers.shape[1]} columns", node)
        check_length(numbers, n, node, scope)
    argument = row_numbers(given, "offset", scope, n)
    values = [numbers for numbers, _ in found] + ([] if argument is None else [argument])
    return np.sum(values, axis=0, dtype=float) if values else None


def _numeric(value: Value, what: str, node: Node, scope: Scope) -> Array:
    try:
        return np.asarray(numeric(as_variable(value), what), dtype=float)
    except RefusedError as refused:
        raise scope.error(str(refused), node) from None


def _argument(given: Any, what: str, scope: Scope) -> Value:
    """The value of `weights=`, `offset=` or `subset=`."""
    if not isinstance(given, str):
        return value_of(vector(given, scope.index, f"{what}=", scope.rows), f"{what}=")
    if given in scope.columns:
        return scope.columns[given]
    node = parse_expression(given)
    own = replace(scope, text=given)
    check_names((inner for inner in nodes(node) if isinstance(inner, Name | Call)), own)
    return evaluate(node, own)


def row_numbers(given: Any, what: str, scope: Scope, n: int) -> Array | None:
    """`weights=` or `offset=` (n,): a column's name, an expression, a number for all rows, or one for each."""
    if given is None:
        return None
    try:
        numbers = np.asarray(numeric(as_variable(_argument(given, what, scope)), f"{what}="), dtype=float)
    except RefusedError as refused:
        raise DataError(str(refused)) from None
    if numbers.shape == (1,) and isinstance(given, int | float | np.number):
        numbers = np.full(n, numbers[0])
    if numbers.ndim == 2 and numbers.shape[1] == 1:
        numbers = numbers[:, 0]
    if numbers.ndim != 1:
        raise DataError(f"{what}= has {numbers.shape[1]} columns; wanted one number for each row")
    if numbers.shape != (n,):
        raise DataError(f"{what}= has {numbers.shape[0]} values, {scope.rows} have {n} rows")
    return numbers


def chosen_rows(given: Any, scope: Scope, n: int) -> Array | None:
    return None if given is None else subset_positions(_argument(given, "subset", scope), n)

"""The evaluator: a syntax tree on columns -> a value. Variables and functions live in two namespaces, as in R.

A variable is looked for in the data, then in `env`, then among R's constants; a function in `env`, then in the table.
Nothing else is ever searched, and nothing is handed to Python's `eval`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, FormulaError, PylmerError
from ..language import deparse
from ..language.nodes import Argument, Binary, Call, Constant, Index, Name, Node, Number, Paren, Text, Unary
from . import indexing, operators
from .alignment import aligned
from .matching import TABLE, Promise, bind
from .names import CONSTANTS, CONTRASTS, env_function, unknown_function, unknown_variable, wrong_package
from .python import call_python
from .series import value_of
from .values import Function, Logical, RefusedError, Value, logical_of, strings_of

ARITHMETIC = frozenset(["+", "-", "*", "/", "^", "%%", "%/%"])
COMPARISON = frozenset(["==", "!=", "<", ">", "<=", ">="])


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a formula is evaluated.

    columns  the data
    env      values and functions of the user's own
    text     what the user wrote, for carets ("" if the tree was built otherwise)
    state    call -> what it learnt from the data of the fit; read again for new data
    has_data whether there are data at all, for messages
    index    labels of the rows, by which vectors of `env` are put in order; `rows` what messages call these
    """

    columns: Mapping[str, Value]
    env: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_data: bool = True
    index: pd.Index[Any] | None = None
    rows: str = "the data"

    def error(self, message: str, node: Node) -> FormulaError:
        """A FormulaError that points at `node`."""
        if not self.text:
            return FormulaError(f"{message} (in {deparse(node)})")
        return FormulaError(message, self.text, *node.span)

    def knows(self, name: str) -> bool:
        """Whether a variable has a value here."""
        return name in self.columns or (name in self.env and not callable(self.env[name])) or name in CONSTANTS

    def function(self, name: str) -> Function | None:
        """The function of that name, if there is one."""
        return env_function(name, self.env) or TABLE.get(name)


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression.

    Raises FormulaError with a caret under the place: FormulaNameError for unknown names, else what a function refuses.

    >>> from pylmer.language import parse_expression
    >>> evaluate(parse_expression("(x - mean(x))^2 * 1e1"), Scope({"x": np.array([1.0, 2.0, 6.0])}))
    array([40., 10., 90.])
    """
    with np.errstate(all="ignore"):
        return _VISITORS[type(node)](node, scope)


def check_names(nodes: Iterable[Node], scope: Scope) -> None:
    """Raise FormulaNameError for the first name, variable or function, that has no meaning."""
    every = list(nodes)
    names = [node.name for node in every if isinstance(node, Name)]
    for node in every:
        _check_name(node, scope, names)


def _check_name(node: Node, scope: Scope, names: Sequence[str]) -> None:
    if isinstance(node, Call) and scope.function(node.function) is None:
        raise unknown_function(node, scope.env, scope.text)
    if isinstance(node, Call | Name):
        _check_package(node, scope)
    if not isinstance(node, Name) or node.name in CONTRASTS:
        return
    if not scope.knows(node.name) and scope.function(node.name) is None:
        raise unknown_variable(node, scope.columns, scope.env, scope.text, scope.has_data, names)


def _check_package(node: Call | Name, scope: Scope) -> None:
    if node.prefix:
        function = scope.function(node.function if isinstance(node, Call) else node.name)
        error = wrong_package(node, function, scope.text)
        if error is not None:
            raise error


def _name(node: Name, scope: Scope) -> Value:
    _check_package(node, scope)
    if node.prefix:
        return scope.function(node.name) or CONSTANTS[node.name]
    if node.name in scope.columns:
        return scope.columns[node.name]
    if node.name in scope.env and not callable(scope.env[node.name]):
        what = f"env[{node.name!r}]"
        return value_of(aligned(scope.env[node.name], scope.index, what, scope.rows), what)
    if node.name in CONSTANTS:
        return CONSTANTS[node.name]
    found = scope.function(node.name)
    if found is None:
        raise unknown_variable(node, scope.columns, scope.env, scope.text, scope.has_data)
    return found


def _number(node: Number, scope: Scope) -> Value:
    whole = node.integer and math.isfinite(node.value)
    return np.array([int(node.value) if whole else node.value], dtype=np.int64 if whole else float)


def _constant(node: Constant, scope: Scope) -> Value:
    if node.name == "NULL":
        return None
    if node.name in ("TRUE", "FALSE"):
        return logical_of(np.array([node.name == "TRUE"]))
    return _MISSING.get(node.name, np.array([math.inf if node.name == "Inf" else math.nan]))


_MISSING: dict[str, Value] = {"NA": Logical(np.array([-1], dtype=np.int8))}


def _unary(node: Unary, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    actions: dict[str, Callable[[Value], Value]] = {
        "-": operators.negative,
        "+": lambda operand: operators.arithmetic("+", np.array([0]), operand),
        "!": operators.negation,
    }
    if node.operator not in actions:
        raise scope.error("a formula cannot stand inside an expression", node)
    return _guarded(lambda: actions[node.operator](value), node, scope)


def _binary(node: Binary, scope: Scope) -> Value:
    """Sums can be deep on the left, so the left spine is walked in a loop."""
    first, steps = node.spine()
    value = evaluate(first, scope)
    for step in steps:
        right = evaluate(step.right, scope)
        value = _guarded(lambda: apply_operator(step.operator, value, right), step, scope)  # noqa: B023
    return value


def apply_operator(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; raises RefusedError."""
    if symbol in ARITHMETIC:
        return operators.arithmetic(symbol, left, right)
    if symbol in COMPARISON:
        return operators.compare(symbol, left, right)
    if symbol in _OTHER:
        return _OTHER[symbol](left, right)
    if symbol in ("&&", "||"):
        raise RefusedError(f"'{symbol}' compares single values; for columns write {symbol[0]}")
    raise RefusedError(f"there is no operator '{symbol}' for values")


_OTHER: dict[str, Callable[[Value, Value], Value]] = {
    "&": operators.conjunction,
    "|": operators.disjunction,
    "%in%": operators.is_in,
    ":": operators.sequence,
}


def _call(node: Call, scope: Scope) -> Value:
    function = scope.function(node.function)
    if function is None:
        raise unknown_function(node, scope.env, scope.text)
    _check_package(node, scope)
    return _guarded(lambda: _apply(function, node, scope), node, scope)


def _apply(function: Function, node: Call, scope: Scope) -> Value:
    given = [_promise(argument, scope) for argument in node.arguments]
    if function.python:
        return call_python(function, given)
    positional, named = bind(function, given)
    if function.stateful:
        named["state"] = scope.state.setdefault(deparse(node), {})
    return function.call(*positional, **named)


def _promise(argument: Argument, scope: Scope) -> Promise:
    node = argument.value
    return Promise(argument.name, node, lambda: None if node is None else evaluate(node, scope))


def _index(node: Index, scope: Scope) -> Value:
    operand = evaluate(node.operand, scope)
    places = [
        indexing.EVERYTHING if argument.value is None else evaluate(argument.value, scope)
        for argument in node.arguments
    ]
    action = indexing.element if node.double else indexing.index
    return _guarded(lambda: action(operand, places), node, scope)


def _guarded(work: Callable[[], Value], node: Node, scope: Scope) -> Value:
    """Run `work`; what it refuses becomes a FormulaError that points at `node`."""
    try:
        return work()
    except PylmerError:
        raise
    except RefusedError as refused:
        raise scope.error(str(refused), node) from None
    except MemoryError:
        raise DataError(f"not enough memory to evaluate {deparse(node)}") from None
    except Exception as error:  # whatever a function of the user's own, or numpy, raises
        raise scope.error(f"{type(error).__name__}: {error}", node) from error


_VISITORS: dict[type, Callable[[Any, Scope], Value]] = {
    Name: _name,
    Number: _number,
    Text: lambda node, scope: strings_of([node.value]),
    Constant: _constant,
    Unary: _unary,
    Binary: _binary,
    Paren: lambda node, scope: evaluate(node.inner, scope),
    Call: _call,
    Index: _index,
}

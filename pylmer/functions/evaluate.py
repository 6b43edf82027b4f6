"""The evaluator: a syntax tree on columns -> a value. Variables and functions live in two namespaces, as in R.

A variable is looked for in the data, then in `env`, then among R's constants; a function in `env`, then in the table.
Nothing else is ever searched, and nothing is handed to Python's `eval`.

Most formulas are names of columns: operators, calls, indices and the errors for names without a meaning import what
they need when one is met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, PylmerError
from ..language import deparse
from ..language.nodes import Argument, Binary, Call, Constant, Index, Name, Node, Number, Paren, Text, Unary
from .alignment import aligned
from .codings import SCHEMES
from .scope import CONSTANTS, Scope
from .series import value_of
from .values import Function, Logical, RefusedError, Value, logical_of, strings_of

if TYPE_CHECKING:
    from .matching import Promise


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression.

    Raises FormulaError with a caret under the place: FormulaNameError for unknown names, else what a function refuses.

    >>> from pylmer.language import parse_expression
    >>> evaluate(parse_expression("(x - mean(x))^2 * 1e1"), Scope({"x": np.array([1.0, 2.0, 6.0])}))
    array([40., 10., 90.])
    """
    with np.errstate(all="ignore"):
        return _value(node, scope)


def _value(node: Node, scope: Scope) -> Value:
    """The same inside an expression."""
    return _VISITORS[type(node)](node, scope)


def check_names(nodes: Iterable[Node], scope: Scope) -> None:
    """Raise FormulaNameError for the first name, variable or function, that has no meaning."""
    every = list(nodes)
    for node in every:
        if not (isinstance(node, Name) and node.name in scope.columns and not node.prefix):
            _check_name(node, scope, every)


def _check_name(node: Node, scope: Scope, every: Sequence[Node]) -> None:
    if isinstance(node, Call):
        _function(node, scope)
    if isinstance(node, Call | Name):
        _check_package(node, scope)
    if not isinstance(node, Name) or node.name in SCHEMES:  # C(a, sum)
        return
    if not scope.knows(node.name) and scope.function(node.name) is None:
        raise _unknown(node, scope, [each.name for each in every if isinstance(each, Name)])


def _unknown(node: Name, scope: Scope, names: Sequence[str] = ()) -> PylmerError:
    from .names import unknown_variable

    return unknown_variable(node, scope.columns, scope.env, scope.text, scope.has_data, names)


def _function(node: Call, scope: Scope) -> Function:
    found = scope.function(node.function)
    if found is None:
        from .names import unknown_function

        raise unknown_function(node, scope.env, scope.text)
    return found


def _check_package(node: Call | Name, scope: Scope) -> None:
    if node.prefix:
        from .names import wrong_package

        function = scope.function(node.function if isinstance(node, Call) else node.name)
        error = wrong_package(node, function, scope.text)
        if error is not None:
            raise error


def _name(node: Name, scope: Scope) -> Value:
    if node.prefix:
        _check_package(node, scope)
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
        raise _unknown(node, scope)
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
    from .operators import apply_sign

    value = _value(node.operand, scope)
    if node.operator == "~":
        raise scope.error("a formula cannot stand inside an expression", node)
    return _guarded(lambda: apply_sign(node.operator, value), node, scope)


def _binary(node: Binary, scope: Scope) -> Value:
    """Sums can be deep on the left, so the left spine is walked in a loop."""
    from .operators import apply_operator

    first, steps = node.spine()
    value = _value(first, scope)
    for step in steps:
        right = _value(step.right, scope)
        value = _guarded(lambda: apply_operator(step.operator, value, right), step, scope)  # noqa: B023
    return value


def _call(node: Call, scope: Scope) -> Value:
    function = _function(node, scope)
    _check_package(node, scope)
    return _guarded(lambda: _apply(function, node, scope), node, scope)


def _apply(function: Function, node: Call, scope: Scope) -> Value:
    given = [_promise(argument, scope) for argument in node.arguments]
    if function.python:
        from .python import call_python

        return call_python(function, given)
    from .matching import bind

    positional, named = bind(function, given)
    if function.stateful:
        named["state"] = scope.state.setdefault(deparse(node), {})
    return function.call(*positional, **named)


def _promise(argument: Argument, scope: Scope) -> Promise:
    from .matching import Promise

    node = argument.value
    return Promise(argument.name, node, lambda: None if node is None else _value(node, scope))


def _index(node: Index, scope: Scope) -> Value:
    from . import indexing

    operand = _value(node.operand, scope)
    places = [
        indexing.EVERYTHING if argument.value is None else _value(argument.value, scope) for argument in node.arguments
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
    Paren: lambda node, scope: _value(node.inner, scope),
    Call: _call,
    Index: _index,
}

"""Nodes -> Python text: names, literals, operators, indices; calls by the tables of `rows`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ..language.nodes import Binary, Call, Constant, Index, Name, Number, Paren, Text, Unary
from .calls import call_text
from .context import Expressions, Writers
from .grammar import unpiped
from .indexing import index_text
from .nodes import Assign, Block, Definition, Dollar, If, Unported
from .operators import binary_text, unary_text
from .records import dollar_text
from .values import CONSTANTS, FUNCTION_VALUES, VARIABLES, formula_value
from .written import ATOM, LAMBDA, NotPortedError, Py, number, quoted


def _name(at: Expressions, node: Name) -> Py:
    found = at.scope.find(node.name)
    if found is not None:
        return found
    if node.name in VARIABLES:
        return VARIABLES[node.name]
    if node.name in FUNCTION_VALUES:
        return Py(FUNCTION_VALUES[node.name], "function", LAMBDA if "lambda" in FUNCTION_VALUES[node.name] else ATOM)
    for row in at.table.get(node.name, ()):
        if row.word:
            return Py(row.word, "function")
    raise NotPortedError(f"{node.name} is nothing that the script defines, nor a data set of pylmer or of --data")


def _binary(at: Expressions, node: Binary) -> Py:
    call = unpiped(node)
    if call is not None:
        return at.py(call)
    if node.operator == "~":
        return formula_value(node)
    return binary_text(node.operator, at.py(node.left), at.py(node.right))


def _unary(at: Expressions, node: Unary) -> Py:
    return formula_value(node) if node.operator == "~" else unary_text(node.operator, at.py(node.operand))


def _call(at: Expressions, node: Call) -> Py:
    written = call_text(at, node)
    if at.mark is None:
        return written
    return replace(written, code=at.mark(node, written.at(LAMBDA)))


def _assign(at: Expressions, node: Assign) -> Py:
    """An assignment inside an expression stands before it, as a statement."""
    if id(node) in at.done:
        return at.scope.variables[at.done[id(node)]]
    if not isinstance(node.target, Name) or at.scope.masks:
        raise NotPortedError("an assignment inside an expression")
    value = at.value(node.value)
    target = at.scope.define(node.target.name, value)
    at.scope.before.append(f"{target} = {value.code}")
    at.done[id(node)] = node.target.name
    return at.scope.variables[node.target.name]


def _function(at: Expressions, node: Definition) -> Py:
    """A function of one expression, as a lambda."""
    body = node.body
    if isinstance(body, Block) and len(body.statements) == 1:
        body = body.statements[0]
    if isinstance(body, Block | If | Assign):
        raise NotPortedError("a function of several statements inside a call: give it a name first")
    names = [name for name, _ in node.parameters if name != "..."]
    outer, lost, done = dict(at.scope.variables), dict(at.scope.lost), set(at.done)
    codes = [at.scope.define(name, Py("", "object")) for name in names]
    try:
        inner = at.py(body)
        defaults = [None if each is None else at.py(each).code for name, each in node.parameters if name != "..."]
    finally:
        inside = {name: at.scope.variables[name] for name in names}
        at.scope.variables, at.scope.lost = {**at.scope.variables, **outer}, lost
        for name in inside.keys() - outer.keys():
            at.scope.variables.pop(name, None)
    if at.done.keys() - done:
        raise NotPortedError("an assignment inside a function")
    parameters = parameter_list(codes, defaults)
    return Py(f"lambda {parameters}: {inner.code}" if parameters else f"lambda: {inner.code}", "function", LAMBDA)


def parameter_list(names: Sequence[str], defaults: Sequence[str | None]) -> str:
    """The parameters of a function; Python wants those without a default first."""
    if any(before is not None and after is None for before, after in pairwise(defaults)):
        raise NotPortedError("a function whose parameters with defaults stand before others")
    return ", ".join(name if each is None else f"{name}={each}" for name, each in zip(names, defaults, strict=True))


def _if(at: Expressions, node: If) -> Py:
    if node.otherwise is None or isinstance(node.then, Block) or isinstance(node.otherwise, Block):
        raise NotPortedError("`if` inside an expression")
    then, otherwise = at.py(node.then), at.py(node.otherwise)
    kind = then.kind if then.kind == otherwise.kind else "object"
    return Py(f"{then.at(2)} if {at.py(node.condition).at(2)} else {otherwise.at(1)}", kind, LAMBDA)


def _left(at: Expressions, node: Any) -> Py:
    raise NotPortedError(node.reason if isinstance(node, Unported) else "a block { } inside an expression")


def _paren(at: Expressions, node: Paren) -> Py:
    return at.py(node.inner)  # parentheses are set where Python needs them


WRITERS: Writers = {
    Name: _name,
    Number: lambda at, node: Py(number(node.value, node.integer), "number"),
    Text: lambda at, node: Py(quoted(node.value), "text"),
    Constant: lambda at, node: CONSTANTS[node.name],
    Unary: _unary,
    Binary: _binary,
    Paren: _paren,
    Call: _call,
    Index: index_text,
    Assign: _assign,
    Dollar: dollar_text,
    Definition: _function,
    Block: _left,
    If: _if,
    Unported: _left,
}

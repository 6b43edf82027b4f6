"""Syntax trees back to text, as R's deparse writes them on one line.

The text is more than show: it names coefficients and labels, and decides whether two variables are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..text.shown import show
from .nodes import Argument, Binary, Call, Constant, Index, Name, Node, Number, Paren, Text, Unary
from .numbers import format_number, integer_text
from .strings import quote, write_name

TIGHT = frozenset(["/", "^", ":", "%%", "%/%"])  # operators that R writes without blanks

# How tightly operators bind (?Syntax); only trees that were built, not parsed, can need parentheses.
_BINDING = {
    "~": 1, "|": 2, "||": 2, "&": 3, "&&": 3, "!": 4,
    "==": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, ":": 9, "^": 11,
}  # fmt: skip
_SPECIAL, _SIGN, _ATOM = 8, 10, 12


def deparse(node: Node) -> str:
    """R's deparse(node) on one line; integers without their L, as in the names of terms.

    >>> from pylmer.language import parse_expression
    >>> deparse(parse_expression("I( x^2/1e5 )+log( `my var`,base=2L )"))
    'I(x^2/1e+05) + log(`my var`, base = 2)'
    """
    return _WRITERS[type(node)](node)


show.register(Call, deparse)


def deparse_arguments(arguments: tuple[Argument, ...]) -> str:
    """`a, n = 2`: what stands between the parentheses of a call."""
    return ", ".join(map(_argument, arguments))


def binding(node: Node) -> int:
    """How tightly the outermost operator of `node` binds; more is tighter."""
    if isinstance(node, Binary):
        return _BINDING.get(node.operator, _SPECIAL)
    if isinstance(node, Unary):
        return _BINDING[node.operator] if node.operator in "!~" else _SIGN
    return _ATOM


def left_needs_parentheses(node: Binary) -> bool:
    """Whether the left operand would bind looser than `node` without parentheses."""
    return _loose(node.left, binding(node), node.operator in ("^", "~") or node.operator in _COMPARISONS)


def right_needs_parentheses(node: Binary) -> bool:
    """Whether the right operand would bind looser than `node` without parentheses."""
    return _loose(node.right, binding(node), node.operator != "^")


def unary_needs_parentheses(node: Unary) -> bool:
    """Whether the operand would bind looser than the sign without parentheses."""
    return isinstance(node.operand, Binary) and binding(node.operand) < binding(node)


_COMPARISONS = frozenset(["==", "!=", "<", ">", "<=", ">="])


def _loose(operand: Node, outer: int, also_equal: bool) -> bool:
    if not isinstance(operand, Binary):
        return isinstance(operand, Unary) and binding(operand) < min(outer, 5)
    return binding(operand) < outer or (also_equal and binding(operand) == outer)


def _name(node: Name) -> str:
    return node.prefix + write_name(node.name)


def _binary(node: Binary) -> str:
    """Long sums are deep on the left, so the left spine is walked in a loop."""
    pieces: list[str] = []
    here: Node = node
    while isinstance(here, Binary):
        right = deparse(here.right)
        pieces.append(f"({right})" if right_needs_parentheses(here) else right)
        pieces.append(here.operator if here.operator in TIGHT else f" {here.operator} ")
        if left_needs_parentheses(here):
            pieces.append(f"({deparse(here.left)})")
            break
        here = here.left
    else:
        pieces.append(deparse(here))
    return "".join(reversed(pieces))


def _unary(node: Unary) -> str:
    inner = deparse(node.operand)
    return f"{node.operator}({inner})" if unary_needs_parentheses(node) else node.operator + inner


def _call(node: Call) -> str:
    if node.function == "{":
        return "{\n    " + deparse_arguments(node.arguments) + "\n}"
    return f"{node.prefix}{write_name(node.function)}({deparse_arguments(node.arguments)})"


def _index(node: Index) -> str:
    opening, closing = ("[[", "]]") if node.double else ("[", "]")
    operand = deparse(node.operand)
    if binding(node.operand) < _ATOM:
        operand = f"({operand})"
    return f"{operand}{opening}{deparse_arguments(node.arguments)}{closing}"


def _argument(argument: Argument) -> str:
    value = "" if argument.value is None else deparse(argument.value)
    return value if argument.name is None else f"{write_name(argument.name)} = {value}"


def _constant(node: Constant) -> str:
    return "NA" if node.name.startswith("NA") else node.name


_WRITERS: dict[type, Callable[[Any], str]] = {
    Name: _name,
    Number: lambda node: integer_text(node.value) if node.integer else format_number(node.value),
    Text: lambda node: quote(node.value),
    Constant: _constant,
    Unary: _unary,
    Binary: _binary,
    Paren: lambda node: f"({deparse(node.inner)})",
    Call: _call,
    Index: _index,
}

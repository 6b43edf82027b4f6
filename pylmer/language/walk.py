"""Walks over syntax trees."""

from __future__ import annotations

from collections.abc import Iterator

from .nodes import Binary, Call, Index, Name, Node, Paren, Unary


def variables(node: Node) -> tuple[Name, ...]:
    """All names that stand for values (not for functions), in order of appearance, repeated as often as they occur.

    >>> from pylmer.language import parse_expression
    >>> [v.name for v in variables(parse_expression("log(x + k) * y + x"))]
    ['x', 'k', 'y', 'x']
    """
    return tuple(n for n in nodes(node) if isinstance(n, Name))


def nodes(node: Node) -> Iterator[Node]:
    """`node` and all below it, from left to right, parents first."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed(children(here)))


def children(node: Node) -> list[Node]:
    """The operands or arguments of `node`, from left to right."""
    if isinstance(node, Binary):
        return [node.left, node.right]
    if isinstance(node, Call):
        return [a.value for a in node.arguments if a.value is not None]
    if isinstance(node, Unary):
        return [node.operand]
    if isinstance(node, Paren):
        return [node.inner]
    if isinstance(node, Index):
        return [node.operand, *(a.value for a in node.arguments if a.value is not None)]
    return []

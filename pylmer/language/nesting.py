"""A limit to how deep expressions nest, so that no walk over a tree can exhaust Python's stack."""

from __future__ import annotations

from ..errors import FormulaError
from .nodes import Binary, Call, Index, Node, Paren, Unary

DEEPEST = 60


def check_nesting(node: Node, text: str) -> None:
    """Raise FormulaError where `node` nests deeper than DEEPEST.

    A sum of terms is deep on its left only, and may be as long as one likes; so may any chain of operators inside a
    call or on the left of `~`, whose values are computed from left to right.
    """
    stack = _sides(node)
    while stack:
        here, depth, terms = stack.pop()
        if depth > DEEPEST:
            raise FormulaError(
                f"more than {DEEPEST} levels of nesting; compute a part as a column of data", text, *here.span
            )
        stack.extend(_below(here, depth, terms))


Level = tuple[Node, int, bool]  # a node, its depth, whether it stands where terms stand


def _sides(node: Node) -> list[Level]:
    if isinstance(node, Binary) and node.operator == "~":
        return [(node.left, 0, False), (node.right, 0, True)]
    return [(node, 0, isinstance(node, Unary) and node.operator == "~")]


def _below(node: Node, depth: int, terms: bool) -> list[Level]:
    deeper = depth + 1
    if isinstance(node, Binary):
        along = node.operator in "+-" or not terms
        return [(node.left, depth if along else deeper, terms), (node.right, deeper, terms)]
    if isinstance(node, Unary | Paren):
        return [(node.operand if isinstance(node, Unary) else node.inner, deeper, terms)]
    if isinstance(node, Call | Index):
        inside = [(a.value, deeper, False) for a in node.arguments if a.value is not None]
        return inside if isinstance(node, Call) else [(node.operand, deeper, False), *inside]
    return []

"""R's terms(): a formula's right side becomes a list of terms (Chambers & Hastie 1992, ch. 2).

Every distinct variable gets a bit in order of first appearance, and a term is a set of bits: an int. Operators combine
lists of such ints. The quirks are R's own, measured: 0 and 1 switch the intercept wherever they stand, even inside
parentheses, `-` reverses them while its right side is read, and an empty left side swallows the right one (`1 * x`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeAlias

from ..errors import FormulaError
from .deparse import deparse
from .nodes import Binary, Call, Constant, Name, Node, Number, Paren, Span, Text, Unary
from .syntax import MixedFormula, Terms
from .walk import variables

MOST_TERMS = 50_000
TermList: TypeAlias = list[int]


def fixed_terms(formula: MixedFormula, columns: Sequence[str] = ()) -> Terms:
    """R's terms() of the fixed part; `.` stands for the `columns` that the response does not use.

    Raises FormulaError where something cannot be a term: `2 * x`, `"a"`, `(a + b)^1`.

    >>> from pylmer.language import parse_formula
    >>> fixed_terms(parse_formula("y ~ a*b - 1 + (1 | g)")).labels
    ('a', 'b', 'a:b')
    """
    return terms(formula.fixed, formula.response, columns, text=formula.text)


def terms(node: Node, response: Node | None = None, columns: Sequence[str] = (), *, text: str | None = None) -> Terms:
    """R's terms() of one expression, such as the left side of a bar; `text` is shown in errors.

    >>> from pylmer.language import parse_expression
    >>> found = terms(parse_expression("(x + z)^2 - 1"))
    >>> found.labels, found.factors, found.intercept
    (('x', 'z', 'x:z'), ((0,), (1,), (0, 1)), False)
    """
    expansion = _Expansion(response, columns, text or None)
    found = expansion.read(node)
    offsets = expansion.offsets()
    kept = [t for t in found if t and not t & offsets]
    factors = tuple(_indices(t) for t in sorted(kept, key=int.bit_count))
    names = list(expansion.bits)
    return Terms(
        variables=tuple(expansion.nodes),
        factors=factors,
        labels=tuple(":".join([names[i] for i in indices]) for indices in factors),
        intercept=expansion.intercept,
        offsets=tuple(expansion.nodes[i] for i in _indices(offsets)),
        response=response,
    )


def _indices(bits: int) -> tuple[int, ...]:
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return tuple(found)


class _Expansion:
    """Reads an expression from left to right; collects variables and the intercept on the way."""

    def __init__(self, response: Node | None, columns: Sequence[str], text: str | None) -> None:
        self.text = text
        self.bits: dict[str, int] = {}
        self.nodes: list[Node] = []
        self.intercept = True
        self.adding = True  # False while the right side of a `-` is read
        taken = {v.name for v in variables(response)} if response is not None and columns else set()
        self.columns = [c for c in columns if c not in taken]
        if response is not None:
            self.variable(response)

    def read(self, node: Node) -> TermList:
        if isinstance(node, Name):
            return self.dot(node) if node.name == "." and self.columns else [self.variable(node)]
        if isinstance(node, Binary):
            return self.binary(node)
        if isinstance(node, Paren):
            return self.read(node.inner)
        if isinstance(node, Number | Constant | Text):
            return self.literal(node)
        if isinstance(node, Unary) and node.operator in "+-":
            return self.signed(node)
        return [self.variable(node)]

    def variable(self, node: Node) -> int:
        name = deparse(node)
        bit = self.bits.get(name)
        if bit is None:
            bit = self.bits[name] = 1 << len(self.nodes)
            self.nodes.append(node)
        return bit

    def dot(self, node: Name) -> TermList:
        return [self.variable(Name(column, node.span)) for column in self.columns]

    def literal(self, node: Number | Constant | Text) -> TermList:
        one = _as_one(node)
        if one is not None:
            self.intercept = one is self.adding
        elif not (isinstance(node, Constant) and node.name == "NULL"):
            self.refuse(_no_term(node), node.span)
        return []

    def signed(self, node: Unary) -> TermList:
        if node.operator == "+":
            return self.read(node.operand)
        self.reversed(node.operand)
        return []

    def reversed(self, node: Node) -> TermList:
        self.adding = not self.adding
        found = self.read(node)
        self.adding = not self.adding
        return found

    def binary(self, node: Binary) -> TermList:
        if node.operator in "+-":
            return self.sum(node)
        if node.operator == "^":
            return self.power(node)
        combine = _COMBINATIONS.get(node.operator)
        if combine is None:
            return [self.variable(node)]
        left, right = self.read(node.left), self.read(node.right)
        if (len(left) + 1) * (len(right) + 1) > MOST_TERMS:
            self.refuse(f"more than {MOST_TERMS} terms", node.span)
        return _distinct(combine(left, right))

    def sum(self, node: Binary) -> TermList:
        """`a + b - c + ...` in a loop, however long."""
        here: Node = node
        steps: list[Binary] = []
        while isinstance(here, Binary) and here.operator in "+-":
            steps.append(here)
            here = here.left
        found = dict.fromkeys(self.read(here))
        for step in reversed(steps):
            if step.operator == "+":
                found.update(dict.fromkeys(self.read(step.right)))
            else:
                for term in self.reversed(step.right):
                    found.pop(term, None)
        return list(found)

    def power(self, node: Binary) -> TermList:
        times = node.right.value if isinstance(node.right, Number) else 0
        if not 2 <= times < float("inf"):
            self.refuse(
                "invalid power: '^' crosses terms and needs a whole number from 2; use I(…) for arithmetic",
                node.right.span,
            )
        base = self.read(node.left)
        found = base
        for _ in range(int(times) - 1):
            if len(found) * len(base) > MOST_TERMS * 8:
                self.refuse(f"more than {MOST_TERMS} terms", node.span)
            larger = _distinct(a | b for a in found for b in base)
            if larger == found:
                break
            found = larger
        return found

    def offsets(self) -> int:
        named = (bit for node, bit in zip(self.nodes, self.bits.values(), strict=True) if _is_offset(node))
        return reduce(or_, named, 0)

    def refuse(self, message: str, span: Span) -> None:
        raise FormulaError(message, self.text, *span)


def _is_offset(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "offset" and not node.prefix


def _as_one(node: Node) -> bool | None:
    if isinstance(node, Number):
        return bool(node.value) if node.value in (0, 1) else None
    return {"TRUE": True, "FALSE": False}.get(node.name) if isinstance(node, Constant) else None


def _no_term(node: Node) -> str:
    if isinstance(node, Text):
        return f"a string cannot be a term; write a column's name without quotes: {deparse(Name(node.value))}"
    if isinstance(node, Number):
        return "numbers other than 0 and 1 cannot be terms; use I(…) for arithmetic, as in I(2 * x)"
    return f"{deparse(node)} cannot be a term"


def _distinct(found: Iterable[int]) -> TermList:
    return list(dict.fromkeys(found))


def _interactions(left: TermList, right: TermList) -> TermList:
    return [a | b for a in left for b in right]


def _crossing(left: TermList, right: TermList) -> TermList:
    return [*left, *right, *_interactions(left, right)] if left else []


def _nesting(left: TermList, right: TermList) -> TermList:
    outer = reduce(or_, left, 0)
    return [*left, *(outer | b for b in right)] if left else []


def _within(left: TermList, right: TermList) -> TermList:
    outer = reduce(or_, right, 0)
    return [a | outer for a in left]


_COMBINATIONS: dict[str, Callable[[TermList, TermList], TermList]] = {
    ":": _interactions,
    "*": _crossing,
    "/": _nesting,
    "%in%": _within,
}

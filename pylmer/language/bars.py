"""Taking the random-effects terms out of a formula's right side.

In R a bar is an ordinary operator. Here it means a random-effects term where it stands in parentheses, or in a
covariance structure, and is added with `+`; anywhere else among terms it is a mistake and is refused (lme4 adds the
term silently even after `-` or `*`). Inside other calls, as in `I(a | b)`, it stays R's "or".
"""

from __future__ import annotations

from typing import TypeGuard

from ..errors import FormulaError
from ..structures import DEFAULT, STRUCTURES
from .nodes import Argument, Binary, Call, Constant, Node, Paren, Span, Unary
from .syntax import RandomTerm

# Functions that may be given a logical `a | b`; any other f(a | b) among the terms is an unknown structure.
LOGICAL = frozenset(
    ("I", "ifelse", "factor", "as.factor", "as.numeric", "as.integer", "as.logical", "as.character", "ordered", "any",
     "all", "sum", "mean", "xor", "abs", "round", "is.na", "offset", "C", "interaction", "dummy", "scale", "{")
)  # fmt: skip


def separate(rhs: Node, text: str) -> tuple[Node | None, tuple[RandomTerm, ...]]:
    """(fixed part or None, random terms in order of appearance) of a formula's right side.

    Raises FormulaError for a bar without parentheses, a subtracted or multiplied random-effects term, an unknown
    covariance structure, and bars within bars.
    """
    if "|" not in text:
        return rhs, ()
    if is_bar(rhs):
        raise FormulaError("random-effects terms must be in parentheses: write (… | group)", text, *rhs.span)
    random: list[RandomTerm] = []
    fixed = _collect(rhs, text, random)
    return fixed, tuple(random)


def check_response(response: Node | None, text: str) -> None:
    """Raise FormulaError for a bar on the left of `~`."""
    if response is None:
        return
    for node in at_term_level(response):
        if is_bar(node):
            raise FormulaError("random-effects terms belong on the right of '~'", text, *node.span)


def is_bar(node: Node) -> TypeGuard[Binary]:
    """Whether `node` is `a | b` or `a || b`."""
    return isinstance(node, Binary) and node.operator in ("|", "||")


def _collect(node: Node, text: str, random: list[RandomTerm]) -> Node | None:
    """The part of `node` that is fixed; its random terms are appended to `random`."""
    if isinstance(node, Binary) and node.operator in "+-":
        return _sum(node, text, random)
    if isinstance(node, Paren):
        return _parenthesis(node, text, random)
    if isinstance(node, Call):
        term = _structure(node, text)
        random += [] if term is None else [term]
        return node if term is None else None
    if isinstance(node, Unary) and node.operator == "+":
        inner = _collect(node.operand, text, random)
        return inner if inner is None or inner is node.operand else Unary("+", inner, node.span)
    if isinstance(node, Unary | Binary):
        _refuse_bars(node, text)
    return node


def _sum(node: Binary, text: str, random: list[RandomTerm]) -> Node | None:
    here: Node = node
    steps: list[Binary] = []
    while isinstance(here, Binary) and here.operator in "+-":
        steps.append(here)
        here = here.left
    fixed = _collect(here, text, random)
    for step in reversed(steps):
        if step.operator == "-":
            _refuse_bars_in(step.right, "-", text)
        right = _collect(step.right, text, random)
        fixed = _joined(step, fixed, right)
    return fixed


def _joined(step: Binary, left: Node | None, right: Node | None) -> Node | None:
    """`left op right` where either may have vanished; of `(1 | g) - 1` the 1 stays, without its sign, as in lme4."""
    if right is None:
        return left
    if left is None:
        return right
    if left is step.left and right is step.right:
        return step
    return Binary(step.operator, left, right, (left.span[0], right.span[1]))


def _parenthesis(node: Paren, text: str, random: list[RandomTerm]) -> Node | None:
    if is_bar(node.inner):
        random.append(_random_term(node.inner, text, node.span))
        return None
    inner = _collect(node.inner, text, random)
    return node if inner is node.inner else None if inner is None else Paren(inner, node.span)


def _structure(node: Call, text: str) -> RandomTerm | None:
    """The random term of `cs(x | g, hom = TRUE)`, or None where the call has no bar and is a variable."""
    first = node.arguments[0].value if node.arguments else None
    bar = first.inner if isinstance(first, Paren) else first
    if bar is None or not is_bar(bar) or node.function in LOGICAL:
        return None
    if node.function not in STRUCTURES or node.prefix:
        raise FormulaError(
            f"unknown covariance structure {node.function}(…|…); known: {', '.join(STRUCTURES)}. "
            f"For a logical 'or' write {node.function}(I(… | …))",
            text, *node.name_span,
        )  # fmt: skip
    if bar.operator == "||":
        raise FormulaError(f"'||' and a structure exclude each other; write {node.function}(… | …)", text, *bar.span)
    return _random_term(bar, text, node.span, node.function, _hom(node, text))


def _hom(node: Call, text: str) -> bool | None:
    if len(node.arguments) == 1:
        return None
    second, fixed = node.arguments[1], STRUCTURES[node.function].hom is None
    if fixed or len(node.arguments) > 2 or second.name not in ("hom", None) or second.value is None:
        extra = node.arguments[2] if len(node.arguments) > 2 else second
        span = extra.span if extra.value is not None else node.span
        wanted = "no other argument" if fixed else "one more argument, hom = TRUE or hom = FALSE"
        raise FormulaError(f"{node.function}(… | …) takes {wanted}", text, *span)
    return _flag(second, text)


def _flag(argument: Argument, text: str) -> bool:
    value = argument.value
    if not (isinstance(value, Constant) and value.name in ("TRUE", "FALSE")):
        raise FormulaError("hom must be TRUE or FALSE, written out", text, *argument.span)
    return value.name == "TRUE"


def _random_term(bar: Binary, text: str, span: Span, structure: str = DEFAULT, hom: bool | None = None) -> RandomTerm:
    for side in (bar.left, bar.right):
        for node in at_term_level(side):
            if is_bar(node):
                raise FormulaError("one bar per random-effects term: (terms | group)", text, *bar.span)
    return RandomTerm(bar.left, bar.right, structure, hom, bar.operator == "||", span)


def at_term_level(node: Node) -> list[Node]:
    """`node` and what lies below it through operators and parentheses, but not inside calls."""
    found, stack = [], [node]
    while stack:
        here = stack.pop()
        found.append(here)
        if isinstance(here, Binary):
            stack += (here.right, here.left)
        elif isinstance(here, Unary):
            stack.append(here.operand)
        elif isinstance(here, Paren):
            stack.append(here.inner)
    return found


def _refuse_bars(node: Unary | Binary, text: str) -> None:
    for below in (node.operand,) if isinstance(node, Unary) else (node.left, node.right):
        _refuse_bars_in(below, node.operator, text)


def _refuse_bars_in(node: Node, operator: str, text: str) -> None:
    for below in at_term_level(node):
        term = _structure(below, text) if isinstance(below, Call) else None
        alone = isinstance(below, Paren) and is_bar(below.inner)
        if alone or is_bar(below) or term is not None:
            raise FormulaError(f"a random-effects term can only be added with '+', not '{operator}'", text, *below.span)

"""Text -> syntax tree -> MixedFormula; every error shows the place in the text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..errors import ArgumentError, FormulaError, FormulaSyntaxError
from .bars import at_term_level, check_response, separate
from .deparse import deparse
from .expand import terms
from .grammar import OPERATORS, MisuseError, parser
from .nodes import Binary, Node, Number, Paren, Unary
from .randoms import groupings
from .syntax import MixedFormula, RandomTerm
from .walk import nodes

SHORT = 60  # a text of so few characters cannot nest deeper than is allowed


def parse_formula(text: str | MixedFormula) -> MixedFormula:
    """Read a mixed-model formula.

    Parameters: `text`, as one writes it in R; a MixedFormula is returned as it is.
    Raises FormulaSyntaxError if the text is no formula, FormulaError if it has no meaning; both show the place.

    >>> formula = parse_formula("Reaction ~ Days + (Days|Subject)")
    >>> formula.fixed, formula.random
    (Name(name='Days', prefix=''), (Days | Subject,))
    >>> print(formula)
    Reaction ~ Days + (Days | Subject)
    """
    if isinstance(text, MixedFormula):
        return text
    check_text(text)
    return _parsed(text)


@lru_cache(maxsize=256)  # refits, updates and simulations read the same few formulas again and again
def _parsed(text: str) -> MixedFormula:
    return mixed_formula(_known(read_formula(text), text), text)


def parse_expression(text: str) -> Node:
    """Read one R expression, as `weights=` or `subset=` take them; raises FormulaSyntaxError.

    >>> parse_expression("x > 2")
    Binary(operator='>', left=Name(name='x', prefix=''), right=Number(value=2.0, integer=False))
    """
    node = read(text, expression=True)
    if is_formula(node):
        raise FormulaSyntaxError("an expression is wanted here, not a formula with '~'", text, *_tilde(node, text))
    return _known(node, text)


def parse_grouped(text: str) -> tuple[MixedFormula, Node]:
    """Read `y ~ x | group`, as lmList takes it: (the formula without the bar, the grouping expression).

    Raises FormulaSyntaxError, or FormulaError where the bar is missing.

    >>> parse_grouped("Reaction ~ Days | Subject")
    (Reaction ~ Days, Name(name='Subject', prefix=''))
    """
    response, bar = sides(_known(read_formula(text), text))
    if not (isinstance(bar, Binary) and bar.operator == "|"):
        raise FormulaError("one fit per group wants a bar: y ~ x | group", text, *bar.span)
    whole = Unary("~", bar.left) if response is None else Binary("~", response, bar.left)
    return mixed_formula(whole, text), bar.right


def require_random(formula: MixedFormula) -> None:
    """Raise FormulaError unless the formula has a response and at least one random-effects term."""
    if formula.response is None:
        raise FormulaError("the response is missing: write y ~ terms", formula.text, 0, 1)
    if not formula.random:
        message, span = _no_bar(formula.rhs)
        raise FormulaError(message, formula.text, *span)


def _no_bar(rhs: Node) -> tuple[str, tuple[int, int]]:
    """The message for a formula without a bar; `(1 / Subject)` is taken for a slip."""
    for node in at_term_level(rhs):
        inner = node.inner if isinstance(node, Paren) else None
        if isinstance(inner, Binary) and inner.operator == "/" and isinstance(inner.left, Number):
            return f"no random-effects term; did you mean (1 | {deparse(inner.right)})?", node.span
    return "no random-effects term; a mixed model needs at least one, e.g. (1 | Subject)", rhs.span


def check_text(text: object) -> None:
    """Raise ArgumentError for what is no text."""
    if not isinstance(text, str):
        raise ArgumentError(f"a formula is a text such as 'y ~ x + (1 | g)', not {type(text).__name__}")


def read_formula(text: str) -> Node:
    """The syntax tree of a formula; raises FormulaSyntaxError for an expression too."""
    node = read(text)
    if not is_formula(node):
        raise _refused(text)
    return node


def read(text: str, expression: bool = False) -> Node:
    """The syntax tree of a formula or an expression; `expression` says which of the two the error asks for."""
    check_text(text)
    from lark.exceptions import LarkError

    try:
        node: Node = parser().parse(text)  # type: ignore[assignment]  # TreeBuilder makes nodes of lark's trees
    except MisuseError as found:
        raise found.kind(found.message, text, *found.span) from None
    except LarkError as error:
        raise _refused(text, _position(error, text), expression) from None
    if len(text) > SHORT:
        from .nesting import check_nesting

        check_nesting(node, text)
    return node


def _refused(text: str, position: int | None = None, expression: bool = False) -> FormulaSyntaxError:
    from .mistakes import expression_error, syntax_error  # loaded where there is one

    return (expression_error if expression else syntax_error)(text, position)


def _known(node: Node, text: str) -> Node:
    """`node`, after a look at its %operators%."""
    for below in nodes(node) if "%" in text else ():
        if isinstance(below, Binary) and below.operator.startswith("%") and below.operator not in OPERATORS:
            span = text.index(below.operator, below.left.span[1])
            raise FormulaError(
                f"unknown operator {below.operator}; known: {', '.join(OPERATORS)}",
                text,
                span,
                span + len(below.operator),
            )
    return node


def sides(node: Node) -> tuple[Node | None, Node]:
    """(response or None, right side) of a formula's tree."""
    if isinstance(node, Binary):
        return node.left, node.right
    return None, node.operand if isinstance(node, Unary) else node


def _position(error: Exception, text: str) -> int:
    """Where lark stopped; the end of the text where it wanted more."""
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    return len(text) if at_end else int(getattr(error, "pos_in_stream", len(text)))


def is_formula(node: Node) -> bool:
    """Whether the outermost operator is `~`."""
    return isinstance(node, Unary | Binary) and node.operator == "~"


def mixed_formula(node: Node, text: str) -> MixedFormula:
    """The record of `response ~ rhs`, or `~ rhs`, after all checks that need no data."""
    response, rhs = sides(node)
    check_response(response, text)
    fixed, random = separate(rhs, text)
    left: Node = Number(1) if fixed is None else fixed
    terms(left, text=text)
    for term in random:
        _check_random(term, text)
    return MixedFormula(response, rhs, left, random, text)


def _check_random(term: RandomTerm, text: str) -> None:
    found = terms(term.effects, text=text)
    if found.offsets:
        raise FormulaError("an offset has no random effects, and R adds it to the model as a whole: write + offset(…) "
                           "outside the bar", text, *found.offsets[0].span)  # fmt: skip
    if not (found.intercept or found.labels):
        raise FormulaError("this random-effects term has no effects; write (1 | group) for an intercept", text,
                           *term.effects.span)  # fmt: skip
    groupings(term.group, text)


def _tilde(node: Any, text: str) -> tuple[int, int]:
    before = node.left.span[1] if isinstance(node, Binary) else node.span[0]
    start = text.index("~", before)
    return start, start + 1

"""grammar/formula.lark -> a parser that turns text into syntax trees.

lark calls a method of `TreeBuilder` for every token it shifts (names in capitals) and every rule it reduces. Children
hold all tokens, so the span of a node runs from its first child to its last.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FormulaError, FormulaSyntaxError
from .nodes import Argument, Binary, Call, Constant, Index, Name, Node, Number, Paren, Span, Text, Unary
from .numbers import read_number
from .strings import RESERVED, BadEscapeError, unescape

if TYPE_CHECKING:
    from lark import Lark, Token

OPERATORS = ("%in%", "%%", "%/%")
_PLAIN_INFIX = re.compile(r"%[^\W\d]*[.:*|<>&!^/]*[^\W\d]*%")
_PACKAGED = Path(__file__).with_name("formula.lark")
_CHECKOUT = Path(__file__).parents[2] / "grammar" / "formula.lark"


class MisuseError(Exception):
    """Something that reads well but cannot be used; `parse` turns it into an error that shows the formula."""

    def __init__(self, message: str, span: Span, kind: type[FormulaError] = FormulaSyntaxError) -> None:
        super().__init__(message)
        self.message, self.span, self.kind = message, span, kind


def grammar_text() -> str:
    """The grammar file: the package's own copy (a wheel), or the one of the checkout (an editable install)."""
    return (_PACKAGED if _PACKAGED.exists() else _CHECKOUT).read_text(encoding="utf-8")


@cache
def parser() -> Lark:
    """The parser; built once, when the first formula comes (importing lark and building take 0.1 s)."""
    from lark import Lark

    return Lark(grammar_text(), parser="lalr", keep_all_tokens=True, transformer=TreeBuilder())


class TreeBuilder:
    """One method per token and rule of the grammar."""

    def NAME(self, token: Token) -> Name:
        if token.value in RESERVED:
            raise MisuseError(f"'{token.value}' is R's own word; a column of that name needs backticks", _at(token))
        return Name(token.value, _at(token))

    def QNAME(self, token: Token) -> Name:
        return Name(_unescaped(token), _at(token))

    def STRING(self, token: Token) -> Text:
        return Text(_unescaped(token), _at(token))

    def NUMBER(self, token: Token) -> Number:
        value, integer = read_number(token.value)
        return Number(value, integer, _at(token))

    def CONST(self, token: Token) -> Constant:
        return Constant(token.value, _at(token))

    def INFIX(self, token: Token) -> Token:
        if not _PLAIN_INFIX.fullmatch(token.value):  # x % 2 + y % 3
            raise MisuseError("'%' is Python; R's remainder is %%", (_at(token)[0], _at(token)[0] + 1))
        return token

    def POW(self, token: Token) -> Token:
        return token.update(value="^") if token.value == "**" else token

    def binary(self, children: list[Any]) -> Binary:
        left, operator, right = children
        return Binary(operator.value, left, right, (left.span[0], right.span[1]))

    def unary(self, children: list[Any]) -> Unary:
        operator, operand = children
        return Unary(operator.value, operand, (operator.start_pos, operand.span[1]))

    def two_sided(self, children: list[Any]) -> Binary:
        return self.binary(children)

    def one_sided(self, children: list[Any]) -> Unary:
        return self.unary(children)

    def paren(self, children: list[Any]) -> Paren:
        return Paren(children[1], (children[0].start_pos, children[2].end_pos))

    def call(self, children: list[Any]) -> Call:
        head, opening, arguments, closing = children
        function, prefix = _function(head, _at(opening))
        if arguments == (Argument(None),):
            arguments = ()
        return Call(function, arguments, (head.span[0], closing.end_pos), head.span, prefix)

    def brace(self, children: list[Any]) -> Call:
        opening, inner, closing = children
        return Call("{", (Argument(inner, None, inner.span),), (opening.start_pos, closing.end_pos), _at(opening))

    def index(self, children: list[Any]) -> Index:
        return Index(children[0], children[2], False, (children[0].span[0], children[3].end_pos))

    def double_index(self, children: list[Any]) -> Index:
        return Index(children[0], children[3], True, (children[0].span[0], children[5].end_pos))

    def arguments(self, children: list[Any]) -> tuple[Argument, ...]:
        return tuple(c if isinstance(c, Argument) else Argument(c, None, c.span) for c in children[::2])

    def named(self, children: list[Any]) -> Argument:
        label, _, value = children
        name = label.value if isinstance(label, Text) else label.name
        return Argument(value, name, (label.span[0], value.span[1]))

    def missing(self, children: list[Any]) -> Argument:
        return Argument(None)

    def qualified(self, children: list[Any]) -> Name:
        package, colons, name = children
        return Name(name.name, (package.span[0], name.span[1]), package.name + colons.value)

    def dollar(self, children: list[Any]) -> Node:
        frame, name = children[0], children[2]
        span = frame.span[0], name.span[1]
        raise MisuseError(f"columns are named directly: write {name.name}", span, FormulaError)

    def assignment(self, children: list[Any]) -> Node:
        left, operator, right = children
        span = (operator.start_pos, operator.end_pos)
        raise MisuseError(_assigned(operator.value), span if operator.value != ":=" else (left.span[0], right.span[1]))


def _at(token: Token) -> Span:
    return token.start_pos, token.end_pos  # type: ignore[return-value]  # the lexer always sets both


def _unescaped(token: Token) -> str:
    try:
        return unescape(token.value[1:-1])
    except BadEscapeError as bad:
        start = _at(token)[0] + 1 + bad.offset
        raise MisuseError(
            f"'{bad.sequence}' is not an escape that R knows; a backslash is written \\\\",
            (start, start + len(bad.sequence)),
        ) from None


def _function(head: Node, opening: Span) -> tuple[str, str]:
    if isinstance(head, Name):
        return head.name, head.prefix
    if isinstance(head, Text):
        return head.value, ""
    raise MisuseError("an operator is missing before '(': only a function's name can be called", opening)


def _assigned(operator: str) -> str:
    if operator in ("<-", "<<-"):
        return f"'{operator}' is R's assignment; for a comparison put a space: x < -1"
    return f"'{operator}' is an assignment; formulas cannot assign"

"""grammar/script.lark -> a parser that turns an R script into nodes; names, numbers and operators as in formulas."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..language.grammar import MisuseError, TreeBuilder
from ..language.nodes import Argument, Binary, Call, Name, Paren, Text
from .line_ends import LineEnds
from .nodes import Assign, Block, Definition, Dollar, If, RNode, Unported

if TYPE_CHECKING:
    from lark import Lark, Token

_PACKAGED = Path(__file__).with_name("script.lark")
_CHECKOUT = Path(__file__).parents[2] / "grammar" / "script.lark"


@cache
def parser() -> Lark:
    """The parser of scripts; built once."""
    from lark import Lark

    text = (_PACKAGED if _PACKAGED.exists() else _CHECKOUT).read_text(encoding="utf-8")
    return Lark(
        text, parser="lalr", lexer="basic", keep_all_tokens=True, transformer=ScriptBuilder(), postlex=LineEnds()
    )


class ScriptBuilder(TreeBuilder):
    """One method per token and rule that formulas do not have, or have otherwise."""

    def INFIX(self, token: Token) -> Token:
        return token

    def RAW(self, token: Token) -> Text:
        return Text(token.value[3:-2], (token.start_pos or 0, token.end_pos or 0))

    def HOLE(self, token: Token) -> Name:
        return Name(token.value, (token.start_pos or 0, token.end_pos or 0))

    def complex(self, children: list[Any]) -> Unported:
        return Unported("complex numbers", (), (children[0].start_pos, children[0].end_pos))

    def start(self, children: list[Any]) -> tuple[RNode, ...]:
        statements: tuple[RNode, ...] = children[0]
        return statements

    def statements(self, children: list[Any]) -> tuple[RNode, ...]:
        return tuple(children[::2])

    def assign(self, children: list[Any]) -> Assign:
        target, _, value = children
        return Assign(target, value, (target.span[0], value.span[1]))

    def assign_right(self, children: list[Any]) -> Assign:
        value, _, target = children
        return Assign(target, value, (value.span[0], target.span[1]))

    def pipe(self, children: list[Any]) -> Call:
        left, operator, right = children
        if not isinstance(right, Call):
            raise MisuseError("a call is wanted after |>, as in x |> f()", (operator.start_pos, operator.end_pos))
        return piped(left, right)

    def call(self, children: list[Any]) -> RNode:  # type: ignore[override]  # a script calls what formulas cannot
        head, _, arguments, closing = children
        if isinstance(head, Name | Text):
            return super().call(children)
        inside = tuple(argument.value for argument in arguments if argument.value is not None)
        return Unported("it calls what another expression gives", (head, *inside), (head.span[0], closing.end_pos))

    def dollar(self, children: list[Any]) -> Dollar:  # type: ignore[override]
        operand, operator, name = children
        label = name.value if isinstance(name, Text) else name.name
        return Dollar(operand, label, operator.value == "@", (operand.span[0], name.span[1]))

    def odd(self, children: list[Any]) -> Unported:
        return Unported("$( ) has no counterpart", (children[0], children[3]), (children[0].span[0], _end(children)))

    def paren(self, children: list[Any]) -> Paren:
        return Paren(children[1], (children[0].start_pos, children[2].end_pos))

    def block(self, children: list[Any]) -> Block:
        return Block(children[1], (children[0].start_pos, children[2].end_pos))

    def named(self, children: list[Any]) -> Argument:
        label, _, value = children
        return Argument(value, label.value if isinstance(label, Text) else label.name, (label.span[0], value.span[1]))

    def named_empty(self, children: list[Any]) -> Argument:
        return Argument(None, children[0].name, children[0].span)

    def parameters(self, children: list[Any]) -> tuple[tuple[str, RNode | None], ...]:
        return tuple(children[::2])

    def parameter(self, children: list[Any]) -> tuple[str, RNode | None]:
        return children[0].name, (children[2] if len(children) > 1 else None)

    def function(self, children: list[Any]) -> Definition:
        return Definition(children[2], children[4], (children[0].start_pos, children[4].span[1]))

    def if_(self, children: list[Any]) -> If:
        otherwise = children[6] if len(children) > 5 else None
        return If(children[2], children[4], otherwise, (children[0].start_pos, children[-1].span[1]))

    def loop(self, children: list[Any]) -> Unported:
        parts = tuple(each for each in children if hasattr(each, "span"))
        return Unported(
            f"a loop ({children[0].value}) is yours to write", parts, (children[0].start_pos, _end(children))
        )

    def jump(self, children: list[Any]) -> Unported:
        return Unported(f"'{children[0].value}' stands in a loop", (), (children[0].start_pos, children[0].end_pos))


def piped(left: RNode, call: Call) -> Call:
    """`left |> f(a)` is f(left, a); `_` by name takes its place."""
    piece: Any = left  # a node of a script, where Argument knows those of formulas
    arguments = tuple(Argument(piece, a.name, a.span) if a.value == Name("_") else a for a in call.arguments)
    if arguments == call.arguments:
        arguments = (Argument(piece, None, left.span), *arguments)
    return Call(call.function, arguments, (left.span[0], call.span[1]), call.name_span, call.prefix)


def unpiped(node: Binary) -> Call | None:
    """`x %>% f(a)` and `x %>% f` as calls; a dot among the arguments takes its place."""
    if node.operator != "%>%" or not isinstance(node.right, Name | Call):
        return None
    right = node.right if isinstance(node.right, Call) else Call(node.right.name, (), node.right.span, node.right.span)
    dots = tuple(Argument(node.left, a.name, a.span) if a.value == Name(".") else a for a in right.arguments)
    first = Argument(node.left, None, node.left.span)
    arguments = dots if dots != right.arguments else (first, *dots)
    return Call(right.function, arguments, node.span, right.name_span, right.prefix)


def _end(children: list[Any]) -> int:
    last = children[-1]
    return last.span[1] if hasattr(last, "span") else last.end_pos  # type: ignore[no-any-return]

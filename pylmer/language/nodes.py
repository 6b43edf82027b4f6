"""Syntax trees of R expressions.

Nodes are frozen and compare by meaning: `span` (offsets into the text) takes no part in comparison or hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from ..text.shown import show

Span: TypeAlias = tuple[int, int]
NOWHERE: Span = (0, 0)


def span_field() -> Span:
    """The field `span` of a record: takes no part in comparison, hash or repr."""
    return field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Name:
    """A symbol: `log.radon`, `` `my var` `` without the backticks, `T`; of `stats::poly` the prefix is "stats::"."""

    name: str
    span: Span = span_field()
    prefix: str = ""


@dataclass(frozen=True)
class Number:
    """A numeric literal; `2L` has integer=True."""

    value: float
    integer: bool = False
    span: Span = span_field()


@dataclass(frozen=True)
class Text:
    """A string literal, escapes resolved."""

    value: str
    span: Span = span_field()


@dataclass(frozen=True)
class Constant:
    """TRUE, FALSE, NULL, NA (and NA_integer_ ...), Inf, NaN: `name` is the word as R prints it."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True)
class Unary:
    """`-x`, `+x`, `!x`, and the one-sided `~ x`."""

    operator: str
    operand: Node
    span: Span = span_field()


@dataclass(frozen=True, eq=False)
class Binary:
    """`left operator right`; operators as R deparses them (`**` is `^`); `|` and `||` are bars.

    A sum of a thousand terms is a thousand levels deep on its left, so comparing, hashing and pickling go along that
    spine in a loop.
    """

    operator: str
    left: Node
    right: Node
    span: Span = span_field()

    def spine(self) -> tuple[Node, list[Binary]]:
        """The leftmost operand that is no Binary, and the Binaries on the way to it, innermost first."""
        steps: list[Binary] = []
        here: Node = self
        while isinstance(here, Binary):
            steps.append(here)
            here = here.left
        return here, steps[::-1]

    def _meaning(self) -> tuple[object, ...]:
        first, steps = self.spine()
        return (first, *((step.operator, step.right) for step in steps))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Binary) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash(self._meaning())

    def __reduce__(self) -> tuple[Callable[..., Node], tuple[object, ...]]:
        first, steps = self.spine()
        return from_spine, (first, tuple((step.operator, step.right, step.span) for step in steps))


def from_spine(first: Node, steps: Iterable[tuple[str, Node, Span]]) -> Node:
    """The inverse of `Binary.spine`: ((first op right) op right) ..."""
    node = first
    for operator, right, span in steps:
        node = Binary(operator, node, right, span)
    return node


@dataclass(frozen=True)
class Paren:
    """`(inner)`, kept because R prints it."""

    inner: Node
    span: Span = span_field()


@dataclass(frozen=True)
class Argument:
    """One argument of a call; `value` is None for an empty one, as in `x[, 1]`."""

    value: Node | None
    name: str | None = None
    span: Span = span_field()


@dataclass(frozen=True)
class Call:
    """`function(arguments)`; `span` covers the whole call, `name_span` the function's name; `prefix` as in Name."""

    function: str
    arguments: tuple[Argument, ...] = ()
    span: Span = span_field()
    name_span: Span = span_field()
    prefix: str = ""

    def __str__(self) -> str:
        """The call as R writes it: `print(fit.call)`."""
        return show(self)


@dataclass(frozen=True)
class Index:
    """`operand[arguments]`, or `operand[[arguments]]` with double=True."""

    operand: Node
    arguments: tuple[Argument, ...]
    double: bool = False
    span: Span = span_field()


Node: TypeAlias = Name | Number | Text | Constant | Unary | Binary | Paren | Call | Index

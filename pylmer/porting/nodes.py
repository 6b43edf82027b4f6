"""What a script has beyond formulas: assignments, `$`, functions, blocks, `if`, loops; beside `language.nodes`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

from ..language.nodes import Argument, Binary, Call, Constant, Index, Name, Number, Paren, Span, Text, Unary, span_field


@dataclass(frozen=True)
class Assign:
    """`target <- value`, in any of R's spellings."""

    target: RNode
    value: RNode
    span: Span = span_field()


@dataclass(frozen=True)
class Dollar:
    """`operand$name`, or `operand@name` with slot=True."""

    operand: RNode
    name: str
    slot: bool = False
    span: Span = span_field()


@dataclass(frozen=True)
class Definition:
    """`function(parameters) body`; a default is None where there is none."""

    parameters: tuple[tuple[str, RNode | None], ...]
    body: RNode
    span: Span = span_field()


@dataclass(frozen=True)
class Block:
    """`{ statements }`."""

    statements: tuple[RNode, ...]
    span: Span = span_field()


@dataclass(frozen=True)
class If:
    """`if (condition) then else otherwise`."""

    condition: RNode
    then: RNode
    otherwise: RNode | None = None
    span: Span = span_field()


@dataclass(frozen=True)
class Unported:
    """What reads well and has no counterpart, with the reason; `parts` is what stands in it."""

    reason: str
    parts: tuple[RNode, ...] = ()
    span: Span = span_field()


RNode: TypeAlias = (
    Name | Number | Text | Constant | Unary | Binary | Paren | Call | Index
    | Assign | Dollar | Definition | Block | If | Unported
)  # fmt: skip


def walk(node: RNode) -> Iterator[RNode]:
    """`node` and all below it, parents first, from left to right."""
    stack: list[object] = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, tuple):
            stack.extend(reversed(here))
        elif hasattr(here, "span"):
            if not isinstance(here, Argument):
                yield here  # type: ignore[misc]  # everything with a span is a node or an argument
            stack.extend(getattr(here, each.name) for each in reversed(fields(here)) if each.compare)  # type: ignore[arg-type]

"""Syntax trees of R expressions (from `nodes`), and the records that a mixed-model formula becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..structures import DEFAULT
from .deparse import deparse
from .nodes import (
    NOWHERE,
    Argument,
    Binary,
    Call,
    Constant,
    Index,
    Name,
    Node,
    Number,
    Paren,
    Span,
    Text,
    Unary,
    span_field,
)
from .walk import variables

__all__ = [
    "NOWHERE",
    "Argument",
    "Binary",
    "Call",
    "Constant",
    "Index",
    "MixedFormula",
    "Name",
    "Node",
    "Number",
    "Paren",
    "RandomTerm",
    "Span",
    "Terms",
    "Text",
    "Unary",
]


@dataclass(frozen=True)
class Terms:
    """R's terms() of one side of a formula (Chambers & Hastie 1992, ch. 2).

    variables  every distinct variable in order of first appearance, the response first if there is one
    factors    per term, the indices into `variables`, ascending
    labels     per term, its variables joined by ":"
    """

    variables: tuple[Node, ...]
    factors: tuple[tuple[int, ...], ...]
    labels: tuple[str, ...]
    intercept: bool
    offsets: tuple[Node, ...] = ()
    response: Node | None = None

    @cached_property
    def used(self) -> tuple[Node, ...]:
        """The variables that occur in a term, in the order of `variables`; without response and offsets."""
        return tuple(self.variables[i] for i in sorted({i for indices in self.factors for i in indices}))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables, deparsed."""
        return tuple(map(deparse, self.variables))

    @cached_property
    def used_names(self) -> tuple[str, ...]:
        """Those that occur in a term, deparsed."""
        return tuple(map(deparse, self.used))

    @cached_property
    def framed(self) -> tuple[Node, ...]:
        """The variables of R's model frame, those that a `-` took out of all terms too; no response, no offsets."""
        apart = (self.response, *self.offsets)
        return tuple(variable for variable in self.variables if variable not in apart)


@dataclass(frozen=True)
class RandomTerm:
    """`(effects | group)`: structure one of `structures`; hom None where the formula does not say."""

    effects: Node
    group: Node
    structure: str = DEFAULT
    hom: bool | None = None
    double: bool = False  # written with ||, not yet split
    span: Span = span_field()

    def __str__(self) -> str:
        """`Days | Subject`, and the structure where it is not the plain one."""
        bar = f"{deparse(self.effects)} {'||' if self.double else '|'} {deparse(self.group)}"
        if self.structure == DEFAULT and self.hom is None:
            return bar
        hom = "" if self.hom is None else f", hom = {str(self.hom).upper()}"
        return f"{self.structure}({bar}{hom})"

    __repr__ = __str__


@dataclass(frozen=True)
class MixedFormula:
    """response ~ fixed + random terms, as written: `rhs` is the whole right side, for printing.

    `fixed` is the right side without its random terms (Number(1) if nothing is left), `random` the terms in order of
    appearance, neither split at `||` nor expanded at `/`. `text` is what the user wrote ("" if built otherwise).
    """

    response: Node | None
    rhs: Node
    fixed: Node = field(compare=False)
    random: tuple[RandomTerm, ...] = field(compare=False)
    text: str = field(default="", compare=False, repr=False)

    @cached_property
    def node(self) -> Node:
        """The formula as one syntax tree, `response ~ rhs`."""
        return Unary("~", self.rhs) if self.response is None else Binary("~", self.response, self.rhs)

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that stand for values."""
        return frozenset(name.name for name in variables(self.node))

    def __str__(self) -> str:
        """The formula as R deparses it, on one line."""
        return deparse(self.node)

    __repr__ = __str__

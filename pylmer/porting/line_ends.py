"""Which ends of lines end a statement: R reads over the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Token

OPENING = {"LPAR": "(", "LSQB": "[", "LBRACE": "{"}
CLOSING = frozenset(["RPAR", "RSQB", "RBRACE"])
ENDS = frozenset(
    ["NAME", "QNAME", "STRING", "RAW", "HOLE", "COMPLEX", "NUMBER", "CONST", "NEXT", "BREAK", *CLOSING]
)  # an expression can end here
HEADS = frozenset(["IF", "FOR", "WHILE", "FUNCTION"])  # the parentheses after these are followed by something


class LineEnds:
    """What lark asks of a filter of tokens: an END stays only between two statements."""

    always_accept = ("END",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        state = _Reader()
        for token in stream:
            yield from state.tokens(token)


class _Reader:
    """Brackets that are open, and an END that waits to see what follows."""

    def __init__(self) -> None:
        self.open: list[tuple[str, bool]] = []  # bracket, whether it belongs to if/for/while/function
        self.previous = ""
        self.complete = False  # whether an expression could end before this token
        self.waiting: Token | None = None

    def tokens(self, token: Token) -> Iterator[Token]:
        if token.type == "END":
            inside = self.open and self.open[-1][0] != "{"
            if self.complete and not (inside and token.value == "\n"):
                self.waiting = self.waiting or token
            return
        if self.waiting is not None and not self._reads_over(token):
            yield self.waiting
        self.waiting = None
        self._follow(token)
        yield token

    def _reads_over(self, token: Token) -> bool:
        return token.type == "RBRACE" or (token.type == "ELSE" and bool(self.open))

    def _follow(self, token: Token) -> None:
        self.complete = token.type in ENDS
        if token.type in OPENING:
            self.open.append((OPENING[token.type], token.type == "LPAR" and self.previous in HEADS))
        elif token.type in CLOSING and self.open:
            self.complete = not self.open.pop()[1]
        self.previous = token.type

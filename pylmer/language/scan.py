"""A rough tokenizer for texts that the parser refused: it never fails, so that a mistake can be located."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from .nodes import Span

Kind: TypeAlias = Literal["operand", "operator", "open", "close", "comma", "unclosed", "strange", "blank"]

_TOKEN = re.compile(
    r"""
    (?P<operand>    "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `(?:[^`\\]|\\.)+`
                  | (?:0[xX][0-9a-fA-F]+ | (?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)L?
                  | (?:[^\W\d_]|\.(?!\d))[\w.]* )
  | (?P<unclosed>   ["'`] )
  | (?P<open>       [(\[{] )
  | (?P<close>      [)\]}] )
  | (?P<comma>      , )
  | (?P<operator>   %[\w.:*|<>&!^/]*% | // | \*\* | <<?- | ->>? | :=|[=!<>]= | &&? | \|\|? | :{1,3} | [-+*/^~!<>=$%] )
  | (?P<blank>      \s+ | \#[^\n]* )
  | (?P<strange>    . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text, its kind and its offsets."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.start, self.end


def scan(text: str) -> list[Token]:
    """All tokens of `text`, blanks and comments left out.

    >>> [t.text for t in scan("y ~ x + (1|g  # by group")]
    ['y', '~', 'x', '+', '(', '1', '|', 'g']
    """
    found = (Token(m.lastgroup, m[0], m.start(), m.end()) for m in _TOKEN.finditer(text))  # type: ignore[arg-type]
    return [token for token in found if token.kind != "blank"]


def depths(tokens: Sequence[Token]) -> list[int]:
    """Per token, how many brackets are open where it stands."""
    level, found = 0, []
    for token in tokens:
        level -= token.kind == "close"
        found.append(level)
        level += token.kind == "open"
    return found


def ends_operand(token: Token | None) -> bool:
    """Whether a complete operand ends with `token`."""
    return token is not None and token.kind in ("operand", "close")


def starts_operand(token: Token | None) -> bool:
    """Whether `token` begins a new operand."""
    return token is not None and token.kind in ("operand", "open")

"""The text of an R script -> statements with their lines, and its comments; nothing is evaluated."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from ..errors import PylmerError, pointed
from ..language.grammar import MisuseError
from ..language.scan import scan
from .grammar import parser
from .nodes import RNode

_COMMENT = re.compile(r"""(?P<skip>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<comment>\#[^\n]*)""", re.DOTALL)
_CLOSER = {"(": ")", "[": "]", "{": "}"}


class ScriptSyntaxError(PylmerError, ValueError):
    """The text is not R; shows the line with a caret. Attributes: `message`, `line` (1 is the first), `column`."""

    def __init__(self, message: str, text: str, start: int, end: int | None = None) -> None:
        self.message = message
        self.line = text.count("\n", 0, start) + 1
        self.column = start - (text.rfind("\n", 0, start) + 1) + 1
        place = pointed(text, start, start + 1 if end is None else end)
        super().__init__(f"line {self.line}: {message}\n{place}")


@dataclass(frozen=True)
class Comment:
    """`text` with its #; `alone` if nothing stands before it in its line."""

    text: str
    line: int
    start: int
    alone: bool


@dataclass(frozen=True)
class Script:
    """The statements of a script in its order, and its comments."""

    text: str
    statements: tuple[RNode, ...]
    comments: tuple[Comment, ...]
    starts: tuple[int, ...] = field(repr=False, compare=False)

    def line(self, offset: int) -> int:
        """The number of the line that holds `offset`; 1 is the first."""
        return bisect_right(self.starts, offset)

    def source(self, node: RNode) -> str:
        """The node's text as it stands in the script."""
        return self.text[node.span[0] : node.span[1]]


def read_script(text: str) -> Script:
    """Read an R script; raises ScriptSyntaxError with the line and a caret.

    >>> script = read_script("x <- 1 # one\\nlog(x)")
    >>> len(script.statements), script.comments[0].text, script.line(13)
    (2, '# one', 2)
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    starts = (0, *(found.end() for found in re.finditer("\n", text)))
    return Script(text, _parsed(text), _comments(text, starts), starts)


def _parsed(text: str) -> tuple[RNode, ...]:
    from lark.exceptions import LarkError

    try:
        return parser().parse(text)  # type: ignore[return-value]  # the builder makes nodes of lark's trees
    except MisuseError as found:
        raise ScriptSyntaxError(found.message, text, *found.span) from None
    except LarkError as error:
        raise _refused(text, error) from None


def _comments(text: str, starts: tuple[int, ...]) -> tuple[Comment, ...]:
    found = []
    for match in _COMMENT.finditer(text):
        if match["comment"]:
            line = bisect_right(starts, match.start())
            alone = not text[starts[line - 1] : match.start()].strip()
            found.append(Comment(match["comment"].rstrip(), line, match.start(), alone))
    return tuple(found)


def _refused(text: str, error: Exception) -> ScriptSyntaxError:
    """What lark stopped at; of what is never closed, where it was opened."""
    token = getattr(error, "token", None)
    if token is None or token.type != "$END":
        place = min(int(getattr(error, "pos_in_stream", len(text)) or 0), max(len(text) - 1, 0))
        what = str(token) if token is not None else text[place : place + 1]
        return _unexpected(text, what, place)
    opened = _never_closed(text)
    if opened is not None:
        return ScriptSyntaxError(f"this '{text[opened]}' is never closed", text, opened)
    end = len(text.rstrip()) - 1
    return ScriptSyntaxError("the script ends in the middle of an expression", text, max(end, 0))


def _unexpected(text: str, what: str, place: int) -> ScriptSyntaxError:
    if what in ('"', "'", "`"):
        return ScriptSyntaxError("this quote is never closed", text, place)
    if what == "\n" or what == ";":
        return ScriptSyntaxError("the line ends in the middle of an expression", text, max(place - 1, 0))
    return ScriptSyntaxError(f"unexpected '{what}'", text, place, place + len(what))


def _never_closed(text: str) -> int | None:
    stack: list[int] = []
    for token in scan(text):
        if token.kind == "open":
            stack.append(token.start)
        elif token.kind == "close" and stack and _CLOSER[text[stack[-1]]] == token.text:
            stack.pop()
    return stack[-1] if stack else None

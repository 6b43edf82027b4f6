"""Lines as R's `cat(..., fill = TRUE)` breaks them, and calls as R deparses them."""

from __future__ import annotations

from collections.abc import Sequence

from ..language import deparse_lines, parse_formula
from ..language.nodes import Call, Node

PAGE = 80


def fill(items: Sequence[str], width: int = PAGE) -> str:
    """Items one blank apart; a new line begins where the next item, with its blank, would pass `width`.

    >>> fill(["Formula:", "y ~ x"])
    'Formula: y ~ x'
    """
    text, used = "", 0
    for item in items:
        if text and used + len(item) + 1 > width:
            text, used = f"{text.rstrip(' ')}\n", 0
        text += f"{item} "
        used += len(item) + 1
    return text.rstrip(" ")


def code_lines(node: Node) -> list[str]:
    """R's deparse of an argument or call, `<array>` as such."""
    return [line.replace("`<array>`", "<array>") for line in deparse_lines(node)]


def formula_text(formula: str) -> str:
    """A formula in the lines in which R prints one."""
    return "\n".join(deparse_lines(parse_formula(formula).node))


def argument(call: Call, name: str) -> Node | None:
    """The value of one argument of a call."""
    return next((each.value for each in call.arguments if each.name == name), None)

"""What is wrong with a text that is no formula, and where: the first check that finds something has the word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from ..errors import FormulaSyntaxError
from .nodes import Span
from .scan import Token, depths, ends_operand, scan, starts_operand
from .strings import write_name

Finding = tuple[str, Span]  # a message and its place

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_QUOTES = {'"': "quote", "'": "quote", "`": "backtick"}
_WORDS = {"and": "&", "or": "|", "in": "%in%"}
_PYTHON = {
    "//": "'//' is Python; R's integer division is %/%",
    "%": "'%' is Python; R's remainder is %%",
}
_LOOKALIKES = (
    dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‚´", "'") | dict.fromkeys("–—−‐", "-")
    | dict.fromkeys("∼˜～", "~") | {"×": "*", "·": "*", "÷": "/", "∣": "|", "｜": "|", "≤": "<=", "≥": ">=", "≠": "!="}
)  # fmt: skip


def expression_error(text: str, position: int | None = None) -> FormulaSyntaxError:
    """The error for a text that is no expression, such as `subset=` takes."""
    tokens = scan(text)
    if not tokens:
        return FormulaSyntaxError("the expression is empty; write for example x > 2", text, 0)
    sign = None if _unclosed_quote(tokens) or _brackets(tokens) else next(_bare_equals(tokens), None)
    if sign is None:
        return syntax_error(text, position)
    return FormulaSyntaxError(_instead_of_equals(text, tokens, sign), text, *sign.span)


def _instead_of_equals(text: str, tokens: Sequence[Token], sign: Token) -> str:
    """What was meant by a `=` in an expression: `==` between operands, the end of a `> =`."""
    (start, end), place = sign.span, tokens.index(sign)
    before, after = tokens[place - 1] if place else None, tokens[place + 1] if place + 1 < len(tokens) else None
    if before is not None and before.text in ("<", ">", "!", "="):
        return f"'{before.text}=' is written without a blank: {text[: before.end]}={text[end:]}"
    if not ends_operand(before) or not starts_operand(after):
        return "'=' names an argument; to compare write =="
    return f"'=' names an argument; to compare write ==: {text[:start].rstrip()} == {text[end:].lstrip()}"


def syntax_error(text: str, position: int | None = None) -> FormulaSyntaxError:
    """The error for a text that the parser refused at `position`, or (None) that has no `~`."""
    tokens = scan(text)
    if not tokens:
        return FormulaSyntaxError("the formula is empty; write for example y ~ x + (1 | group)", text, 0)
    message, span = _finding(tokens, len(text) if position is None else position)
    return FormulaSyntaxError(message, text, *span)


def _finding(tokens: list[Token], position: int) -> Finding:
    for check in _CHECKS:
        found = check(tokens)
        if found is not None:
            return found
    return _at_position(tokens, position)


def _unclosed_quote(tokens: Sequence[Token]) -> Finding | None:
    token = next((t for t in tokens if t.kind == "unclosed"), None)
    return token and (f"this {_QUOTES[token.text]} is never closed", token.span)


def _brackets(tokens: Sequence[Token]) -> Finding | None:
    stack: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if not stack:
                return f"unmatched '{token.text}'", token.span
            opener = stack.pop()
            if _CLOSERS[opener.text] != token.text:
                return f"'{opener.text}' is closed by '{token.text}'", token.span
    return (f"this '{stack[-1].text}' is never closed", stack[-1].span) if stack else None


def _python(tokens: Sequence[Token]) -> Finding | None:
    for before, token, after in _triples(tokens):
        if token.kind == "operator" and token.text in _PYTHON:
            return _PYTHON[token.text], token.span
        if token.text in _WORDS and ends_operand(before) and starts_operand(after):
            return f"'{token.text}' is Python; R writes {_WORDS[token.text]}", token.span
        if token.text == "not" and not ends_operand(before) and after is not None and after.kind == "operand":
            return "'not' is Python; R writes !", token.span
        if token.text == "[" and not ends_operand(before) and (before is None or before.text != "["):
            return "a Python list; R writes c(1, 2)", token.span
    return None


def _triples(tokens: Sequence[Token]) -> Iterator[tuple[Token | None, Token, Token | None]]:
    return zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)


def _equals(tokens: Sequence[Token]) -> Finding | None:
    """A `=` outside the arguments of a call."""
    token = next(_bare_equals(tokens), None)
    if token is None:
        return None
    tilde = any(t.text == "~" for t in tokens)
    return ("'=' names an argument; to compare use ==" if tilde else "no '~' in the formula — write '~' instead of '='",
            token.span)  # fmt: skip


def _bare_equals(tokens: Sequence[Token]) -> Iterator[Token]:
    """Every `=` that names no argument of a call."""
    calls = _inside_call(tokens)
    return (token for token, call in zip(tokens, calls, strict=True) if token.text == "=" and not call)


def _comma(tokens: Sequence[Token]) -> Finding | None:
    """A `,` after a formula, as in a call copied from R."""
    levels = depths(tokens)
    at = next((i for i, t in enumerate(tokens) if t.kind == "comma" and levels[i] == 0), None)
    if at is None or all(t.text != "~" for t in tokens[:at]):
        return None
    return "the formula ends before ','; other arguments of the call stand outside of its text", tokens[at].span


def _inside_call(tokens: Sequence[Token]) -> list[bool]:
    """Per token, whether the innermost open bracket belongs to a call or an index."""
    stack, found = [False], []
    for before, token, _ in _triples(tokens):
        if token.kind == "close":
            stack.pop()
        found.append(stack[-1])
        if token.kind == "open":
            stack.append(ends_operand(before))
    return found


def _tildes(tokens: Sequence[Token]) -> Finding | None:
    tildes = [t for t in tokens if t.text == "~"]
    if len(tildes) > 1:
        return "a formula has one '~' (three-part nlmer formulas are not supported)", tildes[1].span
    nested = [t for t, depth in zip(tokens, depths(tokens), strict=True) if t.text == "~" and depth > 0]
    return ("'~' cannot stand inside brackets", nested[0].span) if nested else None


def _lookalikes(tokens: Sequence[Token]) -> Finding | None:
    token = next((t for t in tokens if t.text in _LOOKALIKES), None)
    return token and (f"'{token.text}' is a typographic sign; write {_LOOKALIKES[token.text]}", token.span)


def _neighbours(tokens: Sequence[Token]) -> Finding | None:
    """Two operands without an operator, an operator without an operand."""
    for i, (left, right) in enumerate(pairwise(tokens)):
        if ends_operand(left) and right.kind == "operand":
            return _missing_operator(tokens, i + 1), right.span
        if left.text == "(" and right.text == ")" and (i == 0 or not ends_operand(tokens[i - 1])):
            return "empty parentheses: a term is missing", (left.start, right.end)
        if left.kind == "operator" and right.kind in ("close", "comma"):
            return f"a term is missing after '{left.text}'", left.span
        if right.kind == "operator" and not ends_operand(left) and right.text not in "+-!~":
            return f"'{right.text}' needs something on its left", right.span
        if right.text == "!" and left.kind in ("operator", "operand", "close") and left.text not in _BEFORE_NOT:
            return "'!' must be put in parentheses here: (!x)", right.span
    return _ends(tokens)


_BEFORE_NOT = frozenset(["&", "&&", "|", "||", "~", "!", "="])


def _ends(tokens: Sequence[Token]) -> Finding | None:
    first, last = tokens[0], tokens[-1]
    if first.kind == "operator" and first.text not in "+-!~":
        return f"'{first.text}' needs something on its left", first.span
    if last.text == "~":
        return "the formula ends after '~': the right side is missing", last.span
    if last.kind == "operator":
        return f"the formula ends after '{last.text}': a term is missing", last.span
    return None


def _missing_operator(tokens: Sequence[Token], i: int) -> str:
    message = f"an operator is missing before '{tokens[i].text}'"
    inside = _parenthesis_around(tokens, i)
    if inside and all(t.text not in ("|", "||") for t in inside):
        left = " ".join(t.text for t in inside if t.end <= tokens[i].start)
        right = " ".join(t.text for t in inside if t.start >= tokens[i].start)
        return f"{message} — a random-effects term needs a bar: ({left} | {right})"
    return message


def _parenthesis_around(tokens: Sequence[Token], i: int) -> list[Token]:
    """The tokens inside the innermost parentheses around token `i`, unless they are a call's."""
    levels = depths(tokens)
    opener = next((k for k in range(i - 1, -1, -1) if levels[k] < levels[i]), None)
    if opener is None or tokens[opener].text != "(" or (opener > 0 and ends_operand(tokens[opener - 1])):
        return []
    closer = next(k for k in range(i, len(tokens)) if levels[k] < levels[i])
    return list(tokens[opener + 1 : closer])


def _at_position(tokens: Sequence[Token], position: int) -> Finding:
    """What can be said of the token that the parser stumbled over."""
    token = next((t for t in tokens if t.start <= position < t.end), None)
    if token is None:
        return "no '~' in the formula: write response ~ terms", (tokens[0].start, tokens[-1].end)
    if token.kind == "strange":
        return _strange(token, tokens), token.span
    if token.text in ("<", ">", "<=", ">=", "==", "!="):
        return "comparisons cannot be chained: write (a < b) & (b < c)", token.span
    return f"unexpected '{token.text}'", token.span


def _strange(token: Token, tokens: Sequence[Token]) -> str:
    after = next((t for t in tokens if t.start == token.end), None)
    if token.text == "_" and after is not None:
        return f"a name cannot start with '_'; write it in backticks: {write_name('_' + after.text)}"
    return f"unexpected character {token.text!r}"


_CHECKS: tuple[Callable[[Sequence[Token]], Finding | None], ...] = (
    _unclosed_quote, _brackets, _lookalikes, _python, _comma, _equals, _tildes, _neighbours,
)  # fmt: skip

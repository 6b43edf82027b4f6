"""R's way of matching arguments to their names: exact, partial, by position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from ..language.nodes import Node
from .table import DOTS
from .values import Function, RefusedError, Value


@dataclass(frozen=True, eq=False)
class Promise:
    """An argument not evaluated yet: its name (if given), its expression, and how to get the value."""

    name: str | None
    node: Node | None
    force: Callable[[], Value]

    @property
    def value(self) -> Value:
        """The value, evaluated now."""
        return self.force()


def match_arguments(parameters: Sequence[str], given: Sequence[Promise]) -> tuple[dict[str, Promise], list[Promise]]:
    """R's rules: exact names, then partial names (only before `...`), then by position; the rest goes to `...`.

    Raises RefusedError for arguments that fit nowhere, or twice.
    """
    before = parameters[: parameters.index(DOTS)] if DOTS in parameters else parameters
    matched: dict[str, Promise] = {}
    rest: list[Promise] = []
    for promise in given:
        name = _found(promise.name, parameters, before, matched, given)
        if name is None:
            rest.append(promise)
        else:
            matched[name] = promise
    dots = _positional(rest, [name for name in before if name not in matched], matched)
    if dots and DOTS not in parameters:
        raise RefusedError(_unused(dots[0], parameters))
    return matched, dots


def bind(function: Function, given: Sequence[Promise]) -> tuple[list[Any], dict[str, Any]]:
    """The positional and named arguments of the Python function; formals before `...` go by position.

    Raises RefusedError for arguments that do not fit the R function.
    """
    matched, dots = match_arguments(function.parameters, given)
    lost = [name for name in function.parameters if not (name in matched or name in function.defaults or name == DOTS)]
    if lost:
        raise RefusedError(f"{function.name}() needs its argument '{lost[0]}'")
    values = dict(function.defaults)
    values |= {name: promise if name in function.lazy else promise.value for name, promise in matched.items()}
    before = function.parameters[: function.parameters.index(DOTS)] if DOTS in function.parameters else ()
    leading = [values.pop(name) for name in before]
    return [*leading, *dots], {python_name(name): value for name, value in values.items()}


def _found(
    name: str | None,
    parameters: Sequence[str],
    before: Sequence[str],
    matched: dict[str, Promise],
    given: Sequence[Promise],
) -> str | None:
    if not name:
        return None
    exact = name in parameters and name != DOTS
    if exact and name in matched:
        raise RefusedError(f"argument '{name}' is given twice")
    if exact:
        return name
    taken = {promise.name for promise in given}
    candidates = [p for p in before if p.startswith(name) and p not in taken and p not in matched]
    if len(candidates) > 1:
        raise RefusedError(f"argument '{name}' could be any of {', '.join(candidates)}")
    return candidates[0] if candidates else None


def _positional(rest: list[Promise], free: list[str], matched: dict[str, Promise]) -> list[Promise]:
    dots: list[Promise] = []
    for promise in rest:
        if promise.name or not free:
            dots.append(promise)
        else:
            matched[free.pop(0)] = promise
    return dots


def _unused(promise: Promise, parameters: Sequence[str]) -> str:
    known = ", ".join(parameters) or "none"
    if promise.name:
        return f"there is no argument '{promise.name}' (known: {known}); to compare, write =="
    return f"too many arguments (known: {known})"


def python_name(name: str) -> str:
    """The parameter of the Python function for an R formal."""
    return f"{name}_" if iskeyword(name) else name.replace(".", "_")

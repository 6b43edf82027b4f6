"""Names without a meaning: what was probably meant, and where values of one's own go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import FormulaNameError
from ..language.nodes import NOWHERE, Call, Name, Span
from ..language.suggest import did_you_mean
from .scope import CONSTANTS
from .table import TABLE
from .values import Function


def unknown_variable(
    node: Name, columns: Iterable[str], env: Mapping[str, Any], text: str, has_data: bool, wanted: Iterable[str] = ()
) -> FormulaNameError:
    """The error for a name that is neither a column nor in `env`; `wanted` are all names of the formula."""
    if node.name == ".":
        where = "and only as a term of its own" if has_data else "and there are no data: write the variables out"
        message = f"'.' stands for all columns of data, {where}"
        return _pointing(message, node.span, text)
    hint = did_you_mean(node.name, [*columns, *env])
    missing = f"{node.name!r} is not {'a column of data' if has_data else 'in env'}{hint}"
    if did_you_mean(node.name, ()):
        return _pointing(missing, node.span, text)
    if has_data:
        missing += "" if hint else f", which has {_some(columns)}"
        return _pointing(
            _with(missing, f"a variable of your own is passed as env={{{node.name!r}: ...}}"), node.span, text
        )
    line = _env_line(dict.fromkeys([*wanted, *env, node.name]))
    return _pointing(_with(missing, f"without data every variable is passed there: {line}"), node.span, text)


def _with(message: str, way_out: str) -> str:
    return f"{message} ({way_out})" if message.endswith("?") else f"{message}; {way_out}"


def _some(names: Iterable[str], shown: int = 8) -> str:
    """The first names, and how many more there are."""
    listed = [str(name) for name in names]
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return (", ".join(listed[:shown]) or "none") + more


def _env_line(names: Iterable[str]) -> str:
    if all(name.isidentifier() for name in names):
        return f"env=dict({', '.join(f'{name}={name}' for name in names)})"
    return f"env={{{', '.join(f'{name!r}: ...' for name in names)}}}"


def unknown_function(node: Call, env: Mapping[str, Any], text: str) -> FormulaNameError:
    """The error for a call of something that is no function here."""
    hint = did_you_mean(node.function, [*TABLE, *(name for name in env if callable(env[name]))], quoted=False)
    way_out = hint or f"; a function of your own is passed as env={{{node.function!r}: function}}"
    span = node.name_span if node.name_span != NOWHERE else node.span
    return _pointing(f"no function {node.function!r}{way_out}", span, text)


def wrong_package(node: Name | Call, function: Function | None, text: str) -> FormulaNameError | None:
    """The error for `package::name` where R has no such thing; None where it has, or where there is no prefix."""
    package = node.prefix.rstrip(":")
    if not package or (function is not None and not function.python and function.package == package):
        return None
    name = node.name if isinstance(node, Name) else node.function
    if function is None and name in CONSTANTS and package == "base":
        return None
    span = node.name_span if isinstance(node, Call) and node.name_span != NOWHERE else node.span
    return _pointing(_no_such_thing(name, package, function), span, text)


def _no_such_thing(name: str, package: str, function: Function | None) -> str:
    if function is None:
        return f"'{package}::' stands before functions of R's packages; write {name}"
    if function.python:
        return f"{name!r} is a function of env, not of a package '{package}'; write {name}"
    return f"there is no {name!r} in a package '{package}' here; it is {function.package}::{name}, or {name} alone"


def _pointing(message: str, span: Span, text: str) -> FormulaNameError:
    return FormulaNameError(message, text, *span) if text else FormulaNameError(message)

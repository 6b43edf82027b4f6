"""Names without a meaning: what was probably meant, and where values of one's own go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from pylmer.errors import FormulaNameError
from pylmer.language.nodes import Call, Name, Span
from pylmer.language.suggest import did_you_mean

from .matching import TABLE
from .values import Function, Value, logical_of

CONSTANTS: dict[str, Value] = {
    "T": logical_of(np.array([True])),
    "F": logical_of(np.array([False])),
    "pi": np.array([math.pi]),
}

CONTRASTS = frozenset(["treatment", "sum", "helmert", "poly", "SAS"])  # words for contrasts inside C()


def env_function(name: str, env: Mapping[str, Any]) -> Function | None:
    """A Python function that the user passed in `env`."""
    found: Callable[..., Any] | None = env.get(name)
    return Function(name, ("...",), found, python=True) if callable(found) else None


def unknown_variable(
    node: Name, columns: Iterable[str], env: Mapping[str, Any], text: str, has_data: bool
) -> FormulaNameError:
    """The error for a name that is neither a column nor in `env`."""
    known = [*columns, *env]
    if has_data:
        message = f"{node.name!r} is not a column of data{did_you_mean(node.name, known)}"
        way_out = f"; a variable of your own is passed as env={{{node.name!r}: ...}}"
    else:
        message = f"{node.name!r} is not in env{did_you_mean(node.name, known)}"
        way_out = f"; without data every variable is passed there: {_env_line(node.name, env)}"
    return _pointing(f"{message}{way_out}", node.span, text)


def _env_line(name: str, env: Mapping[str, Any]) -> str:
    names = [*env, name]
    if all(known.isidentifier() for known in names):
        return f"env=dict({', '.join(f'{known}={known}' for known in names)})"
    return f"env={{{', '.join(f'{known!r}: ...' for known in names)}}}"


def unknown_function(node: Call, env: Mapping[str, Any], text: str) -> FormulaNameError:
    """The error for a call of something that is no function here."""
    hint = did_you_mean(node.function, [*TABLE, *(name for name in env if callable(env[name]))], quoted=False)
    way_out = hint or f"; a function of your own is passed as env={{{node.function!r}: function}}"
    span = node.name_span if node.name_span != (0, 0) else node.span
    return _pointing(f"no function {node.function!r}{way_out}", span, text)


def _pointing(message: str, span: Span, text: str) -> FormulaNameError:
    return FormulaNameError(message, text, *span) if text else FormulaNameError(message)

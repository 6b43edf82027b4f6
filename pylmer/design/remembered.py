"""What a formula's functions remembered of the data of the fit, for use on new data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..functions import Columns, Factor, Levels, Scope, Value, evaluate
from ..functions.alignment import labels_of
from ..functions.series import value_of
from ..functions.values import kind, length
from ..language.nodes import Call, Name, Node
from ..language.walk import nodes
from .model_frame import Frame


@dataclass(frozen=True, eq=False)
class Remembered:
    """A variable or a column as it was in the fit: R's word for its sort, and the levels of a factor."""

    kind: str
    levels: Levels | None = None
    ordered: bool = False


def remember(value: Value) -> Remembered:
    """What to keep of a variable; a logical is coded with both levels, so it needs none."""
    if isinstance(value, Factor):
        return Remembered("factor", value.levels, value.ordered)
    return Remembered(kind(value))


def remembered_columns(frame: Frame, n: int) -> dict[str, Remembered]:
    """The columns that were read; without data, what of `env` has one value per row."""
    scope = frame.scope
    if isinstance(scope.columns, Columns):
        return {name: remember(value) for name, value in scope.columns.used.items()}
    return {name: remember(value) for name, value in env_values(scope, n).items()}


def env_values(scope: Scope, n: int) -> dict[str, Value]:
    """The variables of `env` with one value per row of the fit (n > 1)."""
    found = {}
    for name, given in scope.env.items():
        if not callable(given) and not isinstance(given, str):
            value = evaluate(Name(name), scope)
            if length(value) == n > 1:
                found[name] = value
    return found


def remembered_env(frame: Frame, used: Iterable[Node], rows: Iterable[str]) -> dict[str, Any]:
    """Of `env` what the formula uses and is not one value per row."""
    if not frame.scope.env:
        return {}
    names = {inner.name for node in used for inner in nodes(node) if isinstance(inner, Name)}
    names |= {inner.function for node in used for inner in nodes(node) if isinstance(inner, Call)}
    names -= set(rows) | set(frame.scope.columns)
    return {name: _unlabelled(value, frame) for name, value in frame.scope.env.items() if name in names}


def _unlabelled(value: Any, frame: Frame) -> Any:
    """A vector of `env` without a value for each row, such as knots, loses its labels: those of new rows are others."""
    known = labels_of(value)
    return value if known is None or len(known) == frame.rows.n_total else value_of(value, "env")

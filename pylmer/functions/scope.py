"""Where a formula is evaluated: the data, the user's own variables and functions, R's constants and functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import FormulaError
from ..language import deparse
from ..language.nodes import Node
from .table import TABLE
from .values import Function, Value, logical_of

CONSTANTS: dict[str, Value] = {
    "T": logical_of(np.array([True])),
    "F": logical_of(np.array([False])),
    "pi": np.array([math.pi]),
}


def env_function(name: str, env: Mapping[str, Any]) -> Function | None:
    """A Python function that the user passed in `env`."""
    found: Callable[..., Any] | None = env.get(name)
    return Function(name, ("...",), found, python=True) if callable(found) else None


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a formula is evaluated.

    columns  the data
    env      values and functions of the user's own
    text     what the user wrote, for carets ("" if the tree was built otherwise)
    state    call -> what it learnt from the data of the fit; read again for new data
    has_data whether there are data at all, for messages
    index    labels of the rows, by which vectors of `env` are put in order; `rows` what messages call these
    """

    columns: Mapping[str, Value]
    env: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_data: bool = True
    index: pd.Index[Any] | None = None
    rows: str = "the data"

    def error(self, message: str, node: Node) -> FormulaError:
        """A FormulaError that points at `node`."""
        if not self.text:
            return FormulaError(f"{message} (in {deparse(node)})")
        return FormulaError(message, self.text, *node.span)

    def knows(self, name: str) -> bool:
        """Whether a variable has a value here."""
        return name in self.columns or (name in self.env and not callable(self.env[name])) or name in CONSTANTS

    def function(self, name: str) -> Function | None:
        """The function of that name, if there is one."""
        return env_function(name, self.env) or TABLE.get(name)

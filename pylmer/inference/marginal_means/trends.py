"""Slopes of a fit's predictions in a numeric variable, at the cells of a reference grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fitting import FittedModel
from ...functions import evaluate
from ...functions.variables import as_variable
from ...language import did_you_mean, parse_expression, variables
from ...language.nodes import Name, Node
from ...linalg import Array
from ...regression import LinearFit
from ..used_data import used_values
from .basis import basis_of
from .grids import EmmGrid
from .records import Level
from .reference_grid import Grid, Reduce

STEP = 0.001  # of the difference quotient, relative to the variable's range


def trend_grid(
    fit: FittedModel | LinearFit, var: str, at: Mapping[str, Any] | None, cov_reduce: Reduce, lmer_df: str
) -> EmmGrid:
    """Difference quotients (f(x + h) - f(x)) / (g(x + h) - g(x)) of the predictions, g being x or a function of it."""
    grid = Grid.of(fit, at, cov_reduce)
    node = _expression(var, grid)
    name = _variable(node, var, grid)
    column = np.asarray(used_values(fit, [name])[name], float)
    start: Mapping[str, Sequence[Level]] = grid.columns()
    h = STEP * float(np.ptp(column))
    ahead = {**start, name: [float(value) + h for value in start[name]]}
    L = (grid.matrix(ahead) - grid.matrix(start)) / (_values(fit, node, ahead) - _values(fit, node, start))[:, None]
    made = grid.functions(basis_of(fit, lmer_df), offset=0.0)
    terms = tuple(term - {name} for term in made.terms)
    return replace(made, L=L, label=f"{var}.trend", transformation=None, terms=terms)


def _expression(var: Any, grid: Grid) -> Node:
    """The variable of this name, or what is written."""
    if not isinstance(var, str):
        raise ArgumentError(f"var={var!r}: wanted the name of a numeric variable, or an expression such as 'log(x)'")
    return Name(var) if any(axis.name == var for axis in grid.axes) else parse_expression(var)


def _variable(node: Node, var: str, grid: Grid) -> str:
    """The one variable of an expression; ArgumentError unless it is a number of the model."""
    known = [axis.name for axis in grid.axes if axis.kind == "numeric"]
    found = {each.name for each in variables(node) if each.name in {axis.name for axis in grid.axes}}
    if len(found) != 1 or not found <= set(known):
        raise ArgumentError(
            f"var={var!r}: wanted a numeric variable of the model, or an expression in one"
            f"{did_you_mean(var, known)}; there is {', '.join(known) or 'none'}"
        )
    return found.pop()


def _values(fit: FittedModel | LinearFit, node: Node, columns: Mapping[str, Any]) -> Array:
    return np.asarray(as_variable(evaluate(node, fit.design.spec.frame(columns).scope)), float)

"""Slopes of a fit's predictions in a numeric variable, at the cells of a reference grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...functions import evaluate
from ...functions.variables import as_variable
from ...language import parse_expression, variables
from ...language.nodes import Name, Node
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from ...text.arguments import is_number
from .basis import basis_of
from .grids import EmmGrid
from .records import Axis, Level
from .reference_grid import Grid
from .regridding import regrid
from .seen import Seen

STEP = 0.001  # of the difference quotient, relative to the variable's range
DEGREE = "degree"
DEGREES = ("linear", "quadratic", "cubic", "quartic", "quintic")


@dataclass(frozen=True)
class Trend:
    """What is asked of a trend: the expression, how often it is differentiated, the step, and the scale."""

    var: str
    max_degree: int = 1
    delta_var: float | None = None
    regrid: str | None = None

    def __post_init__(self) -> None:
        if not is_number(self.max_degree) or self.max_degree not in range(1, len(DEGREES) + 1):
            raise ArgumentError(f"max_degree={self.max_degree!r}: wanted a degree, 1 to {len(DEGREES)}")
        step = self.delta_var
        if step is not None and (not is_number(step) or not np.isfinite(step) or step == 0):
            raise ArgumentError(f"delta_var={step!r}: wanted the step of the difference quotient, not 0")


def trend_grid(
    fit: FittedModel | GeneralizedFittedModel | LinearFit, grid: Grid, asked: Trend, lmer_df: str | None
) -> EmmGrid:
    """Divided differences (f(x + h) - f(x)) / (g(x + h) - g(x)) of the predictions f, g being x or a function of it.

    Those of higher degree k, f^(k) / k! where g is x, are of k + 1 places about x.
    """
    node = _expression(asked.var, grid)
    name = _variable(node, asked.var, grid)
    h = asked.delta_var
    if h is None:
        h = STEP * Seen.of(fit, [name]).range(name)
    start: Mapping[str, Sequence[Level]] = grid.columns()
    shifts = np.arange(asked.max_degree + 1) - asked.max_degree // 2
    places = [{**start, name: [float(value) + h * shift for value in start[name]]} for shift in shifts]
    weights = _divided(np.array([_values(fit, node, place) for place in places]))
    made = _predictions(fit, grid, places, asked.regrid, lmer_df)
    blocks = made.L.reshape(len(shifts), -1, made.L.shape[1])
    L = np.concatenate([np.einsum("jk,jkp->kp", w, blocks) for w in weights])
    terms = tuple(term - {name} for term in made.terms if name in term)
    axes, places_of = grid.axes, grid.cells
    if asked.max_degree > 1:
        axes = (*axes, Axis(DEGREE, DEGREES[: asked.max_degree]))
        degrees = np.repeat(np.arange(asked.max_degree), len(grid.cells))
        places_of = np.column_stack([np.tile(grid.cells, (asked.max_degree, 1)), degrees])
    return replace(
        made,
        axes=axes,
        places=places_of,
        L=L,
        offset=np.zeros(len(L)),
        frequency=np.tile(grid.frequency, asked.max_degree),
        label=f"{asked.var}.trend",
        transformation=None,
        terms=terms,
    )


def _predictions(
    fit: FittedModel | GeneralizedFittedModel | LinearFit,
    grid: Grid,
    places: Sequence[Mapping[str, Any]],
    scale: str | None,
    lmer_df: str | None,
) -> EmmGrid:
    """The predictions with the variable at each of some places, one place after the other, on a scale."""
    here = grid.functions(basis_of(fit, lmer_df), offset=0.0)
    offset = np.concatenate([grid.shift + grid.design.spec.offset(place) for place in places])
    L = np.concatenate([grid.matrix(place) for place in places])
    stacked = replace(here, L=L, offset=offset if scale is not None else np.zeros(len(L)))
    return stacked if scale is None else regrid(stacked, scale)


def _divided(nodes: Array) -> list[Array]:
    """Weights (nodes, k) of Newton's divided differences of each degree, of nodes in the middle of those there are."""
    most = len(nodes) - 1
    out = []
    for degree in range(1, most + 1):
        first = (most - degree) // 2
        inside = range(first, first + degree + 1)
        weights = np.zeros(nodes.shape)
        for j in inside:
            weights[j] = 1 / np.prod([nodes[j] - nodes[i] for i in inside if i != j], axis=0)
        out.append(weights)
    return out


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


def _values(fit: FittedModel | GeneralizedFittedModel | LinearFit, node: Node, columns: Mapping[str, Any]) -> Array:
    return np.asarray(as_variable(evaluate(node, fit.design.spec.frame(columns).scope)), float)

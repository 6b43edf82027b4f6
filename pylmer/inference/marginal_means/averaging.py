"""Marginal means: averages of a grid's functions over the variables that are not asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...language import did_you_mean
from ...linalg import Array, Codes
from .cells import agreeing
from .grids import EmmGrid
from .nesting import Nesting, innermost, restricted
from .records import Axis

WEIGHTS = ("equal", "proportional", "outer", "cells", "flat")
MISLEADING = "NOTE: Results may be misleading due to involvement in interactions"


def marginal(grid: EmmGrid, names: tuple[str, ...], by: tuple[str, ...], weights: Any) -> EmmGrid:
    """The means of a grid for each combination of `names` and `by`; see `emmeans` for the weights.

    Of nested variables those that others are nested in are averaged last, so that each of their levels weighs the same.
    """
    asked = (*names, *(name for name in by if name not in names))
    every = [axis.name for axis in grid.axes]
    if not isinstance(weights, str) and any(name in grid.nesting for name in every if name not in asked):
        raise ArgumentError("weights: numbers are not taken where nested variables are averaged over")
    for step in _steps([name for name in every if name not in asked], grid.nesting):
        left = [axis.name for axis in grid.axes if axis.name not in step]
        grid = _averaged(grid, left, weights)
    return _averaged(grid, asked, weights)


def _steps(rest: Sequence[str], nesting: Nesting) -> Iterator[Sequence[str]]:
    """What is averaged over, step by step: crossed variables, then nested ones, then those that these were nested in."""
    nested = innermost(rest, nesting)
    groups = {each for name in nested for each in nesting[name]}
    if nested:
        yield [name for name in rest if name not in nested and name not in groups]
    for name in nested:
        yield [name]


def _averaged(grid: EmmGrid, asked: Sequence[str], weights: Any) -> EmmGrid:
    """The means of the cells that agree in some variables."""
    order = [grid.position(name) for name in asked]
    rest = [i for i, axis in enumerate(grid.axes) if i not in order and not axis.follows]
    places, which = agreeing(grid.cells[:, order])
    w = _weights(grid, which, grid.cells[:, rest], [grid.axes[i] for i in rest], weights)
    kept = tuple(grid.axes[i] for i in order)
    full = len(places) == math.prod(len(axis.values) for axis in kept)
    return replace(
        grid,
        axes=kept or (Axis("1", ("overall",)),),
        places=None if full else places,
        L=_summed(w[:, None] * grid.L, which, len(places)),
        offset=_summed(w * grid.offset, which, len(places)),
        frequency=_summed(grid.frequency, which, len(places)),
        averaged=(*grid.averaged, *(grid.axes[i].name for i in rest if len(grid.axes[i].values) > 1)),
        nesting=restricted(grid.nesting, asked),
    )


def _summed(values: Array, which: Codes, count: int) -> Array:
    """Sums of the rows of each group: (count, ...)."""
    out = np.zeros((count, *values.shape[1:]))
    np.add.at(out, which, values)
    return out


def _weights(grid: EmmGrid, which: Codes, places: Codes, rest: Sequence[Axis], weights: Any) -> Array:
    """Weights of the cells (k,), of sum 1 in each mean; NaN where none has data."""
    _, alike = agreeing(places)
    if not isinstance(weights, str):
        return _own(weights, int(alike.max()) + 1)[alike]
    if weights not in WEIGHTS:
        raise ArgumentError(
            f"weights={weights!r}: wanted one of {', '.join(map(repr, WEIGHTS))}, or a number for each of the "
            f"{int(alike.max()) + 1} cells averaged over{did_you_mean(weights, WEIGHTS)}"
        )
    kinds: dict[str, Callable[[], Array]] = {
        "equal": lambda: np.ones(len(which)),
        "proportional": lambda: np.bincount(alike, grid.frequency)[alike],
        "outer": lambda: _margins(grid.frequency, places),
        "cells": lambda: grid.frequency,
        "flat": lambda: (grid.frequency > 0).astype(float),
    }
    w = kinds[weights]()
    total = np.bincount(which, w)
    return np.asarray(w / np.where(total > 0, total, np.nan)[which])


def _margins(frequency: Array, places: Codes) -> Array:
    """The product of the frequencies of each variable alone (k,)."""
    out = np.ones(len(places))
    for column in places.T:
        margin = np.bincount(column, frequency)
        out = out * margin[column] / max(1.0, margin.sum())
    return out


def _own(weights: Any, count: int) -> Array:
    try:
        values = np.asarray(weights, float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (count,) or not np.isfinite(values).all() or not values.sum() > 0:
        raise ArgumentError(
            f"weights={weights!r}: wanted {count} number{'s' * (count != 1)} of positive sum, one for each cell "
            "averaged over, the first variable fastest"
        )
    return np.asarray(values / values.sum())


def misleading(grid: EmmGrid, asked: Sequence[str]) -> bool:
    """Whether all variables asked for take part in an interaction with one that is not: R's rule.

    Of `a*b + a*c` the means of a and b say nothing wrong, though c matters to a: no term has a, b and more.
    """
    wanted = set(asked)
    return bool(wanted) and any(wanted < term for term in grid.terms)

"""Marginal means: averages of a grid's functions over the variables that are not asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...language import did_you_mean
from ...linalg import Array
from .grids import EmmGrid
from .records import Axis

WEIGHTS = ("equal", "proportional", "outer", "cells", "flat")
MISLEADING = "NOTE: Results may be misleading due to involvement in interactions"


def marginal(grid: EmmGrid, names: tuple[str, ...], by: tuple[str, ...], weights: Any) -> EmmGrid:
    """The means of a grid for each combination of `names` and `by`; see `emmeans` for the weights."""
    asked = (*names, *(name for name in by if name not in names))
    order = [grid.position(name) for name in asked]
    rest = [i for i in range(len(grid.axes)) if i not in order]
    sizes = [len(axis.values) for axis in grid.axes]
    kept = tuple(grid.axes[i] for i in order)
    shape = (int(np.prod([sizes[i] for i in order])), int(np.prod([sizes[i] for i in rest])))
    cells = np.arange(len(grid.L)).reshape(sizes, order="F").transpose([*order, *rest]).reshape(shape, order="F")
    w = _weights(grid, cells, [grid.axes[i] for i in rest], weights)
    return replace(
        grid,
        axes=kept or (Axis("1", ("overall",)),),
        L=np.einsum("kc,kcp->kp", w, grid.L[cells]),
        offset=np.sum(w * grid.offset[cells], axis=1),
        frequency=np.sum(grid.frequency[cells], axis=1),
        averaged=(*grid.averaged, *(grid.axes[i].name for i in rest if sizes[i] > 1)),
    )


def _weights(grid: EmmGrid, cells: Array, rest: Sequence[Axis], weights: Any) -> Array:
    """Weights of the cells (k, c) that make each of k means, rows of sum 1; NaN where none has data."""
    frequency = grid.frequency[cells]
    if not isinstance(weights, str):
        return np.broadcast_to(_own(weights, cells.shape[1]), cells.shape)
    if weights not in WEIGHTS:
        raise ArgumentError(
            f"weights={weights!r}: wanted one of {', '.join(map(repr, WEIGHTS))}, or a number for each of the "
            f"{cells.shape[1]} cells averaged over{did_you_mean(weights, WEIGHTS)}"
        )
    pooled = frequency.sum(axis=0)
    kinds: dict[str, Array] = {
        "equal": np.ones(cells.shape),
        "proportional": np.broadcast_to(pooled, cells.shape),
        "outer": np.broadcast_to(_margins(pooled, rest), cells.shape),
        "cells": frequency,
        "flat": (frequency > 0).astype(float),
    }
    w = kinds[weights]
    total = w.sum(axis=1, keepdims=True)
    return np.asarray(w / np.where(total > 0, total, np.nan))


def _margins(frequency: Array, rest: Sequence[Axis]) -> Array:
    """The product of the frequencies of each variable alone (c,)."""
    table = frequency.reshape([len(axis.values) for axis in rest], order="F")
    out = np.ones(table.shape)
    for i in range(table.ndim):
        margin = table.sum(axis=tuple(j for j in range(table.ndim) if j != i))
        out = out * margin.reshape([-1 if j == i else 1 for j in range(table.ndim)])
    return out.ravel(order="F")


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
    """Whether one of the variables asked for takes part in an interaction with one that is not."""
    wanted = set(asked)
    return any(term & wanted and term - wanted for term in grid.terms)

"""Marginal means: averages of a grid's functions over the variables that are not asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, Codes
from .cells import agreeing
from .grids import EmmGrid
from .nesting import innermost, restricted
from .records import Axis

WEIGHTS = ("equal", "proportional", "outer", "cells", "flat")
OVERALL = Axis("1", ("overall",))
MISLEADING = "NOTE: Results may be misleading due to involvement in interactions"


def marginal(grid: EmmGrid, names: tuple[str, ...], by: tuple[str, ...], weights: Any) -> EmmGrid:
    """The means of a grid for each combination of `names` and `by`; see `emmeans` for the weights.

    Where nested variables are averaged over, those that they are nested in follow in a further step, so that each level
    of these weighs by itself, whatever the number of levels inside.
    """
    asked = (*names, *(name for name in by if name not in names))
    rest = [axis.name for axis in grid.axes if axis.name not in asked]
    if not isinstance(weights, str) and any(name in grid.nesting for name in rest):
        raise ArgumentError("weights: numbers are not taken where nested variables are averaged over")
    while within := {group for name in rest for group in grid.nesting.get(name, ())}:
        over = [name for name in rest if name not in within]
        left = [axis.name for axis in grid.axes if axis.name not in over]
        groups = [name for name in left if any(name in grid.nesting.get(each, ()) for each in over)]
        grid = _averaged(grid, left, weights, groups)
        rest = [name for name in rest if name in within]
    return _averaged(grid, asked, weights, ())


def _averaged(grid: EmmGrid, asked: Sequence[str], weights: Any, groups: Sequence[str]) -> EmmGrid:
    """The means of the cells that agree in some variables; the weights are made in each cell of some groups."""
    order = [grid.position(name) for name in asked]
    rest = [i for i, axis in enumerate(grid.axes) if i not in order and not axis.follows]
    places, which = agreeing(grid.cells[:, order])
    cells = AveragedCells(grid.frequency, which, agreeing(grid.cells[:, [grid.position(g) for g in groups]])[1],
                     grid.cells[:, rest])  # fmt: skip
    w = cells.weights(weights)
    kept = tuple(grid.axes[i] for i in order)
    full = len(places) == math.prod(len(axis.values) for axis in kept)
    over = [grid.axes[i].name for i in rest if _differs(grid.cells[:, i], which)]
    return replace(
        grid,
        axes=kept or (OVERALL,),
        places=None if full else places,
        L=_summed(w[:, None] * grid.L, which, len(places)),
        offset=_summed(w * grid.offset, which, len(places)),
        frequency=_summed(grid.frequency, which, len(places)),
        averaged=(*grid.averaged, *(name for name in over if name not in grid.nesting), *innermost(over, grid.nesting)),
        nesting=restricted(grid.nesting, asked),
    )


def _differs(column: Codes, which: Codes) -> bool:
    """Whether some mean is over several levels of a variable."""
    return len(agreeing(np.column_stack([which, column]))[0]) > len(np.unique(which))


def _summed(values: Array, which: Codes, count: int) -> Array:
    """Sums of the rows of each group: (count, ...)."""
    out = np.zeros((count, *values.shape[1:]))
    np.add.at(out, which, values)
    return out


@dataclass(frozen=True, eq=False)
class AveragedCells:
    """Cells that are averaged.

    frequency (k,) rows of data;  which (k,) mean each goes into;  family (k,) in which weights are made
    places (k, variables) on the variables averaged over
    """

    frequency: Array
    which: Codes
    family: Codes
    places: Codes

    @cached_property
    def alike(self) -> Codes:
        """Which cells of a family agree in the variables averaged over (k,)."""
        return agreeing(np.column_stack([self.places, self.family]))[1]

    def weights(self, asked: Any) -> Array:
        """Weights of the cells (k,), of sum 1 in each mean; NaN where none has data, or a combination is not there."""
        if not isinstance(asked, str):
            w = _own(asked, int(self.alike.max()) + 1)[self.alike]
        elif asked not in WEIGHTS:
            raise ArgumentError(
                f"weights={asked!r}: wanted one of {', '.join(map(repr, WEIGHTS))}, or a number for each of the "
                f"{int(self.alike.max()) + 1} cells averaged over{did_you_mean(asked, WEIGHTS)}"
            )
        elif asked in ("cells", "flat"):
            w = self.frequency if asked == "cells" else (self.frequency > 0).astype(float)
        else:
            w = np.where(self.complete, self._pooled(asked), np.nan)
        total = np.bincount(self.which, w)
        return np.asarray(w / np.where(total > 0, total, np.nan)[self.which])

    def _pooled(self, asked: str) -> Array:
        """Weights (k,) that all means of a family share."""
        if asked == "equal":
            return np.ones(len(self.which))
        if asked == "proportional":
            return np.bincount(self.alike, self.frequency)[self.alike]
        return self._margins()

    def _margins(self) -> Array:
        """The product of the frequencies of each variable alone, in each family (k,)."""
        out, totals = np.ones(len(self.which)), np.bincount(self.family, self.frequency)
        for column in self.places.T:
            same = agreeing(np.column_stack([column, self.family]))[1]
            out = out * np.bincount(same, self.frequency)[same] / np.maximum(totals, 1.0)[self.family]
        return out

    @property
    def complete(self) -> Array:
        """Whether a mean has every combination of its family (k,): without one it is none over all of them."""
        _, first = np.unique(self.alike, return_index=True)
        combinations = np.bincount(self.family[first])
        return np.asarray(np.bincount(self.which)[self.which] == combinations[self.family])


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

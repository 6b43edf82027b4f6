"""Grids one below the other, as one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array
from ...text.arguments import plain
from .adjustments import check_adjust
from .grids import EmmGrid, EmmList, stacked
from .records import Axis, level_text

MISSING = "."  # the level of a variable that a row knows nothing of


@plain
def rbind(*means: EmmGrid | EmmList, adjust: str = "bonferroni") -> EmmGrid:
    """Marginal means or contrasts of one fit one below the other, as one family, as emmeans' `rbind`.

    means   what `emmeans`, `contrast`, `emtrends` returned; of lists all parts. `a + b` is rbind(a, b)
    adjust  for the number of all rows, see `contrast`; default "bonferroni"

    Variables that a row knows nothing of are ".". Tables by groups become one. Raises ArgumentError for grids of
    different fits.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temperature + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> both = pylmer.emmeans(fit, ["~ recipe", "~ temperature"], at={"temperature": ["175", "225"]})
    >>> pylmer.rbind(both)
     recipe temperature emmean   SE   df lower.CL upper.CL
     A      .             32.7 1.78 46.3     27.9     37.4
     B      .             31.2 1.78 46.3     26.4     36.0
     C      .             31.1 1.78 46.3     26.4     35.9
     .      175           28.0 1.18 77.5     24.9     31.1
     .      225           35.4 1.18 77.5     32.2     38.5
    <BLANKLINE>
    Results are averaged over some or all of the levels of: temperature, recipe
    Degrees-of-freedom method: kenward-roger
    Confidence level used: 0.95
    Conf-level adjustment: bonferroni method for 5 estimates
    """
    grids = [part for each in means for part in (each.values() if isinstance(each, EmmList) else [each])]
    for each in grids:
        if not isinstance(each, EmmGrid):
            raise ArgumentError(f"rbind() wants marginal means or contrasts, found {type(each).__name__}")
    if not grids:
        raise ArgumentError("rbind() wants one or more grids of marginal means or contrasts")
    return combined(grids, adjust)


def combined(grids: Sequence[EmmGrid], adjust: Any = None) -> EmmGrid:
    """All rows of some grids of one fit as one family."""
    first = grids[0]
    for other in grids[1:]:
        if not _same_basis(first, other):
            raise ArgumentError("rbind(): the grids are of different fits, or on different scales")
    names = dict.fromkeys([*(n for g in grids for n in g.by), *(a.name for g in grids for a in g.axes)])
    axes = tuple(_joined(name, grids) for name in names)
    return replace(
        first,
        axes=axes,
        places=np.concatenate([_places(grid, axes) for grid in grids]),
        L=np.concatenate([grid.L for grid in grids]),
        offset=np.concatenate([grid.offset for grid in grids]),
        frequency=np.concatenate([grid.frequency for grid in grids]),
        by=(),
        averaged=tuple(dict.fromkeys(name for grid in grids for name in grid.averaged)),
        partly=True,
        means=None,
        adjust=check_adjust("bonferroni" if adjust is None else adjust),
        terms=(),
        nesting={},
        origin=None,
    )


@stacked.register
def _(lower: EmmGrid, upper: EmmGrid) -> EmmGrid:
    return combined([upper, lower])


def _same_basis(one: EmmGrid, other: EmmGrid) -> bool:
    a, b = one.basis, other.basis
    if a is b:
        return True
    if a.ddf != b.ddf or a.null.vectors.shape != b.null.vectors.shape or not np.array_equal(a.kept, b.kept):
        return False
    unit = np.zeros((len(a.kept), one.L.shape[1]))
    unit[np.arange(len(a.kept)), a.kept] = 1.0
    return bool(np.array_equal(a.beta, b.beta) and np.array_equal(a.covariance(unit), b.covariance(unit)))


def _joined(name: str, grids: Sequence[EmmGrid]) -> Axis:
    """The variable with the levels of all grids, and the one of rows that know nothing of it."""
    found = [axis for grid in grids for axis in grid.axes if axis.name == name]
    values = dict.fromkeys(value for axis in found for value in axis.values)
    if len(found) == len(grids) and all(axis.kind == found[0].kind for axis in found):
        return Axis(name, tuple(values), found[0].kind)
    texts = dict.fromkeys(map(level_text, values))
    missing = () if len(found) == len(grids) else (MISSING,)
    return Axis(name, (*texts, *(each for each in missing if each not in texts)))


def _places(grid: EmmGrid, axes: Sequence[Axis]) -> Array:
    """Where the cells of a grid stand on the joined variables: (k, variables)."""
    own = {axis.name: axis.column(column) for axis, column in zip(grid.axes, grid.cells.T, strict=True)}
    columns = []
    for axis in axes:
        place = {level_text(value): i for i, value in enumerate(axis.values)}
        texts = [level_text(value) for value in own[axis.name]] if axis.name in own else [MISSING] * len(grid.L)
        columns.append([place[text] for text in texts])
    return np.array(columns, int).reshape(len(axes), len(grid.L)).T

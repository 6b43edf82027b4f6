"""A variable that puts the levels of another into groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...fit.words import word_of
from ...functions import as_factor
from ...functions.series import value_of
from ...functions.values import kind
from .cells import agreeing
from .grids import EmmGrid
from .records import Axis


@word_of(EmmGrid, wanted="a reference grid or marginal means")
def add_grouping(means: EmmGrid, newname: str, refname: str, newlevs: Sequence[Any]) -> EmmGrid:
    """A grid with one more variable, in whose levels those of another are nested, as emmeans' `add_grouping`.

    means    a reference grid or marginal means
    newname  the new variable's name
    refname  the variable whose levels are put into groups
    newlevs  the group of each level of refname, texts or a Categorical, whose order is then kept

    `emmeans(add_grouping(...), newname)` averages over the levels in each group. Raises ArgumentError for a name that
    is taken or unknown, and for another number of groups than levels.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temperature + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> heat = ["low", "low", "mid", "mid", "high", "high"]
    >>> grouped = pylmer.add_grouping(pylmer.ref_grid(fit), "heat", "temperature", heat)
    >>> pylmer.emmeans(grouped, "heat").as_frame()["emmean"].round(2).tolist()
    [35.6, 28.97, 31.8]
    """
    names = [axis.name for axis in means.axes]
    if newname in names:
        raise ArgumentError(f"newname={newname!r}: wanted a name that the grid has not: it has {', '.join(names)}")
    here = means.position(refname)
    labels, codes = _groups(newlevs, len(means.axes[here].values), refname)
    places = np.column_stack([means.cells, codes[means.cells[:, here]]])
    order = np.lexsort(places.T)
    nesting = dict(means.nesting)
    nesting[refname] = (*nesting.get(refname, ()), newname)
    made = replace(means.chosen(order), axes=(*means.axes, Axis(newname, labels)), places=places[order])
    return replace(made, nesting=nesting, origin=None)


def _groups(newlevs: Any, count: int, refname: str) -> tuple[tuple[str, ...], Any]:
    """The labels of the groups that occur, and the group of each level (levels,)."""
    value = value_of(newlevs, "newlevs")
    if kind(value) not in ("numeric", "factor", "text", "logical"):
        raise ArgumentError(f"newlevs: wanted the group of each level of {refname}, texts or a Categorical")
    factor = as_factor(value)
    if len(factor.codes) != count or np.any(factor.codes < 0):
        raise ArgumentError(
            f"newlevs: wanted {count} groups, one for each level of {refname}, found {len(factor.codes)}"
        )
    used, codes = agreeing(factor.codes[:, None])
    labels = factor.levels.labels()
    return tuple(labels[code] for code in used[:, 0]), codes

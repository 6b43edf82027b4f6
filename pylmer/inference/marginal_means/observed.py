"""The cells of a reference grid: which combinations of levels the data have, and how often."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import ArgumentError
from ...functions import Factor, Logical, Strings, Value, as_factor
from ...numerics.linalg import Array, Codes
from .axes import LARGEST
from .cells import MOST, agreeing, numbers, product
from .nesting import Nesting, occurring
from .records import Axis, level_text


def observed(
    axes: Sequence[Axis], values: Mapping[str, Value], rows: Array | None = None
) -> tuple[dict[str, Codes], Array]:
    """The combinations of levels that occur in the data, of all variables but covariates, and their rows of data.

    rows  how many each value stands for; None: one
    Returns by variable its places (u,), and the counts (u,).
    """
    counted = [axis for axis in axes if not axis.covariate]
    sizes = [len(axis.values) for axis in counted]
    if math.prod(sizes) >= MOST:
        raise ArgumentError(_too_many(axes, math.prod(sizes)))
    if not counted:
        return {}, np.ones(1)
    codes = [_codes(axis, values[axis.name]) for axis in counted]
    inside = np.all([code >= 0 for code in codes], axis=0)
    keys = numbers(np.stack([code[inside] for code in codes], axis=1), sizes)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    counts = np.bincount(which, None if rows is None else rows[inside])
    return {axis.name: code[inside][first] for axis, code in zip(counted, codes, strict=True)}, counts.astype(float)


def places_of(axes: Sequence[Axis], nesting: Nesting, seen: Mapping[str, Codes]) -> Codes | None:
    """The cells in which nested variables occur, None for all combinations; ArgumentError for too many."""
    sizes = {axis.name: len(axis.values) for axis in axes}
    places, count = None, math.prod(sizes.values())
    if nesting:
        places, count = occurring(sizes, nesting, seen, LARGEST)
    if count > LARGEST:
        raise ArgumentError(_too_many(axes, count))
    return places


def _too_many(axes: Sequence[Axis], cells: int) -> str:
    return (
        f"the reference grid has {cells:,} cells, more than {LARGEST:,}: fix some variables with at=, "
        f"the largest are {', '.join(_largest(axes))}"
    )


def frequencies(axes: Sequence[Axis], places: Codes | None, seen: Mapping[str, Codes], counts: Array) -> Array:
    """Rows of data in each cell, told apart by factors alone: (k,)."""
    cells = product([len(axis.values) for axis in axes]) if places is None else places
    if not seen:
        return np.ones(len(cells))
    here = cells[:, [i for i, axis in enumerate(axes) if axis.name in seen]]
    _, which = agreeing(np.vstack([np.stack(list(seen.values()), axis=1), here]))
    found = np.bincount(which[: len(counts)], counts, minlength=int(which.max()) + 1)
    return np.asarray(found[which[len(counts) :]], float)


def _codes(axis: Axis, value: Value) -> Codes:
    """Position of each row's value on an axis, -1 where it is not there: (n,)."""
    place = {level_text(level): i for i, level in enumerate(axis.values)}
    if isinstance(value, Logical):
        lookup = np.array([place.get("FALSE", -1), place.get("TRUE", -1), -1])
        return lookup[value.codes]
    if isinstance(value, Factor | Strings):
        factor = as_factor(value)
        return np.array([*(place.get(label, -1) for label in factor.levels.labels()), -1])[factor.codes]
    numbers, which = np.unique(np.asarray(value, float), return_inverse=True)
    return np.array([place.get(level_text(number), -1) for number in numbers.tolist()])[which]


def _largest(axes: Sequence[Axis]) -> list[str]:
    ordered = sorted(axes, key=lambda axis: -len(axis.values))
    return [f"{axis.name} ({len(axis.values)})" for axis in ordered[:3]]

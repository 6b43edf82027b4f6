"""Simple contrasts: of some variables, in each combination of all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import ArgumentError
from .combining import combined
from .grids import EmmGrid, EmmList
from .specs import names_among

EACH = "each"


def several_simple(means: EmmGrid, simple: Any) -> list[tuple[str, ...]] | None:
    """The sets of variables that "each" or a list of sets asks for; None if one set is asked for."""
    names = [axis.name for axis in means.axes]
    if isinstance(simple, str) and simple == EACH and EACH not in names:
        groups = {each for within in means.nesting.values() for each in within}
        return [(name,) for name in names if name not in groups]
    if isinstance(simple, str) or not isinstance(simple, Sequence) or all(isinstance(each, str) for each in simple):
        return None
    return [names_among(each, names, "simple") for each in simple]


def by_of_simple(means: EmmGrid, simple: Any) -> list[str]:
    """The variables that make tables where those of `simple` are compared."""
    names = [axis.name for axis in means.axes]
    compared = names_among(simple, names, "simple")
    if not compared:
        raise ArgumentError('simple: wanted the variables to compare, or "each"')
    return [name for name in names if name not in compared]


def simple_contrasts(
    means: EmmGrid,
    sets: Sequence[tuple[str, ...]],
    compare: Callable[[Sequence[str]], EmmGrid],
    combine: bool,
    adjust: Any,
) -> EmmGrid | EmmList:
    """The contrasts of each set of variables, apart or combined into one family."""
    made: Mapping[str, EmmGrid] = {
        f"simple contrasts for {'*'.join(each)}": compare(by_of_simple(means, each)) for each in sets
    }
    if combine:
        return combined(list(made.values()), adjust)
    return next(iter(made.values())) if len(made) == 1 else EmmList(made)

"""Cells of a grid: the place of each on every variable, and which cells agree in some of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...numerics.linalg import Codes

MOST = 2**62  # cells that a number of 64 bits can tell apart


def product(sizes: Sequence[int]) -> Codes:
    """All combinations, the first variable running fastest: places (k, variables).

    >>> product([2, 2]).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    cells = np.arange(math.prod(sizes))
    columns = [cells // step % size for step, size in zip(strides(sizes), sizes, strict=True)]
    return np.stack(columns, axis=1) if columns else np.zeros((1, 0), int)


def strides(sizes: Sequence[int]) -> list[int]:
    """How many cells lie between two neighbours on each variable."""
    return [math.prod(sizes[:i]) for i in range(len(sizes))]


def numbers(places: Codes, sizes: Sequence[int]) -> Codes:
    """The number of each cell (k,) among all combinations of fewer than `MOST`."""
    out = np.zeros(len(places), np.int64)
    for column, step in zip(places.T, strides(sizes), strict=True):
        out += column.astype(np.int64) * (step if step < MOST else 0)  # such a step is of variables of one level
    return out


def agreeing(places: Codes) -> tuple[Codes, Codes]:
    """The distinct cells (m, variables), the first variable running fastest, and which of them each one is (k,).

    >>> distinct, which = agreeing(np.array([[1, 0], [0, 0], [1, 0]]))
    >>> distinct.tolist(), which.tolist()
    ([[0, 0], [1, 0]], [1, 0, 1])
    """
    if not places.shape[1]:
        return places[:1], np.zeros(len(places), int)
    order = np.lexsort(places.T)
    ordered = places[order]
    starts = np.append(True, np.any(ordered[1:] != ordered[:-1], axis=1))
    which = np.empty(len(places), int)
    which[order] = np.cumsum(starts) - 1
    return ordered[starts], which


def together(which: Codes) -> list[Codes]:
    """The members of each group, in their order."""
    order = np.argsort(which, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(which[order])) + 1)

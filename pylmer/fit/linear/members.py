"""Which rows belong to which of J groups, all in one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...numerics.linalg import Array, Codes, seal, sorted_by


@dataclass(frozen=True, eq=False)
class RowsByLevel(Sequence[Codes]):
    """Positions of the rows of each of J levels, ascending: those of level j are order[starts[j]:starts[j + 1]].

    order (m,)      the rows of level 0, of level 1, ...;  starts (J + 1,) where those of each begin
    """

    order: Codes
    starts: Codes

    def __post_init__(self) -> None:
        seal(self)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, level: Any) -> Any:
        if isinstance(level, slice):
            return tuple(self[each] for each in range(len(self))[level])
        at = range(len(self))[level]
        return self.order[self.starts[at] : self.starts[at + 1]]

    def __iter__(self) -> Iterator[Codes]:
        bounds = self.starts.tolist()
        return (self.order[start:end] for start, end in pairwise(bounds))

    @property
    def sizes(self) -> Codes:
        """Rows of each level (J,)."""
        return np.diff(self.starts)

    def alike(self, levels: Codes) -> Codes:
        """Rows of `levels` (k,), which have m rows each: (k, m)."""
        return np.asarray(self.order[self.starts[levels][:, None] + np.arange(self.sizes[levels[0]])])

    def spread(self, values: Array, n: int) -> Array:
        """The value of its level for each of n rows, NaN for rows of none: (n,) from (J,)."""
        whole = np.full(n, np.nan)
        whole[self.order] = np.repeat(values, self.sizes)
        return whole


def by_level(codes: Codes, count: int) -> RowsByLevel:
    """The rows of each of `count` levels; rows with code -1 belong to none.

    >>> list(by_level(np.array([1, 0, -1, 1]), 2))
    [array([1]), array([0, 3])]
    """
    known = np.flatnonzero(codes >= 0)
    starts = np.append(0, np.cumsum(np.bincount(codes[known], minlength=count)))
    return RowsByLevel(known[sorted_by(codes[known], count)], starts)

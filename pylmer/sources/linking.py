"""Sums by pair of levels of two grouping factors, under way: a list of the pairs met, or a table of all pairs.

The list is put together again and again, which costs a sort each time; the table is scattered into. It takes over where
it needs no more memory: of crossed factors soon, of nested ones never.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ..engine.sums.gram import CrossProducts, Pairs
from ..engine.sums.tally import Column, times
from ..functions.arrays import Array
from ..numerics.linalg import Codes

MOST_CELLS = 100_000_000  # of a table, of all products together
PAIR_BYTES = 16  # of a pair in the list, beside its products
SPARE = 1.25  # a table that is too small gets so many times its levels
LARGEST_COUNT = 2**31 - 1


class PairList:
    """Sums by pair: those of parts are put together when they are as many, so each is moved few times."""

    def __init__(self) -> None:
        self.stack: list[CrossProducts] = []

    def __len__(self) -> int:
        return sum(len(link.pairs) for link in self.stack)

    def add(self, link: CrossProducts) -> None:
        """Add the pairs of some rows."""
        self.stack.append(link)
        while len(self.stack) > 1 and len(self.stack[-2].pairs) <= len(self.stack[-1].pairs):
            second, first = self.stack.pop(), self.stack.pop()
            self.stack.append(together([first, second]))

    def total(self, L_first: int, L_second: int) -> CrossProducts:
        """All pairs."""
        if not self.stack:
            none = np.zeros(0, dtype=np.int64)
            return CrossProducts(Pairs(none, none), np.zeros((0, L_first, L_second)))
        return together(self.stack)


Columns: TypeAlias = "Sequence[Column]"


class PairTable:
    """Sums by pair in a table (L_first, L_second, J_first, J_second) of all pairs.

    Where both factors have a column of ones alone, and rows no weights, rows are counted, in four bytes each; `unit` is
    then what a row adds. What is scattered has the type of the table: numpy's add.at is ten times slower else.
    """

    def __init__(self, found: CrossProducts, shape: tuple[int, int], unit: float | None) -> None:
        self.unit = unit
        L_first, L_second = found.blocks.shape[1:]
        values = np.moveaxis(found.blocks, 0, 2)
        self.table: Array = np.zeros((L_first, L_second, *shape), dtype=np.float64 if unit is None else np.int32)
        self.table[:, :, found.first, found.second] = values if unit is None else np.rint(values / unit)
        self.rows = 0 if unit is None else int(self.table.sum(dtype=np.int64))

    def add(self, first: Codes, second: Codes, sizes: tuple[int, int], Z: tuple[Columns, Columns]) -> None:
        """Add some rows: their levels, of so many, and their columns of both factors, weights in the first ones."""
        self._fit(sizes)
        n, J = len(first), self.table.shape[3]
        keys = first * J + second
        if self.unit is not None:
            self._count(n)
            np.add.at(self.table.reshape(-1), keys, np.ones(n, dtype=self.table.dtype))
            return
        for a, one in enumerate(Z[0]):
            for b, two in enumerate(Z[1]):
                np.add.at(self.table[a, b].reshape(-1), keys, np.broadcast_to(times(one, two), n))

    def _count(self, n: int) -> None:
        self.rows += n
        if self.rows > LARGEST_COUNT and self.table.dtype == np.int32:
            self.table = self.table.astype(np.int64)

    def _fit(self, sizes: tuple[int, int]) -> None:
        had = self.table.shape[2:]
        if all(size <= there for size, there in zip(sizes, had, strict=True)):
            return
        wanted = [
            there if size <= there else max(size, int(SPARE * there)) for size, there in zip(sizes, had, strict=True)
        ]
        larger = np.zeros((*self.table.shape[:2], *wanted), dtype=self.table.dtype)
        larger[:, :, : had[0], : had[1]] = self.table
        self.table = larger

    def total(self) -> CrossProducts:
        """The pairs that met."""
        flat = self.table.reshape(*self.table.shape[:2], -1)
        found = np.flatnonzero(flat.any(axis=(0, 1)))
        blocks = np.moveaxis(flat[:, :, found], 2, 0).astype(float)
        return CrossProducts(Pairs(*np.divmod(found, self.table.shape[3])), blocks * (self.unit or 1.0))


class Linked:
    """Sums by pair of levels, however they are kept."""

    def __init__(self) -> None:
        self.list = PairList()
        self.table: PairTable | None = None

    def add(self, link: CrossProducts, sizes: tuple[int, int], unit: float | None) -> None:
        """Add the pairs of some rows to the list; `unit` is what a row adds if all add the same."""
        self.list.add(link)
        products = link.blocks[0].size if len(link.pairs) else 1
        cell = products * (8 if unit is None else 4)
        cells = sizes[0] * sizes[1]
        if cells * products <= MOST_CELLS and cells * cell <= len(self.list) * (PAIR_BYTES + 8 * products):
            self.table = PairTable(self.list.total(*link.blocks.shape[1:]), sizes, unit)
            self.list = PairList()

    def check(self, sizes: tuple[int, int]) -> None:
        """Turn the table into a list again where new levels make it too large."""
        if self.table is not None and sizes[0] * sizes[1] * np.prod(self.table.table.shape[:2]) > SPARE * MOST_CELLS:
            self.list.add(self.table.total())
            self.table = None

    def total(self, L_first: int, L_second: int) -> CrossProducts:
        """All pairs, with their sums (P, L_first, L_second)."""
        return self.list.total(L_first, L_second) if self.table is None else self.table.total()


def together(links: list[CrossProducts]) -> CrossProducts:
    """The sums of several links on the same levels."""
    if len(links) == 1:
        return links[0]
    J = max(int(link.second.max(initial=-1)) for link in links) + 1
    keys, at = np.unique(np.concatenate([link.first * J + link.second for link in links]), return_inverse=True)
    blocks = np.zeros((len(keys), *links[0].blocks.shape[1:]))
    start = 0
    for link in links:
        blocks[at[start : start + len(link.pairs)]] += link.blocks
        start += len(link.pairs)
    return CrossProducts(Pairs(*np.divmod(keys, J)), blocks)


def unit_of(Z: tuple[Columns, Columns], weights: Array | None) -> float | None:
    """What every row adds to its pair, where all add the same."""
    if weights is not None or len(Z[0]) > 1 or len(Z[1]) > 1:
        return None
    one, two = Z[0][0], Z[1][0]
    return one * two if isinstance(one, float) and isinstance(two, float) else None

"""Rows sorted by the levels of one grouping factor: a sum over levels is one pass over neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array, Codes
from ...numerics.unlocked import cached_property
from ..sums.tally import Column
from .weighted import pair_places, pairs_of


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Sums over levels with columns Z of the rows, and with products of columns of Z and X.

    order     of the rows (n,), None if they are sorted as they stand
    starts    where each level begins (J,)
    Z         (L, n)
    products  of the columns of Z, each pair once, then z x (L (L + 1) / 2 + L p, n)
    """

    order: Codes | None
    starts: Codes
    Z: Array
    products: Array

    @classmethod
    def of(cls, Z: Sequence[Column], Xt: Array, order: Codes | None, starts: Codes) -> SortedRows:
        L, (p, n) = len(Z), Xt.shape
        columns, (a, b) = np.empty((L, n)), pairs_of(L)
        pairs = len(a)
        products = np.empty((pairs + L * p, n))
        for number, z in enumerate(Z):
            columns[number] = z
            np.multiply(Xt, z, out=products[pairs + number * p : pairs + (number + 1) * p])
        np.multiply(columns[a], columns[b], out=products[:pairs])
        if order is not None:
            columns, products = columns.take(order, axis=1), products.take(order, axis=1)
        return cls(order, starts, columns, products)

    def sorted(self, values: Array) -> Array:
        """Of the rows (n,)."""
        return values if self.order is None else values.take(self.order)

    def cross(self, c: Array) -> Array:
        """Z'c (L, J)."""
        return np.add.reduceat(self.Z * self.sorted(c), self.starts, axis=1)

    def squares(self, weights: Array) -> Array:
        """Z'WZ (L, L, J)."""
        L = len(self.Z)
        sums = np.add.reduceat(self.products[: L * (L + 1) // 2] * self.sorted(weights), self.starts, axis=1)
        return sums[None] if L == 1 else sums.take(pair_places(L), axis=0)

    def sums(self, weights: Array) -> Array:
        """Z'WZ and Z'WX of every level side by side (L, L + p, J)."""
        sums = np.add.reduceat(self.products * self.sorted(weights), self.starts, axis=1)
        return sums[None] if len(self.Z) == 1 else sums.take(self.places, axis=0)

    @cached_property
    def places(self) -> Codes:
        """Where the entries of `sums` stand among sums of products."""
        L = len(self.Z)
        fixed = np.arange(L * (L + 1) // 2, len(self.products)).reshape(L, -1)
        return np.hstack([pair_places(L), fixed])

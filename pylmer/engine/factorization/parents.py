"""Which level of a later factor every level of an earlier one lies in, and sums over the children of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, Codes
from ...numerics.stacks import levels_last

FEW = 6  # entries of a level up to which they are summed one by one


@dataclass(frozen=True, eq=False)
class Parents:
    """codes (J,): the parent of each level, of `count`."""

    codes: Codes
    count: int

    @cached_property
    def _children(self) -> sparse.csr_array:
        """Indicators (count, J) of the children of each parent."""
        J = len(self.codes)
        return sparse.csr_array((np.ones(J), (self.codes, np.arange(J))), shape=(self.count, J))

    def sums(self, update: Array) -> Array:
        """Sums of `update` (J, a, b) over the children of each parent (count, a, b)."""
        J, a, b = update.shape
        if a * b > FEW:
            return np.asarray(self._children @ update.reshape(J, -1)).reshape(-1, a, b)
        out = levels_last(self.count, a, b)
        for i in range(a):
            for j in range(b):
                out[:, i, j] = np.bincount(self.codes, update[:, i, j], self.count)
        return out

    def repeated(self, runs: int) -> Parents:
        """The same for so many runs, levels of a run together."""
        codes = (np.arange(runs)[:, None] * self.count + self.codes).ravel()
        return Parents(codes, runs * self.count)

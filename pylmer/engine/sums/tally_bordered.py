"""Cross-products under way where a wide factor is among the fixed effects: its columns are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...numerics.linalg import Array
from .bordered import Bordered
from .gram import CrossProducts, FactorSums
from .incident import FactorRows, PairRows
from .tally import Column, RowTally, times


class BorderedTally(RowTally):
    """Beside the sums of [N_B y] (m of them), those of N_D: per factor (J, L, d), with itself (d,), and (d, m)."""

    def __init__(
        self,
        factors: Sequence[FactorRows],
        pairs: dict[tuple[int, int], PairRows],
        m: int,
        width: int,
        bordered: Bordered,
    ) -> None:
        super().__init__(factors, pairs, m, width)
        self.bordered = bordered
        self.ZtD = [np.zeros((f.L, f.J * (bordered.d + 1))) for f in factors]
        self.squares, self.DtBy = np.zeros(bordered.d + 1), np.zeros((m, bordered.d + 1))

    def add(self, at: slice, w: Array | None, Z: list[list[Column]], Xy: Array) -> None:
        super().add(at, w, Z, Xy)
        level, own = self.bordered.level[at], self.bordered.normalized(at)
        weighted, count = own if w is None else w * own, self.bordered.d + 1
        self.squares += np.bincount(level, weighted * own, count)
        for column, values in enumerate(Xy):
            self.DtBy[column] += np.bincount(level, weighted * values, count)
        for sums, factor, columns in zip(self.ZtD, self.factors, Z, strict=True):
            cells = factor.codes[at] * count + level
            for a, z in enumerate(columns):
                sums[a] += np.bincount(cells, times(weighted, z), sums.shape[1])

    def turned(self, M: Array) -> tuple[tuple[FactorSums, ...], dict[tuple[int, int], CrossProducts], Array]:
        """The sums of Z and of [N_D N_B y] M."""
        factors, links, own = self.sums()
        d, border = self.bordered.d, self.DtBy.T[:-1]
        XytXy = np.block([[np.diag(self.squares[:-1]), border], [border.T, own]])
        crossed = []
        for sums, D in zip(factors, self.ZtD, strict=True):
            ZtD = np.moveaxis(D.reshape(sums.L, sums.J, d + 1)[:, :, :d], 0, 1)
            ZtXy = np.concatenate([ZtD, sums.ZtXy], axis=2) @ M
            crossed.append(replace(sums, ZtXy=ZtXy))
        return tuple(crossed), links, M.T @ XytXy @ M

"""Cross-products under way: what each chunk of rows adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ...numerics.linalg import Array, Codes, chunks, products_of_rows, rows_for_products, symmetric
from ...numerics.stacks import levels_last
from .gram import CrossProducts, FactorSums
from .incident import FactorRows, PairRows

Column: TypeAlias = "Array | float"  # a column of ones, scaled, is one number
Repeated: TypeAlias = "dict[int, tuple[int, float]]"  # a column of X is a multiple of one of Z: c -> (a, multiple)
SCATTER = 2  # sums this many times as long as the column are scattered into, not counted anew


class RowTally:
    """Sums of the factors, of the links, and XytXy (m, m), of which the first `width` columns are filled.

    Every scaled column of a chunk is made once, and used for all sums that it is in; `repeated` are columns of X that
    need not be counted, per factor.
    """

    def __init__(
        self,
        factors: Sequence[FactorRows],
        pairs: dict[tuple[int, int], PairRows],
        m: int,
        width: int,
        repeated: Sequence[Repeated] = (),
    ) -> None:
        self.factors, self.pairs, self.width = factors, pairs, width
        self.repeated = repeated or [{} for _ in factors]
        self.ZtZ = [_zeros(f.J, f.L, f.L) for f in factors]
        self.ZtXy = [_zeros(f.J, f.L, m) for f in factors]
        self.blocks = {(f, g): _zeros(len(pair.pairs), factors[f].L, factors[g].L) for (f, g), pair in pairs.items()}
        self.XytXy = np.zeros((m, m))

    def add(self, at: slice, w: Array | None, Z: list[list[Column]], Xy: Array) -> None:
        """The rows `at`, with weights w; Z per factor, columns (rows,), and Xy (width, rows)."""
        WZ = [columns if w is None else [times(w, z) for z in columns] for columns in Z]
        for f, factor in enumerate(self.factors):
            self._add_own(f, factor.codes[at], WZ[f], Z[f])
            self._add_fixed(f, factor.codes[at], WZ[f], Xy)
        for (f, g), pair in self.pairs.items():
            self._add_link(f, g, pair.numbers[at], WZ[f], Z[g])
        if self.width:
            self.XytXy[: self.width, : self.width] += _square(Xy, w)

    def _add_own(self, f: int, codes: Codes, WZ: list[Column], Z: list[Column]) -> None:
        for a, wz in enumerate(WZ):
            for b in range(a + 1):
                _count(self.ZtZ[f][:, a, b], codes, times(wz, Z[b]))

    def _add_fixed(self, f: int, codes: Codes, WZ: list[Column], Xy: Array) -> None:
        for a, wz in enumerate(WZ):
            for c, x in enumerate(Xy):
                if c in self.repeated[f]:
                    continue
                _count(self.ZtXy[f][:, a, c], codes, times(x, wz))

    def _add_link(self, f: int, g: int, numbers: Codes, WZ: list[Column], Z: list[Column]) -> None:
        for a, wz in enumerate(WZ):
            for b, z in enumerate(Z):
                _count(self.blocks[f, g][:, a, b], numbers, times(wz, z))

    def sums(self) -> tuple[tuple[FactorSums, ...], dict[tuple[int, int], CrossProducts], Array]:
        """Sums of the factors and links, and XytXy."""
        parts = zip(self.factors, self.ZtZ, self.ZtXy, strict=True)
        factors = tuple(FactorSums(factor.terms, _mirrored(own), cross) for factor, own, cross in parts)
        for sums, repeated in zip(factors, self.repeated, strict=True):
            for c, (a, times_it) in repeated.items():
                np.multiply(sums.ZtZ[:, :, a], times_it, out=sums.ZtXy[:, :, c])
        return (
            factors,
            {key: CrossProducts(self.pairs[key].pairs, block) for key, block in self.blocks.items()},
            self.XytXy,
        )


def times(values: Column, z: Column) -> Column:
    """values z, nothing to do for a column of ones."""
    return values if isinstance(z, float) and z == 1.0 else values * z


def _zeros(J: int, *shape: int) -> Array:
    out = levels_last(J, *shape)
    out[:] = 0.0
    return out


def _count(out: Array, codes: Codes, values: Column) -> None:
    """Add the values to the places `codes` of `out`."""
    if len(out) > SCATTER * len(codes):
        np.add.at(out, codes, values)
    elif isinstance(values, float):
        out += values * np.bincount(codes, minlength=len(out))
    else:
        out += np.bincount(codes, values, len(out))


def _mirrored(A: Array) -> Array:
    """Symmetric matrices (J, L, L) from their lower triangles, in place."""
    for a in range(A.shape[1]):
        for b in range(a):
            A[:, b, a] = A[:, a, b]
    return A


def _square(B: Array, w: Array | None) -> Array:
    """B diag(w) B' for B (m, rows)."""
    out = np.zeros((len(B), len(B)))
    for at in chunks(B.shape[1], rows_for_products(len(B))):
        part = B[:, at]
        if w is None:
            out += products_of_rows(part)
        elif np.min(w[at], initial=0.0) >= 0:
            half = part * np.sqrt(w[at])
            out += products_of_rows(half)
        else:
            out += symmetric((part * w[at]) @ part.T)
    return out

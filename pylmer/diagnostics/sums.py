"""Cross-products without some of the rows: the Gram of the whole, less what the rows left out put in.

The scaling is that of the whole data, so that all deletions share it and start from the optimum of the whole. What is
left of a sum is a difference. Where a group dominates, so that less than `SHARE` is left of a sum of squares (of a
column of X outside the span of the others, or of the response), the sums are formed anew from the rows that remain, on
a scale of their own: no rounding is left behind. A level without rows has sums of zero, and then it adds nothing to
the criterion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..engine.sums.arrange import form_gram
from ..engine.sums.gram import CrossProducts, FactorSums, Gram
from ..engine.sums.rows import Rows
from ..engine.sums.scaling import scaled_fixed, scaled_random
from ..numerics.linalg import Array, Codes

SHARE = 1e-4  # part of a sum that must be left for a difference to be good to 1e-11


@dataclass(frozen=True, eq=False)
class Deletions:
    """One problem for each of G groups of rows: the rows of the fit without them.

    gram   of the whole;  rows (n) the fit's;  codes (n,) the group of each row, -1 for rows that always stay
    count  G
    """

    gram: Gram
    rows: Rows
    codes: Codes
    count: int

    @cached_property
    def Xy(self) -> Array:
        """sqrt(w) [X~ y~]: (n, p + 1)."""
        return scaled_fixed(self.rows, self.gram.scaling, slice(0, self.rows.n))

    @cached_property
    def Z(self) -> list[Array]:
        """sqrt(w) Z~ per factor of the Gram: (n, L)."""
        whole = slice(0, self.rows.n)
        return [scaled_random(self.rows, self.gram.scaling, f.terms, whole) for f in self.gram.factors]

    @cached_property
    def levels(self) -> list[Codes]:
        """Level of each row per factor of the Gram: (n,)."""
        return [self.rows.terms[f.terms[0]].codes for f in self.gram.factors]

    @cached_property
    def _order(self) -> tuple[Codes, Codes]:
        return _sorted(self.codes, self.count)

    def members(self, group: int) -> Codes:
        """Numbers of the rows of one group."""
        order, starts = self._order
        return order[starts[group] : starts[group + 1]]

    @cached_property
    def sizes(self) -> Array:
        """Rows of each group: (G,)."""
        return np.diff(self._order[1])

    @cached_property
    def _by_level(self) -> list[tuple[Codes, Codes]]:
        """Per factor the rows sorted by level, and where each level starts."""
        pairs = zip(self.levels, self.gram.factors, strict=True)
        return [_sorted(codes, sums.J) for codes, sums in pairs]

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], Codes]:
        """Per link the number of the pair of levels of each row: (n,)."""
        out = {}
        for (f, g), link in self.gram.links.items():
            J = self.gram.factors[g].J
            out[f, g] = np.searchsorted(link.first * J + link.second, self.levels[f] * J + self.levels[g])
        return out

    def rest(self, group: int) -> Array:
        """Mask (n,) of the rows that remain."""
        return np.asarray(self.codes != group)

    def remaining_levels(self, group: int) -> list[int]:
        """Per factor the number of levels that still have rows."""
        rest = self.rest(group)
        return [int(np.count_nonzero(np.bincount(codes[rest], minlength=1))) for codes in self.levels]

    def gram_without(self, group: int) -> Gram:
        """The sums of the rows that remain."""
        if self.dominant[group]:
            return form_gram(self.rows_without(group))
        gone = self.members(group)
        return replace(
            self.gram,
            n=self.gram.n - len(gone),
            factors=tuple(self._factor(f, gone) for f in range(len(self.gram.factors))),
            links={key: self._link(key, gone) for key in self.gram.links},
            XytXy=self.XytXy[group],
            sum_log_weights=float(self.sums_of_log_weights[group]),
        )

    def rows_without(self, group: int) -> Rows:
        """The rows that remain, with all levels."""
        rest, rows = self.rest(group), self.rows
        terms = tuple(replace(t, codes=t.codes[rest], Z=None if t.Z is None else t.Z[rest]) for t in rows.terms)
        return Rows(rows.X[rest], rows.y[rest], None if rows.weights is None else rows.weights[rest], terms)

    @cached_property
    def sums_of_log_weights(self) -> Array:
        """sum(log w) of the rows that remain: (G,)."""
        if self.rows.weights is None:
            return np.zeros(self.count)
        inside = self.codes >= 0
        gone = np.bincount(self.codes[inside], np.log(self.rows.weights[inside]), self.count)
        return np.asarray(self.gram.sum_log_weights - gone)

    @cached_property
    def XytXy(self) -> Array:
        """[X y]'W[X y] of the rows that remain: (G, p + 1, p + 1)."""
        order, starts = self._order
        sorted_rows = self.Xy[order]
        parts = [sorted_rows[starts[group] : starts[group + 1]] for group in range(self.count)]
        gone = np.array([part.T @ part for part in parts]).reshape(-1, *self.gram.XytXy.shape)
        return np.asarray(self.gram.XytXy - gone)

    @cached_property
    def dominant(self) -> Array:
        """Mask (G,) of the groups without which little is left."""
        return np.asarray(np.any(pivots(self.XytXy) <= SHARE * np.diag(self.gram.XytXy), axis=1))

    def level_without(self, f: int, level: int, gone: Codes) -> tuple[Array, Array]:
        """Z'Z (L, L) and Z'[X y] (L, p + 1) of one level without some of its rows."""
        sums, Z = self.gram.factors[f], self.Z[f]
        order, starts = self._by_level[f]
        if len(gone) == starts[level + 1] - starts[level]:
            return np.zeros_like(sums.ZtZ[level]), np.zeros_like(sums.ZtXy[level])
        ZtZ = sums.ZtZ[level] - Z[gone].T @ Z[gone]
        if np.all(np.diag(ZtZ) > SHARE * np.diag(sums.ZtZ[level])):
            return ZtZ, sums.ZtXy[level] - Z[gone].T @ self.Xy[gone]
        rest = np.setdiff1d(order[starts[level] : starts[level + 1]], gone, assume_unique=True)
        return Z[rest].T @ Z[rest], Z[rest].T @ self.Xy[rest]

    def _factor(self, f: int, gone: Codes) -> FactorSums:
        sums, codes = self.gram.factors[f], self.levels[f][gone]
        ZtZ, ZtXy = sums.ZtZ.copy(), sums.ZtXy.copy()
        for level in np.unique(codes):
            ZtZ[level], ZtXy[level] = self.level_without(f, int(level), gone[codes == level])
        return replace(sums, ZtZ=ZtZ, ZtXy=ZtXy)

    def _link(self, key: tuple[int, int], gone: Codes) -> CrossProducts:
        link, pairs = self.gram.links[key], self._pairs[key][gone]
        blocks = link.blocks.copy()
        for pair in np.unique(pairs):
            blocks[pair] = self.pair_without(key, int(pair), gone[pairs == pair])
        return replace(link, blocks=blocks)

    def pair_without(self, key: tuple[int, int], pair: int, gone: Codes) -> Array:
        """Z_f'Z_g (L_f, L_g) of one pair of levels that occur together, without some of its rows."""
        order, starts = self._by_pair[key]
        if len(gone) == starts[pair + 1] - starts[pair]:
            return np.zeros_like(self.gram.links[key].blocks[pair])
        rest = np.setdiff1d(order[starts[pair] : starts[pair + 1]], gone, assume_unique=True)
        return np.asarray(self.Z[key[0]][rest].T @ self.Z[key[1]][rest])

    @cached_property
    def _by_pair(self) -> dict[tuple[int, int], tuple[Codes, Codes]]:
        """Per link the rows sorted by pair, and where each pair starts."""
        return {key: _sorted(pairs, len(self.gram.links[key].first)) for key, pairs in self._pairs.items()}


def _sorted(codes: Codes, count: int) -> tuple[Codes, Codes]:
    """Rows sorted by their code, and where each of 0..count starts."""
    order = np.argsort(codes, kind="stable")
    return order, np.searchsorted(codes[order], np.arange(count + 1))


def pivots(A: Array) -> Array:
    """Squared diagonals (G, k) of the Cholesky factors of a stack (G, k, k), zero where a column depends on others."""
    A, out = A.copy(), np.zeros(A.shape[:2])
    for k in range(A.shape[1]):
        out[:, k] = np.maximum(A[:, k, k], 0.0)
        scale = np.where(out[:, k] > 0, out[:, k], np.inf)
        A[:, k:, k:] -= A[:, k:, k, None] * A[:, None, k, k:] / scale[:, None, None]
    return out

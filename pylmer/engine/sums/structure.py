"""What the sums of one design have in common for every choice of row weights: found once, filled again and again.

Which rows belong to which level, which levels meet, the order of the factors and the coordinates are one `Structure`.
The row weights make numbers of it: prior weights for `lmer`, the weights of each iteration for generalized models,
where they may vanish or be negative (observed information), so no root of them is ever needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, Codes, chunks, rows_for_products, symmetric
from ...numerics.stacks import levels_last
from .gram import CrossProducts, FactorSums, Gram, Pairs, factor_terms
from .rows import Rows
from .scaling import Scaling

Which: TypeAlias = Literal["Z", "ZX", "ZXy"]
Column: TypeAlias = "Array | float"  # a column of ones, scaled, is one number
TABLE = 4  # a table of all pairs of levels may have so many cells per row
SCATTER = 2  # sums this many times as long as the column are scattered into, not counted anew


@dataclass(frozen=True, eq=False)
class FactorRows:
    """One grouping factor on the rows: codes (n,) in 0..J-1; its terms have L columns together."""

    terms: tuple[int, ...]
    codes: Codes
    J: int
    L: int

    @property
    def q(self) -> int:
        """Number of random effects."""
        return self.J * self.L

    @cached_property
    def indicator(self) -> sparse.csc_array:
        """Indicators of the levels, transposed: (J, n)."""
        n = len(self.codes)
        return sparse.csc_array((np.ones(n), self.codes, np.arange(n + 1)), shape=(self.J, n))


@dataclass(frozen=True, eq=False)
class PairRows:
    """Two grouping factors on the rows: the pairs of levels that meet, and the number of each row's pair (n,)."""

    pairs: Pairs
    numbers: Codes

    def turned(self) -> PairRows:
        """The same for the second factor and the first."""
        pairs, order = self.pairs.turned()
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return PairRows(pairs, place[self.numbers])


@dataclass(frozen=True, eq=False)
class Structure:
    """Rows in scaled coordinates, ready to be summed with any row weights.

    factors  in the order of the Gram, as `pairs`: links[f, g] for f < g
    keep     whether the scaled columns of Z are held (n, L), for structures that are filled many times
    """

    rows: Rows
    scaling: Scaling
    factors: tuple[FactorRows, ...]
    pairs: dict[tuple[int, int], PairRows] = field(repr=False)
    keep: bool = True

    @classmethod
    def of(cls, rows: Rows, scaling: Scaling, *, keep: bool = True) -> Structure:
        """The structure of `rows`, factors in the order in which engines want them; O(n) time.

        The prior weights and the response of `rows` are used by `filled(rows.weights, "ZXy")` alone.
        """
        given = cls.as_given(rows, scaling, keep=keep)
        order = elimination_order(given.factors, {key: len(pair.pairs) for key, pair in given.pairs.items()})
        pairs = {}
        for b, g in enumerate(order):
            for a, f in enumerate(order[:b]):
                pairs[a, b] = given.pairs[f, g] if f < g else given.pairs[g, f].turned()
        return cls(rows, scaling, tuple(given.factors[f] for f in order), pairs, keep)

    @classmethod
    def as_given(cls, rows: Rows, scaling: Scaling, *, keep: bool = True) -> Structure:
        """As `of`, with the factors in the order of the rows' terms."""
        factors = tuple(_factor_rows(rows, terms) for terms in factor_terms(rows.terms))
        count = range(len(factors))
        pairs = {(f, g): _pair_rows(factors[f], factors[g]) for g in count for f in range(g)}
        return cls(rows, scaling, factors, pairs, keep)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.rows.n

    def filled(self, weights: Array | None = None, which: Which = "ZXy") -> Gram:
        """The sums with row weights (n,) of any sign, None for ones: what engines eat.

        which  "Z": Z'WZ alone, a Gram with p = 0; "ZX": [Z X]'W[Z X]; "ZXy": [Z X y]'W[Z X y]. The response is a
               column of zeros where it is not asked for.
        """
        factors, links, XytXy = self.sums(weights, which)
        log_weights = y_square = 0.0
        if which == "ZXy":
            log_weights, y_square = weight_sums(self.rows.y, weights)
        return Gram(self.n, factors, links, XytXy, y_square, log_weights, self.scaling)

    def sums(
        self, weights: Array | None, which: Which
    ) -> tuple[tuple[FactorSums, ...], dict[tuple[int, int], CrossProducts], Array]:
        """Sums of the factors and links, and [X y]'W[X y] (p + 1, p + 1)."""
        width = {"Z": 0, "ZX": self.rows.p, "ZXy": self.rows.p + 1}[which]
        p = 0 if which == "Z" else self.rows.p
        ZtZ = [_zeros(f.J, f.L, f.L) for f in self.factors]
        ZtXy = [_zeros(f.J, f.L, p + 1) for f in self.factors]
        blocks = {
            (f, g): _zeros(len(pair.pairs), self.factors[f].L, self.factors[g].L) for (f, g), pair in self.pairs.items()
        }
        XytXy = np.zeros((p + 1, p + 1))
        size = max([rows_for_products(width), *(f.J for f in self.factors)])
        for at in chunks(self.n, size):
            w = None if weights is None else weights[at]
            Xy = self._fixed(at, width)
            Z = [self._random(f, at) for f in range(len(self.factors))]
            WZ = [columns if w is None else [_times(w, z) for z in columns] for columns in Z]
            for f, factor in enumerate(self.factors):
                codes = factor.codes[at]
                for a, wz in enumerate(WZ[f]):
                    for b in range(a + 1):
                        _tally(ZtZ[f][:, a, b], codes, _times(wz, Z[f][b]))
                    for c in range(width):
                        _tally(ZtXy[f][:, a, c], codes, _times(Xy[c], wz))
            for (f, g), pair in self.pairs.items():
                numbers = pair.numbers[at]
                for a, wz in enumerate(WZ[f]):
                    for b, z in enumerate(Z[g]):
                        _tally(blocks[f, g][:, a, b], numbers, _times(wz, z))
            if width:
                XytXy[:width, :width] += _square(Xy, w)
        sums = tuple(FactorSums(f.terms, _mirrored(own), c) for f, own, c in zip(self.factors, ZtZ, ZtXy, strict=True))
        return sums, {key: CrossProducts(self.pairs[key].pairs, block) for key, block in blocks.items()}, XytXy

    def Zt(self, c: Array) -> list[Array]:
        """Z'c for c (n,) or (n, k), without weights: per factor (J, L) or (J, L, k)."""
        out = []
        for f, factor in enumerate(self.factors):
            part = levels_last(factor.J, factor.L, *c.shape[1:])
            for a, z in enumerate(self._random(f, slice(0, self.n))):
                if c.ndim == 1:
                    part[:, a] = np.bincount(factor.codes, _times(c, z), factor.J)
                else:
                    part[:, a] = factor.indicator @ (c * (z if isinstance(z, float) else z[:, None]))
            out.append(part)
        return out

    def Z(self, s: Sequence[Array]) -> Array:
        """Z s for s per factor, (J, L) or (J, L, k): (n,) or (n, k)."""
        total: Array = np.zeros((self.n, *(s[0].shape[2:] if s else ())))
        for f, factor in enumerate(self.factors):
            for a, z in enumerate(self._random(f, slice(0, self.n))):
                effect = s[f][:, a].take(factor.codes, axis=0)
                total += _times(effect, z if total.ndim == 1 or isinstance(z, float) else z[:, None])
        return total

    def quadratic(self, own: list[Array], between: dict[tuple[int, int], Array]) -> Array:
        """z_i'K z_i of every row (n,), of K where levels meet: per factor (J, L, L), per link (P, L_f, L_g)."""
        out = np.zeros(self.n)
        Z = [self._random(f, slice(0, self.n)) for f in range(len(self.factors))]
        for factor, columns, K in zip(self.factors, Z, own, strict=True):
            for a, z in enumerate(columns):
                for b, y in enumerate(columns[: a + 1]):
                    entry = K[:, a, b] if a == b else K[:, a, b] + K[:, b, a]
                    out += _times(_times(entry.take(factor.codes), z), y)
        for (f, g), pair in self.pairs.items():
            for a, z in enumerate(Z[f]):
                for b, y in enumerate(Z[g]):
                    out += 2 * _times(_times(between[f, g][:, a, b].take(pair.numbers), z), y)
        return out

    @cached_property
    def X(self) -> Array:
        """X R^-1, without weights: (n, p)."""
        return np.ascontiguousarray(self._fixed(slice(0, self.n), self.rows.p).T)

    @cached_property
    def _held(self) -> list[list[Column]]:
        return [_scaled(self.rows, self.scaling, f.terms, slice(0, self.n)) for f in self.factors]

    def _random(self, f: int, at: slice) -> list[Column]:
        """The scaled columns of one factor on some rows."""
        if self.keep:
            return [z if isinstance(z, float) else z[at] for z in self._held[f]]
        return _scaled(self.rows, self.scaling, self.factors[f].terms, at)

    def _fixed(self, at: slice, width: int) -> Array:
        """The first `width` columns of [X~ y~] on some rows, transposed: (width, rows)."""
        if not width:
            return np.zeros((0, at.stop - at.start))
        X = self.rows.fixed(at)
        out = np.empty((width, len(X)))
        p = X.shape[1]
        np.matmul(self.scaling.inverse.T, X.T, out=out[:p])
        if width > p:
            np.subtract(self.rows.y[at], X @ self.scaling.shift, out=out[p])
        return out


def elimination_order(factors: Sequence[FactorRows | FactorSums], met: dict[tuple[int, int], int]) -> list[int]:
    """Nested factors by decreasing J, so that each level has one parent; crossed ones by decreasing q.

    met[f, g]  number of pairs of levels of f and g that occur together
    """
    count = range(len(factors))
    order = sorted(count, key=lambda f: -factors[f].J)
    nested = all(met[min(f, g), max(f, g)] <= factors[f].J for b, g in enumerate(order) for f in order[:b])
    return order if nested else sorted(count, key=lambda f: -factors[f].q)


def weight_sums(y: Array, weights: Array | None) -> tuple[float, float]:
    """sum(log w) and y'Wy."""
    if weights is None:
        return 0.0, float(y @ y)
    return float(np.sum(np.log(weights))), float(y @ (weights * y))


def _factor_rows(rows: Rows, terms: tuple[int, ...]) -> FactorRows:
    first = rows.terms[terms[0]]
    return FactorRows(terms, first.codes, first.n_levels, sum(rows.terms[t].width for t in terms))


def _pair_rows(f: FactorRows, g: FactorRows) -> PairRows:
    n = len(f.codes)
    if TABLE * n >= f.J * g.J:
        keys = f.codes * g.J + g.codes
        met = np.zeros(f.J * g.J, dtype=bool)
        met[keys] = True
        found = np.flatnonzero(met)
        number = np.zeros(len(met), dtype=np.int64)
        number[found] = np.arange(len(found))
        return PairRows(Pairs(*np.divmod(found, g.J)), number[keys])
    order = _sorted(f.codes, f.J, _sorted(g.codes, g.J, np.arange(n)))
    one, two = f.codes[order], g.codes[order]
    starts = np.append(True, (one[1:] != one[:-1]) | (two[1:] != two[:-1]))[:n]
    numbers = np.empty(n, dtype=np.int64)
    numbers[order] = np.cumsum(starts) - 1
    return PairRows(Pairs(one[starts], two[starts]), numbers)


def _sorted(codes: Codes, J: int, order: Codes) -> Codes:
    """Rows in `order` sorted by their codes, ties as they are: a sparse matrix turned round is a counting sort."""
    n = len(codes)
    levels = sparse.csc_array((np.ones(n, dtype=bool), codes[order], np.arange(n + 1)), shape=(J, n))
    return np.asarray(order[levels.tocsr().indices])


def _scaled(rows: Rows, scaling: Scaling, terms: tuple[int, ...], at: slice) -> list[Column]:
    """Columns of Z~ of some terms side by side on some rows: L of (rows,), without weights."""
    out: list[Column] = []
    for t in terms:
        inverse, term = scaling.inverse_terms[t], rows.terms[t]
        out.extend([float(inverse[0, 0])] if term.Z is None else inverse.T @ term.columns(at).T)
    return out


def _zeros(J: int, *shape: int) -> Array:
    out = levels_last(J, *shape)
    out[:] = 0.0
    return out


def _times(values: Column, z: Column) -> Column:
    """values z, nothing to do for a column of ones."""
    return values if isinstance(z, float) and z == 1.0 else values * z


def _tally(out: Array, codes: Codes, values: Column) -> None:
    """Add the values to the places `codes` of `out`."""
    if isinstance(values, float):
        out += values * np.bincount(codes, minlength=len(out))
    elif len(out) > SCATTER * len(codes):
        np.add.at(out, codes, values)
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
            out += part @ part.T
        elif np.min(w[at], initial=0.0) >= 0:
            half = part * np.sqrt(w[at])
            out += half @ half.T
        else:
            out += symmetric((part * w[at]) @ part.T)
    return out
